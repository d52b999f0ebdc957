"""The inbox's pages, without JavaScript."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.inbox import acts, reading
from notifications.inbox.acts import Chosen
from notifications.models import Notification
from notifications.pages.languages import PreferredLanguageMiddleware, kept_head
from notifications.sending import worker


def without_tokens(page):
    return re.sub(r'"csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


def titles(page):
    return re.findall(r'<a [^>]*href="/inbox/\d+/[^"]*">([^<]*)</a>', page.content.decode())


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
        assert "<img src=x" not in page
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
    assert browser.get("/inbox/actions/?op=read").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    form = {"op": "read", "notification": one.pk}
    assert strict.post("/inbox/actions/", form).status_code == 403
    assert alice.notifications_inbox.items.unread().exists()


def test_pages_lead_to_older_ones(browser, send, alice, monkeypatch):
    monkeypatch.setattr("notifications.pages.views._PAGE_SIZE", 2)
    for n in range(3):
        send(f"n{n}", to=[alice])
    first = browser.get("/inbox/")
    assert titles(first) == ["n2", "n1"]
    older = re.search(r'href="/inbox/(\?[^"]*)" rel="next"', first.content.decode()).group(1)
    second = browser.get("/inbox/" + older.replace("&amp;", "&"))
    assert titles(second) == ["n0"]
    assert 'rel="next"' not in second.content.decode()


def test_pages_lead_to_newer_ones_and_in_the_end_to_the_first(browser, send, alice, monkeypatch):
    monkeypatch.setattr("notifications.pages.views._PAGE_SIZE", 2)
    for n in range(6):
        send(f"n{n}", to=[alice])
    last = browser.get("/inbox/?before=3")
    assert titles(last) == ["n1", "n0"]
    middle = browser.get(newer(last))
    assert titles(middle) == ["n3", "n2"]
    first = browser.get(newer(middle), follow=True)
    assert first.redirect_chain == [("/inbox/?filter=inbox", 302)]
    assert titles(first) == ["n5", "n4"]
    assert 'rel="prev"' not in first.content.decode()


def newer(page):
    href = re.search(r'href="(/inbox/\?[^"]*)" rel="prev"', page.content.decode())[1]
    return href.replace("&amp;", "&")


def test_a_query_that_makes_no_sense_shows_the_inbox(browser, send, alice):
    send(to=[alice])
    assert titles(browser.get("/inbox/?filter=x&before=y")) == ["Hello"]


def test_listings_have_tabs(browser, send, alice):
    old, new = send("Old", to=[alice]), send("New", to=[alice])
    acts.archive(alice.pk, Chosen([old.pk]))
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


def test_rows_stand_under_the_days_on_which_they_arrived(browser, send, alice):
    days = {"Old": 400, "Yesterday's": 1, "New": 0}
    for title, age in days.items():
        one = send(title, to=[alice])
        arrived_at = timezone.now() - timedelta(days=age)
        alice.notifications_inbox.items.filter(notification=one).update(arrived_at=arrived_at)
    page = browser.get("/inbox/").content.decode()
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    assert headings[:2] == ["Today", "Yesterday"]
    assert re.fullmatch(r"\w+day \d+ \w+ \d{4}", headings[2])


def test_what_was_archived_can_be_taken_back_from_the_message(browser, send, alice):
    one = send(to=[alice])
    form = {"op": "archive", "notification": one.pk}
    page = browser.post("/inbox/actions/", form, follow=True).content.decode()
    assert "Archived." in page
    button = '<button form="undo" name="op" value="restore">Undo</button>'
    assert button in page
    assert f'<input form="undo" type="hidden" name="notification" value="{one.pk}">' in page
    assert button not in browser.get("/inbox/").content.decode()
    browser.post("/inbox/actions/", {"op": "restore", "notification": one.pk})
    assert alice.notifications_inbox.items.listed().exists()


def test_an_act_that_changes_nothing_is_not_said_to_be_done(client, send, alice, charlie):
    one = send(to=[alice])
    client.force_login(charlie)
    form = {"op": "archive", "notification": one.pk}
    assert "Archived." not in client.post("/inbox/actions/", form, follow=True).content.decode()


def mark_all_form(page):
    names = ("filter", "epoch", "upto")
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
    return {"op": "read"} | {name: match.group(1) for name, match in found.items()}


def test_all_are_marked_as_read_but_for_what_came_since(browser, send, alice):
    send("Old", to=[alice])
    form = mark_all_form(browser.get("/inbox/").content.decode())
    send("New", to=[alice])
    page = browser.post("/inbox/actions/", form, follow=True).content.decode()
    assert "All marked as read." in page
    assert alice.notifications_inbox.items.unread().get().notification.title == "New"


def test_a_page_of_before_a_restore_marks_nothing(browser, send, alice):
    send(to=[alice])
    form = mark_all_form(browser.get("/inbox/").content.decode())
    call_command("new_epoch")
    page = browser.post("/inbox/actions/", form, follow=True).content.decode()
    assert "Nothing was marked" in page
    assert alice.notifications_inbox.items.unread().exists()


def test_acts_lead_back_to_the_page_that_they_were_done_from(browser, send, alice):
    one = send(to=[alice])
    form = {"op": "read", "notification": one.pk, "filter": "inbox", "before": 9}
    answer = browser.post("/inbox/actions/", form)
    assert answer.url == "/inbox/?filter=inbox&before=9"


def test_who_opens_it_has_read_it(browser, send, alice):
    one = send(to=[alice])
    page = browser.get(f"/inbox/{one.pk}/").content.decode()
    assert "Mark as unread" in page
    assert alice.notifications_inbox.items.get().read_at is not None


def test_a_browser_that_asks_ahead_has_read_nothing(browser, send, alice):
    one = send(to=[alice])
    browser.get(f"/inbox/{one.pk}/", headers={"sec-purpose": "prefetch;prerender"})
    browser.head(f"/inbox/{one.pk}/")
    assert alice.notifications_inbox.items.get().read_at is None


def test_one_leads_to_the_next(browser, send, alice, bob):
    first, _, middle, last = (send(to=[user]) for user in (alice, bob, alice, alice))
    page = browser.get(f"/inbox/{middle.pk}/").content.decode()
    assert f'<a href="/inbox/{last.pk}/" rel="prev">' in page
    assert f'<a href="/inbox/{first.pk}/" rel="next">' in page
    page = browser.get(f"/inbox/{last.pk}/").content.decode()
    assert 'rel="prev"' not in page


def test_missing_and_somebody_elses_are_the_same_404(client, send, alice, charlie):
    one = send("secret", to=[alice])
    client.force_login(charlie)
    foreign, missing = client.get(f"/inbox/{one.pk}/"), client.get("/inbox/987654321/")
    assert foreign.status_code == missing.status_code == 404
    assert without_tokens(foreign) == without_tokens(missing)
    assert "secret" not in client.get("/inbox/").content.decode()
    client.post("/inbox/actions/", {"op": "read", "notification": one.pk})
    assert alice.notifications_inbox.items.unread().exists()


def test_a_page_costs_few_queries(browser, send, alice, django_assert_max_num_queries):
    for _ in range(60):
        send(to=[alice])
    # Session, user, what the menus offer, and the page with where the inbox stands.
    with django_assert_max_num_queries(4):
        browser.get("/inbox/")


@pytest.mark.parametrize("path", ["/inbox/", "/inbox/preferences/", "/accounts/devices/"])
def test_what_is_chosen_is_read_once_for_language_theme_and_bell(browser, path):
    browser.get(path)
    with CaptureQueriesContext(connection) as asked:
        browser.get(path)
    statements = [one["sql"] for one in asked if "notifications_preferences" in one["sql"]]
    assert len(statements) == 1, statements


def test_the_bell_of_a_page_that_was_opened_counts_it_as_read(browser, send, alice):
    one = send(to=[alice])
    assert 'unread="0"' in browser.get(f"/inbox/{one.pk}/").content.decode()


# --- Snoozing, saving, and taking back ------------------------------------------------------------


def undone(browser, answer):
    """Press the message's button."""
    page = answer.content.decode()
    fields = re.findall(r'form="undo" type="hidden" name="([^"]*)" value="([^"]*)"', page)
    (op,) = re.findall(r'<button form="undo" name="op" value="(\w+)">Undo</button>', page)
    return browser.post("/inbox/actions/", {"op": op, **dict(fields)}, follow=True)


