"""Writing a notification, looking at it again, sending it: all without JavaScript."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone

from notifications.models import InboxItem, Notification, Status
from notifications.preferences import acts as preferences
from notifications.preferences.categories import Channels
from notifications.sending import worker
from tests.notifications.admin.conftest import ADD, REACH, shown


def holders():
    return sorted(InboxItem.objects.present().values_list("inbox__user__username", flat=True))


def hidden(page):
    """The fields that the review page posts again."""
    fields = {}
    for name, value in re.findall('<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        fields.setdefault(name, []).append(value)
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def crowd(count):
    model = get_user_model()
    model.objects.bulk_create(model(username=f"crowd{n}", password="!") for n in range(count))


# --- Reviewing ------------------------------------------------------------------------------------


def test_a_review_sends_nothing(post, alice, bob):
    page = shown(post(button="_review", kind="users", users=["alice", "bob"], body="a\r\nb"))
    assert "Reaches <strong>2</strong> people." in page
    assert "<bdi>alice</bdi>" in page
    assert "a<br>b" in page
    assert not Notification.objects.exists()


def test_a_review_says_how_many_do_not_want_it(post, alice, bob, settings):
    asked = {"kind": "users", "users": ["alice", "bob"], "category": "shop"}
    assert "are skipped" not in shown(post(button="_review", **asked))
    preferences.mute(alice.pk, "category", "shop")
    preferences.choose(alice.pk, rows={"shop": Channels(inbox=False)})
    assert "1 of them has muted it" in shown(post(button="_review", **asked))
    assert "muted it" not in shown(post(button="_review", **asked, level="critical"))
    settings.NOTIFICATIONS_PREFERENCES = {"shop": {"inbox": False}}
    assert "2 of them have muted it" in shown(post(button="_review", **asked))
    preferences.choose(bob.pk, rows={"shop": Channels()})
    assert "1 of them has muted it" in shown(post(button="_review", **asked))


def test_what_was_reviewed_is_what_is_sent(post, browser, alice, bob):
    later = timezone.now() + timedelta(days=2)
    form = {
        "kind": "users", "users": ["alice", "bob"], "title": "<b>Tom</b> & \"Jerry\"",
        "body": "one\r\ntwo", "level": "warning", "category": "shop", "url": "/x?a=1&b=2",
        "sender": "The shop", "expires_at": f"{later:%Y-%m-%dT12:00}",
    }  # fmt: skip
    page = shown(post(button="_review", **form))
    assert "&lt;b&gt;Tom&lt;/b&gt; &amp; &quot;Jerry&quot;" in page
    fields = {name: [unescape(value) for value in values] for name, values in hidden(page).items()}
    assert "Sending to 2 people." in shown(post(**fields))
    sent = Notification.objects.get()
    assert (sent.title, sent.body, sent.url) == (form["title"], "one\ntwo", form["url"])
    assert (sent.level, sent.category, sent.sender) == ("warning", "shop", "The shop")
    assert sent.expires_at.date() == later.date()
    assert holders() == ["alice", "bob"]


def test_back_to_editing_keeps_the_fields(post, alice, bob):
    page = shown(post(button="_edit", kind="users", users=["alice"], body="kept", key="mine"))
    assert '<option value="alice" selected' in page
    assert ">\nkept</textarea>" in page
    assert 'name="key" value="mine"' in page
    assert "errorlist" not in page
    assert not Notification.objects.exists()


def test_at_most_ten_are_named(post, django_assert_max_num_queries):
    crowd(50)
    # Most of them ask the database for what Django checks a row by: one for each constraint.
    with django_assert_max_num_queries(25):
        page = shown(post(button="_review", kind="everyone"))
    assert page.count("<bdi>crowd") == 9  # and the admin
    assert "and 41 more" in page


def test_those_who_may_not_sign_in_are_not_counted(post, alice, user):
    user("gone", is_active=False)
    page = shown(post(button="_review", kind="users", users=["alice", "gone"]))
    assert "Reaches <strong>1</strong> person." in page
    assert "<bdi>gone" not in page


def test_an_audience_of_nobody_is_said(post, db):
    empty = Group.objects.create(name="empty")
    page = shown(post(button="_review", kind="groups", groups=[empty.pk]))
    assert "Reaches <strong>0</strong> people." in page


# --- Many -----------------------------------------------------------------------------------------


@pytest.fixture
def many(db):
    crowd(1500)


def test_many_are_sent_to_only_by_who_types_how_many(post, many):
    page = shown(post(button="_review", kind="everyone"))
    assert "Type 1501 to send" in page
    fields = hidden(page)
    missing = "Type the number of people to send."
    other = "You typed {}, but it reaches 1501 people. Type 1501 to send."
    for typed, fault in {
        "": missing,
        "x": missing,
        "1500": other.format(1500),
        "9" * 100: other.format("9" * 20),
    }.items():
        again = shown(post(**fields, _typed=typed))
        assert fault in again
        assert "Type 1501 to send" in again
    assert not Notification.objects.exists()
    assert "Sending to 1,501 people." in shown(post(**fields, _typed="1,501"))
    assert Notification.objects.get().recipient_count == 1501


def test_who_typed_what_was_shown_is_told_where_it_is_another_number_now(post, many):
    fields = hidden(shown(post(button="_review", kind="everyone")))
    get_user_model().objects.filter(username__endswith="9").delete()
    count = get_user_model().objects.count()
    again = shown(post(**fields, _typed="1501"))
    assert f"Meanwhile it reaches {count} people, not 1501. Type the new number." in again
    assert not Notification.objects.exists()


def test_without_the_review_it_cannot_be_sent_to_many(post, many):
    assert "Type 1501 to send" in shown(post(kind="everyone"))
    assert "Type 1501 to send" in shown(post(kind="everyone", _typed="1", _shown="1"))
    assert not Notification.objects.exists()


def test_an_audience_that_grew_a_little_meanwhile_is_sent_to(post, many):
    fields = hidden(shown(post(button="_review", kind="everyone")))
    get_user_model().objects.create_user("newcomer")
    assert "Sending to 1,502 people." in shown(post(**fields, _typed="1501"))


def test_an_audience_that_grew_a_lot_is_looked_at_again(post, many):
    fields = hidden(shown(post(button="_review", kind="everyone")))
    model = get_user_model()
    model.objects.bulk_create(model(username=f"more{n}", password="!") for n in range(500))
    assert "Type 2001 to send" in shown(post(**fields, _typed="1501"))
    assert not Notification.objects.exists()


def test_a_thousand_chosen_users_fit_the_form(post, db):
    crowd(1000)
    names = [f"crowd{n}" for n in range(1000)]
    fields = hidden(shown(post(button="_review", kind="users", users=names)))
    assert "Sending to 1,000 people." in shown(post(**fields))


# --- Sending once ---------------------------------------------------------------------------------


def test_everyone_is_told_something_only_so_often(post, alice, settings):
    settings.NOTIFICATIONS_EVERYONE_RATE_PER_H = 2
    for key in ("1", "2", "2"):
        assert " to 2 people." in shown(post(kind="everyone", key=key))
    page = shown(post(kind="everyone", key="3"))
    assert "at most 2 times an hour" in page
    assert "Nothing was sent." in page
    assert Notification.objects.count() == 2
    # One user is not everyone.
    assert "Sending to 1 person." in shown(post(kind="users", users=["alice"], key="4"))


def test_a_double_click_sends_once(post, alice):
    for _ in range(2):
        assert " to 1 person." in shown(post(kind="users", users=["alice"]))
    assert holders() == ["alice"]


def test_a_form_that_was_sent_and_changed_is_asked_about(post, alice):
    post(kind="users", users=["alice"])
    page = shown(post(kind="users", users=["alice"], title="Changed"))
    assert "was sent already" in page
    assert Notification.objects.count() == 1
    key = re.search('name="key" value="([0-9a-f]+)"', page).group(1)
    post(kind="users", users=["alice"], title="Changed", key=key)
    assert holders() == ["alice", "alice"]


def test_each_form_has_a_key_of_its_own(browser):
    keys = {re.search(r'name="key" value="(\w+)"', shown(browser.get(ADD)))[1] for _ in range(2)}
    assert len(keys) == 2


def test_who_sent_is_in_the_history_once(post, browser, alice, admin):
    for _ in range(2):
        post(kind="users", users=["alice"])
    path = f"/admin/notifications/notification/{Notification.objects.get().pk}/history/"
    assert shown(browser.get(path)).count("Added.") == 1


# --- Later ----------------------------------------------------------------------------------------


def at(moment, field):
    return {field: f"{moment:%Y-%m-%dT%H:%M}"}


def test_it_is_sent_when_its_time_comes(post, alice):
    later = timezone.now() + timedelta(hours=1)
    page = shown(post(kind="users", users=["alice"], **at(later, "send_at")))
    assert "Scheduled for" in page
    assert holders() == []
    assert Notification.objects.get().status == Status.SCHEDULED
    Notification.objects.update(send_at=timezone.now())
    worker.run_due()
    assert holders() == ["alice"]


def test_times_are_meant_in_the_zone_of_the_sender(post, alice):
    times = {"zone": "Asia/Tokyo", "send_at": "2035-01-01T09:00", "expires_at": "2035-01-02T09:00"}
    review = shown(post(button="_review", kind="users", users=["alice"], **times))
    assert "1 Jan 2035 09:00 JST" in review
    assert "2 Jan 2035 09:00 JST" in review
    assert "Times are in Asia/Tokyo." in review
    assert "1 Jan 2035 09:00 JST" in shown(post(kind="users", users=["alice"], **times))
    sent = Notification.objects.get()
    assert sent.send_at.isoformat() == "2035-01-01T00:00:00+00:00"
    assert sent.expires_at.isoformat() == "2035-01-02T00:00:00+00:00"


def test_without_a_zone_they_are_meant_in_the_servers_which_is_named(browser, post, alice):
    assert "In <span data-zone>UTC</span>. Empty: at once." in shown(browser.get(ADD))
    times = {"send_at": "2035-01-01T09:00"}
    review = shown(post(button="_review", kind="users", users=["alice"], **times))
    assert "1 Jan 2035 09:00 UTC" in review


def test_what_is_no_time_zone_is_refused(post, alice):
    times = {"zone": "Mars/Phobos", "send_at": "2035-01-01T09:00"}
    assert "is no time zone" in shown(post(kind="users", users=["alice"], **times))
    assert not Notification.objects.exists()


@pytest.mark.parametrize("field", ["send_at", "expires_at"])
def test_what_is_over_cannot_be_meant(post, alice, field):
    past = timezone.now() - timedelta(hours=1)
    page = shown(post(button="_review", kind="users", users=["alice"], **at(past, field)))
    assert "That time has passed." in page


def test_nothing_expires_before_it_is_sent(post, alice):
    now = timezone.now()
    times = at(now + timedelta(days=2), "send_at") | at(now + timedelta(days=1), "expires_at")
    page = shown(post(kind="users", users=["alice"], **times))
    assert "It would expire before it is sent." in page
    assert not Notification.objects.exists()


# --- What is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["_review", "_send", "_edit"])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "users"}, "Choose at least one."),
        ({"kind": "groups"}, "Choose at least one."),
        ({}, "This field is required."),
        ({"kind": "planet"}, "Select a valid choice."),
        ({"kind": "users", "users": ["nobody"]}, "Select a valid choice."),
        ({"kind": "users", "users": ["no\0body"]}, "Choose at least one."),
        ({"kind": "everyone", "title": ""}, "This field is required."),
        ({"kind": "everyone", "url": "javascript:alert(1)"}, "errorlist"),
        ({"kind": "everyone", "key": ""}, "This field is required."),
        ({"kind": "everyone", "send_at": "x"}, "Enter a valid date"),
    ],
)
def test_a_form_that_is_not_valid_says_so(fields, message, button, post):
    assert message in shown(post(button=button, **fields))
    assert not Notification.objects.exists()


def test_a_rejected_form_keeps_the_chosen_users(post, alice, bob):
    page = shown(post(kind="users", users=["alice"], title=""))
    assert '<option value="alice" selected' in page
    assert "bob" not in re.sub(r"(?s)<header.*?</header>", "", page)


# --- Who may --------------------------------------------------------------------------------------


def test_everyone_needs_a_permission_on_every_way(client, clerk, alice, post):
    client.force_login(clerk("add_notification", "view_notification"))
    assert 'value="everyone"' not in shown(client.get(ADD))
    for button in ("_review", "_send", "_edit"):
        assert post(button=button, kind="everyone").status_code == 403
    assert client.get(REACH, {"kind": "everyone"}).status_code == 403
    assert not Notification.objects.exists()
    assert "Sending to 1 person." in shown(post(kind="users", users=["alice"]))
    assert client.get(REACH, {"kind": "users", "users": "alice"}).json()["count"] == 1


def everybody_in(name, *users):
    group = Group.objects.create(name=name)
    group.user_set.set(users or get_user_model().objects.all())
    return group


def test_a_group_of_everybody_is_everyone(client, clerk, alice, bob, post):
    client.force_login(clerk("add_notification", "view_notification"))
    everybody, some = everybody_in("all"), everybody_in("some", alice, bob)
    for button in ("_review", "_send"):
        page = shown(post(button=button, kind="groups", groups=[everybody.pk]))
        assert "as good as everyone" in page
    assert not Notification.objects.exists()
    assert "Sending to 2 people." in shown(post(kind="groups", groups=[some.pk]))
    client.force_login(get_user_model().objects.get(username="admin"))
    assert "Sending to 4 people." in shown(post(kind="groups", groups=[everybody.pk], key="k2"))


def test_most_of_many_are_everyone_too(client, clerk, many, post):
    client.force_login(clerk("add_notification"))
    crowd = get_user_model().objects.filter(username__startswith="crowd")
    most, few = everybody_in("most", *crowd[:800]), everybody_in("few", *crowd[:700])
    assert "as good as everyone" in shown(post(kind="groups", groups=[most.pk]))
    post(kind="groups", groups=[few.pk])
    assert Notification.objects.get().recipient_count == 700


def test_who_may_not_see_users_learns_no_name_from_the_review(client, clerk, alice, bob, post):
    client.force_login(clerk("add_notification"))
    some = everybody_in("some", alice, bob)
    page = shown(post(button="_review", kind="groups", groups=[some.pk]))
    assert "Reaches <strong>2</strong> people." in page
    assert "<bdi>alice" not in page
    # What was typed is all that is told; a number is no name.
    assert "<bdi>bob" in shown(post(button="_review", kind="users", users=["bob"]))
    page = shown(post(button="_review", kind="users", users=[alice.pk, bob.pk]))
    assert "Select a valid choice." in page
    assert "<bdi>alice" not in page
    client.force_login(clerk_who_sees_users(clerk))
    assert "<bdi>alice" in shown(post(button="_review", kind="groups", groups=[some.pk]))


def clerk_who_sees_users(clerk):
    get_user_model().objects.get(username="clerk").delete()
    return clerk("add_notification", "view_user")


def test_a_user_deleted_while_a_form_is_sent_fails_nothing(post, alice, bob):
    def delete_bob(**_signal):
        get_user_model().objects.filter(pk=bob.pk).delete()

    # Between the form's questions and the dispatch.
    pre_save.connect(delete_bob, sender=Notification)
    try:
        post(kind="users", users=["alice", "bob"])
    finally:
        pre_save.disconnect(delete_bob, sender=Notification)
    assert holders() == ["alice"]


def test_the_permission_is_looked_at_for_each_request_alone(client, clerk, browser):
    client.force_login(clerk("add_notification"))
    client.get(ADD)
    client.force_login(get_user_model().objects.get(username="admin"))
    assert 'value="everyone"' in shown(client.get(ADD))


def test_staff_without_permission_sends_nothing(client, clerk, alice, post):
    client.force_login(clerk("view_notification", "send_to_everyone"))
    assert client.get(ADD).status_code == 403
    assert client.get(REACH, {"kind": "users", "users": "alice"}).status_code == 403
    for kind in ("everyone", "users"):
        assert post(kind=kind, users=["alice"]).status_code == 403
    assert not Notification.objects.exists()


def test_charlie_is_sent_to_sign_in(charlie, alice):
    client = Client()
    client.force_login(charlie)
    for path in (ADD, f"{REACH}?kind=users&users=alice"):
        assert client.get(path)["Location"].startswith("/admin/login/")
    answer = client.post(ADD, {"title": "x", "kind": "users", "users": "alice", "_send": "x"})
    assert answer["Location"].startswith("/admin/login/")
    assert not Notification.objects.exists()


# --- How many -------------------------------------------------------------------------------------


def test_the_number_of_people_can_be_asked_for(browser, alice, bob, user):
    staff = Group.objects.create(name="staff")
    alice.groups.add(staff)
    user("gone", is_active=False).groups.add(staff)
    asked = [
        ({"kind": "everyone"}, 3, "Reaches 3 people."),
        ({"kind": "groups", "groups": staff.pk}, 1, "Reaches 1 person."),
        ({"kind": "users", "users": ["alice", "bob"]}, 2, "Reaches 2 people."),
    ]
    for query, count, text in asked:
        assert browser.get(REACH, query).json() == {"count": count, "text": text}


@pytest.mark.parametrize(
    "query", [{}, {"kind": "planet"}, {"kind": "users"}, {"kind": "users", "users": "x"}]
)
def test_of_no_audience_there_is_no_number(browser, query):
    assert browser.get(REACH, query).status_code == 400


def test_counting_many_loads_none(browser, many, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        assert browser.get(REACH, {"kind": "everyone"}).json()["text"] == "Reaches 1,501 people."
