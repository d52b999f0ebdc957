"""No list of the admin answers by what it does not show: neither columns nor relations."""

import pytest
from axes.models import AccessAttempt
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from accounts.models import Session
from notifications.models import ApiKey, InboxItem, Notification
from notifications.models.audiences import Everyone
from notifications.sending import acts
from notifications.wire.message import Message

# Whoever learns one of these gets further than they may, or by guessing alone.
SECRET = {
    "password", "session_key", "previous_key", "session_data", "session_hash", "key_hash",
    "token_hash", "sealed_session", "auth_hash", "request_hash", "epoch_secret", "get_data",
    "post_data",
}  # fmt: skip
SUFFIXES = ("", "__exact", "__startswith", "__regex", "__gt", "__in", "__range", "__isnull")
DEPTH = 3
ADMINS = list(site._registry.values())


def paths(model, depth, before=()):
    """Every way from a model to a secret column, over as many relations at most, by query names."""
    for field in model._meta.get_fields(include_hidden=True):
        path = (*before, field.name)
        if field.name in SECRET:
            yield path
            if getattr(field, "primary_key", False):
                yield (*before, "pk")
        related = field.related_model if field.is_relation else None
        # There and back again leads to nothing that is not nearer.
        if depth and isinstance(related, type) and field.name not in before:
            yield from paths(related, depth - 1, path)


def list_of(one):
    opts = one.model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


def needed(one):
    """What the list asks for before it shows anything."""
    if one.model is not InboxItem:
        return {}
    if not (one := Notification.objects.first()):
        one = acts.send(Message("Hello"), audience=Everyone()).notification
    return {"notification": one.pk}


@pytest.fixture
def clerk(client, user):
    """Staff who may look at everything, and do nothing."""
    staff = user("clerk", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(staff)
    return client


def test_the_walk_finds_what_there_is_to_find():
    of_users = {"__".join(path) for path in paths(get_user_model(), DEPTH)}
    by_inbox = "notifications_inbox__operations__request_hash"
    assert {"password", "groups__user__password", by_inbox} < of_users
    # Relations without a name have one all the same.
    assert {"+__token_hash", "+__api_key__key_hash"} < of_users
    assert {one.model for one in ADMINS} >= {get_user_model(), Group, ApiKey, AccessAttempt}


@pytest.mark.parametrize("one", ADMINS, ids=lambda one: one.model.__name__)
def test_no_list_is_narrowed_by_a_secret_however_that_is_reached(one, rf, clerk):
    ways = ["__".join(path) for path in paths(one.model, DEPTH)]
    for asked in (way + suffix for way in ways for suffix in SUFFIXES):
        assert not one.lookup_allowed(asked, "a", rf.get("/")), asked
    for way in ways:
        answer = clerk.get(list_of(one), {f"{way}__startswith": "a", **needed(one)})
        assert answer.status_code == 400, way


@pytest.mark.parametrize("one", ADMINS, ids=lambda one: one.model.__name__)
def test_nor_is_it_by_anything_that_the_list_does_not_name(one, clerk):
    named = {"status", "level", "groups", "notification", "attempt_time", "logout_time"}
    named |= {"is_staff", "is_superuser", "is_active", "path_info", "locked_out"}
    for field in one.model._meta.get_fields(include_hidden=True):
        if field.name not in named:
            answer = clerk.get(list_of(one), {field.name: "1", **needed(one)})
            assert answer.status_code == 400, field.name


@pytest.mark.parametrize("one", ADMINS, ids=lambda one: one.model.__name__)
def test_no_list_shows_sorts_searches_or_chooses_by_a_secret(one, clerk, rf):
    used = [*one.list_display, *one.search_fields, *(one.ordering or ()), *one.readonly_fields]
    used += [one.date_hierarchy or "", *map(str, one.list_filter)]
    found = {word for name in used for word in str(name).strip("-^=@").split("__")} & SECRET
    # What axes shows of a form there: the names of its fields; values that are secret are masked.
    assert found <= ({"get_data", "post_data"} if one.model is AccessAttempt else set())
    for secret in SECRET:
        assert not one.to_field_allowed(rf.get("/"), secret)
        answer = clerk.get(list_of(one), {"_to_field": secret, "_popup": "1", **needed(one)})
        assert answer.status_code == 400


def test_what_lists_name_still_narrows_them(clerk, user):
    group = Group.objects.create(name="night shift")
    user("dora", is_active=False).groups.add(group)
    users = reverse("admin:accounts_user_changelist")
    for query in ({"is_active__exact": "0"}, {"groups__id__exact": group.pk}, {"q": "dora"}):
        page = clerk.get(users, query).content.decode()
        assert "dora" in page
        assert "clerk@example.com" not in page
    attempts = reverse("admin:axes_accessattempt_changelist")
    since = {"attempt_time__gte": "2026-01-01T00:00:00+00:00"}
    for query in (since, {"attempt_time__year": 2026}, {"locked_out": "yes"}):
        assert clerk.get(attempts, query).status_code == 200


def test_no_page_about_a_user_shows_what_a_password_is_checked_by(clerk, alice):
    page = clerk.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
    assert "alice" in page
    _, salt, digest = alice.password.split("$")
    assert salt not in page
    assert digest not in page


def test_a_clerk_reads_no_session_key_letter_by_letter(clerk, admin):
    """What was done once: the rows said whether a guess was right."""
    hers = Client()
    hers.force_login(admin)
    for key in (hers.session.session_key, Session.objects.get(user=admin).pk):
        for name in ("sessions__session_key", "sessions", "+__session_key", "session__pk"):
            query = {f"{name}__startswith": key[0], "username": "admin"}
            answer = clerk.get(reverse("admin:accounts_user_changelist"), query)
            assert answer.status_code == 400
