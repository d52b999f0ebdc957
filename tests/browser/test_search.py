"""Looking for notifications on the inbox page, with JavaScript and without it, and by keys."""

import re

import pytest
from playwright.sync_api import expect

from notifications.models import Notification
from notifications.preferences.acts import choose
from tests.browser import looks
from tests.browser.test_pages import WITH_AND_WITHOUT, button, kept_undo, open_as, row, tab

__all__ = ["open_as"]  # a fixture

LEVEL = ("--level", "critical")


@pytest.fixture
def orders(site):
    """The newest first: the last of these."""
    site.notify("A letter", "--user", "alice", "--sender", "Bank")
    site.notify("Your export failed", "--user", "alice", "--sender", "Bank", *LEVEL)
    site.notify("Export ready", "--user", "alice", "--sender", "Shop", "--body", "Ask Jörg")


def field(page):
    return page.get_by_role("searchbox", name="Search notifications")


def look_for(page, query, *, js):
    field(page).fill(query)
    if not js:
        page.get_by_role("button", name="Search").click()


def has(page, *titles):
    expect(page.locator("[data-inbox] article h3 a")).to_have_text(list(titles))


@WITH_AND_WITHOUT
def test_words_and_menus_narrow_the_list_and_one_press_ends_that(alice, orders, open_as, js):
    page = open_as(alice, js=js)
    look_for(page, "exp", js=js)
    has(page, "Export ready", "Your export failed")
    expect(page.locator("[data-found]")).to_have_text("2 notifications found.")
    expect(page.locator("mark")).to_have_text(["Export", "export"])
    page.get_by_label("Level").select_option("Critical")
    if not js:
        page.get_by_role("button", name="Search").click()
    has(page, "Your export failed")
    expect(page).to_have_url(re.compile(r"\?filter=inbox&q=exp&(.*&)?level=critical"))
    tab(page, "Archived")
    expect(page.locator("[data-empty]")).to_have_text(
        "No notifications match “exp” and these filters."
    )
    expect(field(page)).to_have_value("exp")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("[data-empty]")).to_have_text("Nothing archived yet.")
    tab(page, "Inbox")
    has(page, "Export ready", "Your export failed", "A letter")


@WITH_AND_WITHOUT
def test_who_opens_what_was_found_comes_back_to_it(alice, orders, open_as, js):
    page = open_as(alice, js=js, viewport={"width": 700, "height": 800})
    look_for(page, "JORG", js=js)
    has(page, "Export ready")
    expect(page.locator("mark")).to_have_text(["Jörg"])
    row(page, "Export ready").get_by_role("link", name="Export ready").click()
    page.get_by_role("link", name="Back to the inbox").click()
    has(page, "Export ready")
    expect(field(page)).to_have_value("JORG")


def test_a_slash_leads_to_the_field_and_escape_out_of_it(alice, orders, open_as):
    page = open_as(alice, js=True)
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("bank/j")
    expect(field(page)).to_have_value("bank/j")
    expect(page.locator("[data-empty]")).to_have_text("No notifications match “bank/j”.")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_value("")
    expect(field(page)).to_be_focused()
    has(page, "Export ready", "Your export failed", "A letter")
    page.keyboard.press("Escape")
    expect(row(page, "Export ready")).to_be_focused()
    page.keyboard.press("Control+/")
    expect(row(page, "Export ready")).to_be_focused()
    choose(alice.pk, keys=False)
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("/")
    expect(field(page)).not_to_be_focused()


def test_back_and_forward_restore_what_was_looked_for(alice, orders, open_as):
    page = open_as(alice, js=True)
    field(page).press_sequentially("export")
    has(page, "Export ready", "Your export failed")
    page.get_by_label("Sender").select_option("Bank")
    has(page, "Your export failed")
    page.go_back()
    has(page, "Export ready", "Your export failed")
    expect(page.get_by_label("Sender")).to_have_value("")
    # However many letters it had, it was one search.
    page.go_back()
    has(page, "Export ready", "Your export failed", "A letter")
    expect(field(page)).to_have_value("")
    expect(page.locator("mark")).to_have_count(0)
    page.go_forward()
    has(page, "Export ready", "Your export failed")
    expect(page.locator("mark")).to_have_count(2)


def test_what_arrives_meanwhile_is_shown_if_it_matches(site, alice, orders, open_as):
    page = open_as(alice, js=True)
    look_for(page, "export", js=True)
    has(page, "Export ready", "Your export failed")
    site.notify("Another letter", "--user", "alice")
    site.notify("Third export", "--user", "alice")
    has(page, "Third export", "Export ready", "Your export failed")
    expect(page.locator("[data-found]")).to_have_text("3 notifications found.")
    button(page, "Archive", "Export ready").click()
    undo = kept_undo(page)
    has(page, "Third export", "Your export failed")
    undo.click()
    has(page, "Third export", "Export ready", "Your export failed")
    page.get_by_role("link", name="Clear").click()
    has(
        page, "Third export", "Another letter", "Export ready", "Your export failed", "A letter"
    )  # fmt: skip


def test_a_late_answer_does_not_take_the_place_of_a_newer_one(alice, orders, open_as):
    page = open_as(alice, js=True)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/api/v1/inbox?*q=letter*", hold)
    look_for(page, "letter", js=True)
    expect(page.locator("[data-inbox]")).to_have_attribute("aria-busy", "true")
    look_for(page, "ready", js=True)
    has(page, "Export ready")
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    has(page, "Export ready")
    expect(page.locator("[data-inbox]")).not_to_have_attribute("aria-busy", "true")


def test_what_failed_is_said_and_can_be_tried_again(alice, orders, open_as):
    page = open_as(alice, js=True, allow_errors=True)
    page.route("**/api/v1/inbox?*", lambda route: route.fulfill(status=500, body="{}"))
    look_for(page, "letter", js=True)
    expect(page.locator("[data-found]")).to_contain_text("Couldn't search.")
    page.unroute("**/api/v1/inbox?*")
    field(page).press("Enter")
    has(page, "A letter")


def test_how_many_were_found_is_told_once(alice, orders, open_as):
    page = open_as(alice, js=True)
    page.evaluate(
        """() => {
            window.said = [];
            const node = document.querySelector("[data-found]");
            const all = {childList: true, characterData: true, subtree: true};
            new MutationObserver(() => said.push(node.textContent)).observe(node, all);
        }"""
    )
    field(page).press_sequentially("export", delay=20)
    has(page, "Export ready", "Your export failed")
    expect(page.locator("[data-found]")).to_have_text("2 notifications found.")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("said") == ["2 notifications found."]


@pytest.mark.parametrize("query", ["", "?q=export&level=critical", "?q=nowhere", "?level=loud"])
def test_it_is_usable_in_every_look(alice, orders, open_page, processes, query):
    processes.may_warn = True  # of the level that there is not
    Notification.objects.update(category="quite_a_long_category_of_orders")
    Notification.objects.filter(title="A letter").update(category="general")
    page = open_page(alice, f"/inbox/{query}", allow_errors="loud" in query, **looks.ANY_LOOK)
    if "loud" not in query:
        page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    looks.check(page)
    page.emulate_media(forced_colors="active")
    expect(field(page)).to_be_visible()