def marks(item):
    item.refresh_from_db()
    moments = (item.read_at, item.archived_at, item.snoozed_until, item.saved_at)
    return [moment is not None for moment in moments]


@pytest.mark.parametrize("before", [None, "read", "archive", "snooze-hour", "save"])
@pytest.mark.parametrize(
    "op", ["read", "unread", "archive", "restore", "snooze-monday", "save", "unsave"]
)
def test_every_act_can_be_taken_back_from_its_message(op, before, browser, send, alice):
    one = send(to=[alice])
    item = alice.notifications_inbox.items.get()
    if before:
        browser.post("/inbox/actions/", {"op": before, "notification": one.pk}, follow=True)
    was, until = marks(item), item.snoozed_until
    answer = browser.post("/inbox/actions/", {"op": op, "notification": one.pk}, follow=True)
    if marks(item) == was and item.snoozed_until == until:
        assert "Undo" not in answer.content.decode()
        return
    undone(browser, answer)
    assert marks(item) == was
    assert item.snoozed_until == until


def test_marking_all_read_is_taken_back_but_for_what_changed_since(browser, send, alice):
    read, first, second = (send(to=[alice]) for _ in range(3))
    acts.mark_read(alice.pk, Chosen([read.pk]))
    page = browser.get("/inbox/").content.decode()
    form = dict(re.findall(r'name="(epoch|upto)" value="([^"]*)"', page))
    answer = browser.post("/inbox/actions/", {"op": "read", **form}, follow=True)
    acts.archive(alice.pk, Chosen([second.pk]))
    assert "Undone." in undone(browser, answer).content.decode()
    unread = alice.notifications_inbox.items.filter(read_at=None)
    assert [item.notification_id for item in unread] == [first.pk]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_snooze_ends_by_the_readers_own_clock(zone, browser, send, alice):
    browser.cookies["notifications_time_zone"] = zone
    here = ZoneInfo(zone)
    item_of = alice.notifications_inbox.items.get
    one = send(to=[alice])
    now = timezone.localtime(timezone=here)
    days = {"snooze-tomorrow": 1, "snooze-monday": 7 - now.weekday()}
    for op, ahead in days.items():
        browser.post("/inbox/actions/", {"op": op, "notification": one.pk})
        until = item_of().snoozed_until.astimezone(here)
        assert (until.hour, until.minute) == (9, 0)
        assert until.date() == now.date() + timedelta(days=ahead)
    typed = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    form = {"op": "snooze", "notification": one.pk, "until": typed}
    browser.post("/inbox/actions/", form)
    assert item_of().snoozed_until.astimezone(here).strftime("%Y-%m-%dT%H:%M") == typed


