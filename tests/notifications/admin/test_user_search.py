"""Whoever may send finds those to send to, and learns no more of users than names."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.notifications.admin.conftest import ADD, shown

USERS = "/admin/notifications/notification/users/"


def names(client, **query):
    answer = client.get(USERS, query)
    assert answer.status_code == 200
    return [one["text"] for one in answer.json()["results"]]


@pytest.fixture
def sender(client, clerk):
    client.force_login(clerk("add_notification"))
    return client


def test_who_may_send_but_not_view_users_finds_them(sender, alice, bob):
    page = shown(sender.get(ADD))
    assert re.search(rf'data-ajax--url="{USERS}"', page)
    assert 'data-minimum-input-length="2"' in page
    assert names(sender, term="ali") == ["alice"]


@pytest.mark.parametrize("term", ["", " ", "a", "a "])
def test_there_is_no_list_of_everybody_for_who_may_not_view_users(sender, alice, term):
    assert names(sender, term=term) == []


def test_who_may_view_users_gets_the_first_of_all(browser, alice, bob):
    assert names(browser) == ["admin", "alice", "bob"]
    assert 'data-minimum-input-length="0"' in shown(browser.get(ADD))


def test_each_word_is_in_some_name(browser, user):
    user("x1", first_name="Ana", last_name="Lima")
    user("x2", first_name="Ana", last_name="Silva")
    assert names(browser, term="lim ana") == ["x1"]
    assert names(browser, term="ana") == ["x1", "x2"]
    assert names(browser, term="%") == names(browser, term="_") == []


def test_no_address_is_searched(sender, alice):
    assert alice.email == "alice@example.com"
    assert names(sender, term="example") == []


def test_who_gets_nothing_is_not_found(browser, user):
    user("gone", is_active=False)
    assert names(browser, term="gone") == []


def test_many_come_in_pages(browser, db):
    model = get_user_model()
    model.objects.bulk_create(model(username=f"crowd{n:02}", password="!") for n in range(45))
    pages = [browser.get(USERS, {"term": "crowd", "page": page}).json() for page in "123"]
    assert [len(page["results"]) for page in pages] == [20, 20, 5]
    assert [page["pagination"]["more"] for page in pages] == [True, True, False]


@pytest.mark.parametrize("page", ["0", "-1", "x", "٣", "9" * 50])
def test_a_page_that_is_none_is_harmless(browser, alice, page):
    assert browser.get(USERS, {"term": "alice", "page": page}).status_code == 200


def test_nobody_else_finds_anybody(client, clerk, charlie):
    client.force_login(clerk("view_notification", "view_user"))
    assert client.get(USERS, {"term": "alice"}).status_code == 403
    client.force_login(charlie)
    assert client.get(USERS, {"term": "alice"})["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("title", ["", "Hello"], ids=["with an error", "to edit it again"])
def test_who_is_chosen_is_looked_up_once(title, post, alice, bob):
    with CaptureQueriesContext(connection) as asked:
        page = shown(post(button="_edit", title=title, kind="users", users=["alice", "bob"]))
    assert '<option value="alice" selected' in page
    assert '<option value="bob" selected' in page
    by_name = f'"{get_user_model().USERNAME_FIELD}" IN'
    assert len([one for one in asked if by_name in one["sql"]]) == 1
