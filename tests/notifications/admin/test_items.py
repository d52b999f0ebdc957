"""The recipients of a notification: to look at, and never all at once."""

import re

import pytest
from django.test import Client

from notifications.inbox import acts
from notifications.models import InboxItem
from tests.notifications.admin.conftest import LIST, shown

ITEMS = "/admin/notifications/inboxitem/"


def names(page):
    return re.findall('field-recipient">(?:<a[^>]*>)?([^<]+)<', shown(page))


@pytest.fixture
def people(user):
    return [user(f"user{n}") for n in range(4)]


@pytest.fixture
def sent(send, people):
    """To four, of whom one has not got it, one has, one has seen it, and one has read it."""
    send("Another", to=people)
    sent = send(to=people)
    _, got, saw, read = people
    sent.items.filter(inbox__user=got).update(delivered_at=sent.created_at)
    acts.mark_seen(saw.pk, acts.Chosen([sent.pk]))
    acts.mark_read(read.pk, acts.Chosen([sent.pk]))
    return sent


def test_one_comes_from_the_notification_to_its_recipients(browser, sent):
    page = shown(browser.get(f"{LIST}{sent.pk}/change/"))
    (path,) = re.findall(rf'href="({ITEMS}[^"]*)"', page)
    page = browser.get(path)
    assert names(page) == ["user0", "user1", "user2", "user3"]
    assert f"{LIST}{sent.pk}/change/" in shown(page)


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ("undelivered", ["user0"]),
        ("delivered", ["user1", "user2", "user3"]),
        ("unseen", ["user1"]),
        ("seen", ["user2", "user3"]),
        ("read", ["user3"]),
        ("nonsense", ["user0", "user1", "user2", "user3"]),
    ],
)
def test_they_can_be_told_by_how_far_it_has_come(browser, sent, progress, expected):
    page = browser.get(ITEMS, {"notification": sent.pk, "progress": progress})
    assert names(page) == expected


def test_nothing_can_be_changed(browser, sent):
    item = InboxItem.objects.first()
    page = shown(browser.get(f"{ITEMS}{item.pk}/change/"))
    assert "Another" in page
    assert 'name="_save"' not in page
    assert browser.get(f"{ITEMS}add/").status_code == 403
    assert browser.post(f"{ITEMS}add/", {}).status_code == 403
    assert browser.post(f"{ITEMS}{item.pk}/change/", {"read_at_0": "2026-01-01"}).status_code == 403
    assert browser.post(f"{ITEMS}{item.pk}/delete/", {"post": "yes"}).status_code == 403
    page = shown(browser.get(ITEMS, {"notification": sent.pk}))
    assert "action-select" not in page
    assert "Add inbox item" not in page


@pytest.mark.parametrize("query", ["", "?notification=x", "?progress=read", "?notification="])
def test_there_is_no_list_of_all_items(browser, sent, query):
    assert browser.get(f"{ITEMS}{query}")["Location"] == LIST
    assert ITEMS not in shown(browser.get("/admin/"))


def test_of_what_does_not_exist_there_is_none(browser, sent):
    assert browser.get(ITEMS, {"notification": 987654}).status_code == 404


def test_many_recipients_cost_no_more_than_a_page(
    browser, user, send, django_assert_max_num_queries
):
    people = [user(f"many{n}") for n in range(70)]
    sent = send(to=people)
    with django_assert_max_num_queries(9):
        page = browser.get(ITEMS, {"notification": sent.pk})
    assert len(names(page)) == 50
    assert len(names(browser.get(ITEMS, {"notification": sent.pk, "p": 2}))) == 20


def test_it_takes_a_permission_of_its_own(client, clerk, sent):
    client.force_login(clerk("view_notification"))
    assert ITEMS not in shown(client.get(f"{LIST}{sent.pk}/change/"))
    assert client.get(ITEMS, {"notification": sent.pk}).status_code == 403
    assert client.get(ITEMS).status_code == 403


def test_charlie_sees_nothing(charlie, sent):
    client = Client()
    client.force_login(charlie)
    for path in (ITEMS, f"{ITEMS}?notification={sent.pk}", LIST):
        assert client.get(path)["Location"].startswith("/admin/login/")