@pytest.mark.parametrize(
    "typed", ["", "soon", "2020-01-01T00:00", "9999-12-31T23:59", "2027-99-01T0"]
)
def test_a_time_that_cannot_be_is_answered_with_what_can(typed, browser, send, alice):
    one = send(to=[alice])
    form = {"op": "snooze", "notification": one.pk, "until": typed}
    answer = browser.post("/inbox/actions/", form, follow=True).content.decode()
    assert "at least 3 minutes and at most a year from now. Nothing was snoozed." in answer
    assert titles(browser.get("/inbox/")) == ["Hello"]


def test_what_is_snoozed_says_until_when_and_what_has_woken_that_it_was(browser, send, alice):
    one = send(to=[alice])
    browser.post("/inbox/actions/", {"op": "snooze-hour", "notification": one.pk})
    assert titles(browser.get("/inbox/")) == []
    page = browser.get("/inbox/?filter=snoozed").content.decode()
    assert "Snoozed until <time" in page
    assert 'value="restore" data-act="wake" aria-label=' in page
    alice.notifications_inbox.items.update(snoozed_until=timezone.now())
    worker.run_due()
    page = browser.get("/inbox/").content.decode()
    assert 'class="nb-snoozed">Snoozed</span>' in page
    assert "Nothing snoozed." in browser.get("/inbox/?filter=snoozed").content.decode()


def test_saved_ones_have_a_listing_archived_ones_included(browser, send, alice):
    assert "Nothing saved yet." in browser.get("/inbox/?filter=saved").content.decode()
    for title in ("Old", "New"):
        one = send(title, to=[alice])
        browser.post("/inbox/actions/", {"op": "save", "notification": one.pk})
    browser.post("/inbox/actions/", {"op": "archive", "notification": one.pk})
    assert titles(browser.get("/inbox/?filter=saved")) == ["New", "Old"]


def test_where_an_inbox_stood_holds_for_its_user_alone_and_not_after_a_post(rf, alice, bob):
    reading.head(alice.pk)
    middleware = PreferredLanguageMiddleware(lambda _: HttpResponse())
    for method, is_kept in (("get", True), ("post", False)):
        request = getattr(rf, method)("/orders/")
        request.user, request.resolver_match = alice, None
        middleware.process_view(request, None, (), {})
        assert (kept_head(request, alice.pk) is not None) == is_kept
        assert kept_head(request, bob.pk) is None
