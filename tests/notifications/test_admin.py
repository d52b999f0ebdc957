"""Compose, send, follow and withdraw in Django's admin."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from notifications.models import InboxItem, Notification, Status

ADD = "/admin/notifications/notification/add/"
LIST = "/admin/notifications/notification/"


@pytest.fixture
def browser(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def post(browser, django_capture_on_commit_callbacks):
    def act(path=ADD, **fields):
        form = {"title": "Hello", "level": "info", "category": "general", "key": "k"} | fields
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(path, form, follow=True)

    return act


def holders():
    return sorted(InboxItem.objects.present().values_list("inbox__user__username", flat=True))


def shown(page):
    return page.content.decode()


def test_chosen_users_get_it(post, alice, bob, charlie):
    page = post(kind="users", users=[alice.pk, bob.pk], body="a\r\nb", url="/x")
    assert "Sent to 2 people." in shown(page)
    assert holders() == ["alice", "bob"]
    sent = Notification.objects.get()
    assert (sent.body, sent.audience_label, sent.status) == ("a\nb", "alice, bob", Status.SENT)


def test_groups_and_everyone_get_it(post, alice, bob):
    staff = Group.objects.create(name="staff")
    alice.groups.add(staff)
    assert "Sent to 1 person." in shown(post(kind="groups", groups=[staff.pk], key="k1"))
    assert "Sent to 3 people." in shown(post(kind="everyone", key="k2"))
    assert holders() == ["admin", "alice", "alice", "bob"]


def test_a_form_posted_twice_sends_once(post, alice):
    for _ in range(2):
        post(kind="users", users=[alice.pk])
    assert holders() == ["alice"]


def test_each_form_has_a_key_of_its_own(browser):
    keys = {
        re.search(r'name="key" value="(\w+)"', shown(browser.get(ADD))).group(1) for _ in range(2)
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "users"}, "Choose at least one."),
        ({"kind": "groups"}, "Choose at least one."),
        ({}, "This field is required."),
        ({"kind": "planet"}, "Select a valid choice."),
        ({"kind": "users", "users": [987654]}, "Select a valid choice."),
        ({"kind": "users", "users": ["x"]}, "Choose at least one."),
    ],
)
def test_a_form_without_an_audience_says_so(fields, message, post):
    assert message in shown(post(**fields))
    assert not Notification.objects.exists()


def test_sending_to_everyone_needs_a_permission(client, user, alice, post):
    sender = user("sender", is_staff=True)
    for name in ("add_notification", "view_notification"):
        sender.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(sender)
    assert 'value="everyone"' not in shown(client.get(ADD))
    assert "Select a valid choice" in shown(post(kind="everyone"))
    assert not Notification.objects.exists()
    post(kind="users", users=[alice.pk])
    assert holders() == ["alice"]


def test_the_permission_is_looked_at_for_each_request_alone(client, user, browser, post):
    sender = user("sender", is_staff=True)
    sender.user_permissions.add(Permission.objects.get(codename="add_notification"))
    client.force_login(sender)
    client.get(ADD)
    client.force_login(get_user_model().objects.get(username="admin"))
    assert 'value="everyone"' in shown(client.get(ADD))


def test_staff_without_permission_sends_nothing(client, user, alice):
    client.force_login(user("clerk", is_staff=True))
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"title": "x", "kind": "everyone", "key": "k"}).status_code == 403


def test_what_was_sent_is_read_only(browser, post, alice):
    post(kind="users", users=[alice.pk])
    path = reverse("admin:notifications_notification_change", args=[Notification.objects.get().pk])
    page = shown(browser.get(path))
    assert "Hello" in page
    assert "<textarea" not in page
    assert 'name="_save"' not in page
    assert browser.post(path, {"title": "Changed"}).status_code == 403


def test_deleting_withdraws(browser, post, alice, django_capture_on_commit_callbacks):
    post(kind="users", users=[alice.pk])
    sent = Notification.objects.get()
    path = reverse("admin:notifications_notification_delete", args=[sent.pk])
    assert "Hello" in shown(browser.get(path))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(path, {"post": "yes"})
    sent.refresh_from_db()
    assert sent.status == Status.WITHDRAWN
    assert holders() == []


def test_selected_ones_are_withdrawn(browser, post, alice):
    post(kind="users", users=[alice.pk], key="k1")
    post(kind="users", users=[alice.pk], key="k2")
    pks = list(Notification.objects.values_list("pk", flat=True))
    page = post(LIST, action="withdraw", _selected_action=pks)
    assert "2 withdrawn." in shown(page)
    assert holders() == []
    page = post(LIST, action="withdraw", _selected_action=pks)
    assert "0 withdrawn." in shown(page)


def test_no_page_loads_all_users(browser, post, alice, django_assert_max_num_queries):
    get_user_model().objects.bulk_create(
        get_user_model()(username=f"crowd{n}", password="!") for n in range(300)
    )
    post(kind="everyone", key="k1")
    sent = Notification.objects.get()
    pages = [
        ADD,
        LIST,
        reverse("admin:notifications_notification_change", args=[sent.pk]),
        reverse("admin:notifications_notification_delete", args=[sent.pk]),
    ]
    for path in pages:
        with django_assert_max_num_queries(12):
            assert "crowd7" not in shown(browser.get(path))


def test_users_are_found_by_asking_the_server(browser, alice, bob):
    page = shown(browser.get(ADD))
    found = {
        name: re.search(rf'data-{name}="([^"]+)"', page).group(1)
        for name in ("app-label", "model-name", "field-name")
    }
    answer = browser.get(
        "/admin/autocomplete/",
        {name.replace("-", "_"): value for name, value in found.items()} | {"term": "ali"},
    ).json()
    assert [one["text"] for one in answer["results"]] == ["alice"]


def test_a_rejected_form_keeps_the_chosen_users(post, alice, bob):
    page = shown(post(kind="users", users=[alice.pk], title=""))
    assert f'<option value="{alice.pk}" selected' in page
    assert "bob" not in re.sub(r"(?s)<header.*?</header>", "", page)
