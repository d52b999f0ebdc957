"""Snoozing, saving and taking back, with JavaScript and without it, and by keys."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from notifications.models import InboxItem
from notifications.sending import worker
from tests.browser.rows import do
from tests.browser.test_pages import (
    WITH_AND_WITHOUT,
    button,
    is_done,
    kept_undo,
    open_as,
    row,
    tab,
    unread,
)

__all__ = ["open_as"]  # a fixture


def menu(page, title):
    """What opens the moments until which it may be snoozed."""
    return row(page, title).get_by_label(f"Snooze: {title}", exact=True)


def snooze(page, title, choice):
    menu(page, title).click()
    button(page, choice, title).click()


@WITH_AND_WITHOUT
def test_what_is_snoozed_waits_in_its_tab_and_can_be_woken(site, open_as, alice, js):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=js)
    snooze(page, "Hello", "Tomorrow 09:00")
    expect(row(page, "Hello")).to_have_count(0)
    expect(unread(page)).to_have_text("")
    if js:
        is_done(page)
    tab(page, "Snoozed")
    expect(row(page, "Hello")).to_contain_text("Snoozed until")
    expect(row(page, "Hello")).to_contain_text("09:00")
    button(page, "Wake now", "Hello").click()
    undo = kept_undo(page)
    expect(page.locator("[data-empty]")).to_have_text("Nothing snoozed.")
    undo.click()
    expect(row(page, "Hello")).to_contain_text("Snoozed until")


@WITH_AND_WITHOUT
def test_all_that_was_marked_read_is_unread_again(site, open_as, alice, js):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = open_as(alice, js=js)
    button(page, "Mark as read", "One").click()
    expect(unread(page)).to_have_text("1")
    page.get_by_role("button", name="Mark all as read").click()
    undo = kept_undo(page)
    expect(unread(page)).to_have_text("")
    undo.click()
    expect(unread(page)).to_have_text("1")
    expect(button(page, "Mark as read", "Two")).to_be_visible()
    expect(button(page, "Mark as unread", "One")).to_be_visible()


def test_what_wakes_comes_on_top_of_every_tab(site, open_as, alice):
    for title in ("Old", "New"):
        site.notify(title, "--user", "alice")
    first, second = (open_as(alice, js=True) for _ in range(2))
    button(first, "Mark as read", "Old").click()
    snooze(first, "Old", "1 hour")
    for page in (first, second):
        expect(row(page, "Old")).to_have_count(0)
    tab(second, "Snoozed")
    expect(row(second, "Old")).to_be_visible()
    InboxItem.objects.snoozed().update(snoozed_until=timezone.now() - timedelta(seconds=1))
    worker.run_due()
    expect(row(second, "Old")).to_have_count(0, timeout=30_000)
    expect(first.get_by_role("article").first).to_contain_text("Old")
    expect(row(first, "Old").locator("[data-part=snoozed]")).to_have_text("Snoozed")
    expect(unread(first)).to_have_text("2")


def test_a_time_that_is_too_near_is_refused_where_it_was_typed(site, open_as, alice):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=True)
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(button(page, "1 hour", "Hello")).to_be_focused()
    row(page, "Hello").get_by_label("Until").fill("2020-01-01T09:00")
    row(page, "Hello").get_by_role("button", name="Snooze", exact=True).click()
    said = "Choose a time between 3 minutes and a year from now."
    expect(row(page, "Hello").get_by_role("alert")).to_have_text(said)
    expect(row(page, "Hello").get_by_label("Until")).to_be_focused()
    year = timezone.localtime().year + 1
    row(page, "Hello").get_by_label("Until").fill(f"{year}-01-02T09:00")
    row(page, "Hello").get_by_role("button", name="Snooze", exact=True).click()
    expect(row(page, "Hello")).to_have_count(0)


def test_the_choices_go_with_escape_and_with_a_press_elsewhere(site, open_as, alice):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=True)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    choice = button(page, "1 hour", "Hello")
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(choice).to_be_focused()
    page.keyboard.press("Escape")
    expect(choice).to_be_hidden()
    expect(menu(page, "Hello")).to_be_focused()
    page.keyboard.press("Enter")
    expect(choice).to_be_visible()
    page.get_by_role("heading", name="Inbox").click()
    expect(choice).to_be_hidden()


def test_keys_save_and_take_back(site, open_as, alice):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=True)
    for key, shown in (("s", "Remove from saved"), ("z", "Save"), ("s", "Remove from saved")):
        page.keyboard.press("j")
        page.keyboard.press(key)
        expect(button(page, shown, "Hello")).to_be_visible()
    page.keyboard.press("e")
    expect(row(page, "Hello")).to_have_count(0)
    is_done(page)
    tab(page, "Saved")
    expect(row(page, "Hello")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_bell_takes_back_what_was_done_in_its_panel(site, open_as, alice, width):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, "/diagnostics/", js=True, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Notifications, 1 unread").click()
    panel = page.get_by_role("dialog", name="Notifications")
    for what in ("Archive", "Mark all as read"):
        if what == "Archive":
            do(panel, what, "Hello")
        else:
            panel.get_by_role("button", name=what).click()
        expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
        panel.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Notifications, 1 unread")).to_be_visible()
