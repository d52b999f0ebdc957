"""The inbox's pages, without JavaScript."""

import re

import pytest
from django.test import Client

from notifications import inbox
from notifications.inbox import Chosen
from notifications.models import Notification


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def titles(page):
    return re.findall(r'<a href="/inbox/\d+/">([^<]*)</a>', page.content.decode())


@pytest.mark.parametrize("path", ["/inbox/", "/inbox/1/", "/"])
def test_who_is_not_signed_in_is_asked_to(path, client, db):
    page = client.get(path, follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/login/?next=/inbox/")


def test_the_inbox_shows_what_arrived(browser, send, alice):
    send("First", to=[alice])
    send("Second", to=[alice], body="with a body")
    page = browser.get("/inbox/")
    assert titles(page) == ["Second", "First"]
    assert "with a body" in page.content.decode()
    assert page["Cache-Control"] == "private, no-cache"


def test_text_is_shown_as_text(browser, send, alice):
    one = send("<img src=x onerror=alert(1)>", to=[alice], body="<script>alert(1)</script>")
    for path in ("/inbox/", f"/inbox/{one.pk}/"):
        page = browser.get(path).content.decode()
        assert "<img" not in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_buttons_act_and_lead_back_to_the_listing(browser, send, alice):
    one = send(to=[alice])
    steps = [
        ("read", "unread", "Nothing unread."),
        ("unread", "unread", "Hello"),
        ("archive", "inbox", "You&#x27;re all caught up."),
        ("restore", "archived", "Nothing archived yet."),
    ]
    for op, listing, shown in steps:
        form = {"op": op, "notification": one.pk, "filter": listing}
        answer = browser.post("/inbox/actions/", form, follow=True)
        assert answer.redirect_chain == [(f"/inbox/?filter={listing}", 302)]
        assert shown in answer.content.decode()


@pytest.mark.parametrize(
    "form",
    [{}, {"op": "read"}, {"op": "read", "notification": "x"}, {"op": "x", "notification": 1}],
)
def test_a_form_that_makes_no_sense_is_400(form, browser):
    assert browser.post("/inbox/actions/", form).status_code == 400


def test_acts_are_posts_with_a_token(browser, alice, send):
    one = send(to=[alice])
    assert browser.get("/inbox/actions/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    form = {"op": "read", "notification": one.pk}
    assert strict.post("/inbox/actions/", form).status_code == 403
    assert alice.inbox.items.unread().exists()


def test_pages_lead_to_older_ones(browser, send, alice, monkeypatch):
    monkeypatch.setattr("notifications.views._PAGE_SIZE", 2)
    for n in range(3):
        send(f"n{n}", to=[alice])
    first = browser.get("/inbox/")
    assert titles(first) == ["n2", "n1"]
    older = re.search(r'href="(\?[^"]*)" rel="next"', first.content.decode()).group(1)
    second = browser.get("/inbox/" + older.replace("&amp;", "&"))
    assert titles(second) == ["n0"]
    assert 'rel="next"' not in second.content.decode()


def test_a_query_that_makes_no_sense_shows_the_inbox(browser, send, alice):
    send(to=[alice])
    assert titles(browser.get("/inbox/?filter=x&before=y")) == ["Hello"]


def test_listings_have_tabs(browser, send, alice):
    old, new = send("Old", to=[alice]), send("New", to=[alice])
    inbox.archive(alice.pk, Chosen([old.pk]))
    assert titles(browser.get("/inbox/?filter=archived")) == ["Old"]
    assert titles(browser.get("/inbox/?filter=unread")) == [new.title]


def test_one_notification_is_shown_whole(browser, send, alice):
    one = send(
        to=[alice], body="b" * 600, url="/orders/7", actions=[{"label": "View", "url": "/view"}]
    )
    page = browser.get(f"/inbox/{one.pk}/").content.decode()
    assert "b" * 600 in page
    assert 'href="/orders/7" rel="noopener noreferrer"' in page
    assert 'href="/view"' in page


def test_a_url_that_was_forced_into_the_database_is_no_link(browser, send, alice):
    one = send(to=[alice])
    # Around the model; the database itself refuses the worse ones.
    Notification.objects.filter(pk=one.pk).update(
        actions=[{"label": "x", "url": "javascript:alert(1)"}]
    )
    assert "javascript:" not in browser.get(f"/inbox/{one.pk}/").content.decode()


def test_missing_and_somebody_elses_are_the_same_404(client, send, alice, charlie):
    one = send("secret", to=[alice])
    client.force_login(charlie)
    foreign, missing = client.get(f"/inbox/{one.pk}/"), client.get("/inbox/987654321/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert "secret" not in client.get("/inbox/").content.decode()
    client.post("/inbox/actions/", {"op": "read", "notification": one.pk})
    assert alice.inbox.items.unread().exists()


def test_a_page_costs_few_queries(browser, send, alice, django_assert_max_num_queries):
    for _ in range(60):
        send(to=[alice])
    with django_assert_max_num_queries(3):
        browser.get("/inbox/")
