"""`<notification-inbox>`: the whole list within somebody else's page."""

import re

import pytest
from playwright.sync_api import expect

from notifications.preferences import reading
from tests.browser.looks import ANY_LOOK, check
from tests.browser.test_bell_element import HEARD, is_live, open_page, says, tag
from tests.browser.test_tips import goes_by_escape
from tests.support.processes import until

INBOX = "document.querySelector('notification-inbox')"
ALONE = """<main><h1>Orders</h1><notification-inbox src="{site}/api/v1/" token-url="/notify-token/"
 limit="3"><a href="/">Notifications</a></notification-inbox></main>"""

__all__ = ["open_page"]


@pytest.fixture
def inbox(open_page):
    """A page with that alone."""

    def at(body=ALONE, **options):
        page = open_page(body, wait=False, head=HEARD, **options)
        says(page, f"{INBOX}?.state === 'live'")
        expect(page.get_by_role("tab", name="Inbox")).to_be_visible()
        return page

    return at


def rows(page):
    return page.locator("notification-inbox").get_by_role("listitem")


def titles(page):
    return page.locator("notification-inbox .nb-title button")


def test_it_shows_the_list_page_by_page_and_what_comes(site, inbox, alice):
    page = inbox()
    expect(page.get_by_text("You're all caught up.")).to_be_visible()
    for n in range(5):
        site.notify(f"Number {n}", "--user", "alice")
    expect(titles(page)).to_have_text([f"Number {n}" for n in (4, 3, 2, 1, 0)])
    page.reload()
    expect(titles(page)).to_have_text(["Number 4", "Number 3", "Number 2"])
    page.get_by_role("button", name="Older notifications").click()
    expect(rows(page)).to_have_count(5)
    expect(page.get_by_role("button", name="Older notifications")).to_be_hidden()
    site.notify("Number 5", "--user", "alice")
    expect(titles(page).first).to_have_text("Number 5")


def test_a_stream_that_is_before_the_first_page_makes_that_no_longer(site, inbox, alice):
    for n in range(5):
        site.notify(f"Number {n}", "--user", "alice")
    page, held = inbox(), []
    # The first answer never comes.
    page.route(re.compile("/inbox\\?"), lambda r: r.continue_() if held else held.append(r))
    page.reload()
    says(page, f"{INBOX}.state === 'live' && {INBOX}.items.length === 3")
    expect(titles(page)).to_have_text(["Number 4", "Number 3", "Number 2"])


def test_its_tabs_and_acts_are_those_of_the_inbox(site, inbox, alice):
    site.notify("First", "--user", "alice")
    site.notify("Second", "--user", "alice")
    page = inbox()
    rows(page).filter(has_text="First").get_by_role("button", name="Archive: First").click()
    expect(titles(page)).to_have_text(["Second"])
    page.get_by_role("tab", name="Inbox").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Archived")).to_be_focused()
    expect(titles(page)).to_have_text(["First"])
    page.get_by_role("button", name="Move to inbox: First").click()
    expect(page.get_by_text("Nothing archived yet.")).to_be_visible()
    page.get_by_role("tab", name="Unread").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("Nothing unread.")).to_be_visible()
    assert page.evaluate(f"{INBOX}.undo()") is True
    expect(rows(page)).to_have_count(2)


def test_with_a_bell_it_has_its_connection_and_asks_for_nothing_of_its_own(site, inbox, alice):
    page = inbox(f"{tag()}<main><notification-inbox></notification-inbox></main>")
    is_live(page)
    assert page.evaluate(f"{INBOX}.client === document.querySelector('notification-bell').client")
    site.notify("Hello", "--user", "alice")
    expect(titles(page)).to_have_text(["Hello"])
    page.evaluate(f"{INBOX}.archive({INBOX}.items[0].id)")
    expect(page.get_by_role("tabpanel")).to_contain_text("You're all caught up.")
    says(page, "document.querySelector('notification-bell').unreadCount === 0")


def test_a_list_that_cannot_be_had_is_asked_for_again(site, inbox, alice):
    site.notify("Hello", "--user", "alice")
    page = inbox()
    page.route(re.compile("/inbox\\?"), lambda route: route.abort())
    page.get_by_role("tab", name="Unread").click()
    expect(page.get_by_text("Couldn't load notifications.")).to_be_visible()
    page.unroute(re.compile("/inbox\\?"))
    page.get_by_role("button", name="Try again").click()
    expect(titles(page)).to_have_text(["Hello"])


def test_it_breaks_no_rule_and_rows_may_be_the_pages_own(site, inbox, alice):
    for level in ("info", "critical"):
        site.notify("A long title that goes on " * 3, "--user", "alice", "--level", level)
    scheme = '<meta name="color-scheme" content="light dark">'
    page = inbox(scheme + ALONE, **ANY_LOOK)
    expect(rows(page)).to_have_count(2)
    check(page)
    page.get_by_role("tab", name="Snoozed").click()
    expect(page.get_by_text("Nothing snoozed.")).to_be_visible()
    check(page)
    page.get_by_role("tab", name="Inbox").click()
    page.evaluate(f"void ({INBOX}.renderItem = ({{ level }}) => level)")
    expect(page.locator(".nb-own-item")).to_have_text(["critical", "info"])


def test_threads_fold_in_it_and_are_muted_with_an_undo(site, inbox, alice):
    for title in ("Run 1", "Run 2", "Run 3"):
        site.notify(title, "--user", "alice", "--thread", "run-7")
    page = inbox()
    expect(titles(page)).to_have_text(["Run 3"])
    page.locator("summary").filter(has_text="+2 earlier").click()
    expect(titles(page)).to_have_text(["Run 3", "Run 2", "Run 1"])
    site.notify("Run 4", "--user", "alice", "--thread", "run-7")
    expect(titles(page)).to_have_text(["Run 4", "Run 3", "Run 2", "Run 1"])
    rows(page).first.hover()
    page.get_by_role("button", name="Mute: Run 4").click()
    page.get_by_role("button", name="Mute this thread").click()
    page.get_by_text("Muted: the thread of “Run 4”.").wait_for()
    until(lambda: reading.of(alice.pk).mutes, "it is muted")
    page.get_by_role("button", name="Undo").click()
    until(lambda: not reading.of(alice.pk).mutes, "it is not muted any more")


def test_what_an_icon_does_is_told_until_escape(site, inbox, alice):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = inbox()
    row = rows(page).filter(has_text="Two")
    archive = row.get_by_role("button", name="Archive: Two")
    goes_by_escape(page, archive, row.get_by_role("button", name="Mark as read: Two"))
