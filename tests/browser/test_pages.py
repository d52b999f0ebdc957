"""Every page does its work with JavaScript and without it, and with the keyboard alone."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from tests.browser.rows import do
from tests.conftest import PASSWORD

WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])


@pytest.fixture
def open_as(open_page):
    """Open a page with JavaScript or without; with it, once its script has done its part."""

    def act(user, path="/inbox/", *, js, **options):
        page = open_page(user, path, java_script_enabled=js, **options)
        if js and path == "/inbox/":
            page.get_by_role("button", name="Keyboard shortcuts").wait_for()
        return page

    return act


def row(page, title):
    return page.get_by_role("article", name=title)


def button(page, what, title):
    return row(page, title).get_by_role("button", name=what)


def tab(page, name):
    page.get_by_role("navigation", name="Listings").get_by_role("link", name=name).click()


def unread(page):
    return page.get_by_role("navigation", name="Listings").locator("[data-count=unread]")


@WITH_AND_WITHOUT
def test_read_and_unread(site, open_as, alice, js):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=js)
    expect(unread(page)).to_have_text("1")
    button(page, "Mark as read", "Hello").click()
    expect(unread(page)).to_have_text("")
    button(page, "Mark as unread", "Hello").click()
    expect(unread(page)).to_have_text("1")


@WITH_AND_WITHOUT
def test_archive_and_undo(site, open_as, alice, js):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=js)
    button(page, "Archive", "Hello").click()
    undo = kept_undo(page)
    expect(row(page, "Hello")).to_have_count(0)
    expect(page.locator("[data-empty]")).to_have_text("You're all caught up.")
    undo.click()
    expect(row(page, "Hello")).to_be_visible()
    # It comes back as it was.
    expect(unread(page)).to_have_text("1")


@WITH_AND_WITHOUT
def test_what_is_archived_is_in_its_tab_and_can_be_moved_back(site, open_as, alice, js):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=js)
    button(page, "Archive", "Hello").click()
    expect(row(page, "Hello")).to_have_count(0)
    if js:
        is_done(page)
    tab(page, "Archived")
    button(page, "Move to inbox", "Hello").click()
    expect(page.get_by_text("Nothing archived yet.")).to_be_visible()
    if js:
        is_done(page)
    tab(page, "Inbox")
    expect(row(page, "Hello")).to_be_visible()


def is_done(page):
    """Wait until what was done is known to the server, and that to the page: it shows it before,
    and a page that is left may not have asked.
    """
    page.wait_for_function(
        """() => {
          const client = document.querySelector('notification-bell')?.client
          return client && !client.inbox.overlays?.size
        }"""
    )


def kept_undo(page):
    """The offer, which stays as long as somebody points at it: else a busy machine is too late."""
    undo = page.get_by_role("button", name="Undo")
    undo.hover()
    return undo


@WITH_AND_WITHOUT
def test_mark_all_as_read(site, open_as, alice, js):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = open_as(alice, js=js)
    expect(unread(page)).to_have_text("2")
    page.locator("main").get_by_role("button", name="Mark all as read").click()
    expect(unread(page)).to_have_text("")
    expect(page.get_by_role("button", name=re.compile("^Mark as unread"))).to_have_count(2)
    expect(page.locator("main").get_by_role("button", name="Mark all as read")).to_have_count(0)
    if js:
        is_done(page)
    tab(page, "Unread")
    expect(page.get_by_text("Nothing unread.")).to_be_visible()


@WITH_AND_WITHOUT
def test_older_ones_are_a_page_away(site, open_as, alice, js, send_many):
    send_many(alice, 120)
    page = open_as(alice, js=js)
    expect(row(page, "Number 119")).to_be_visible()
    if js:
        # They come by themselves near the end of the page.
        for count in (100, 120):
            page.get_by_role("article").last.scroll_into_view_if_needed()
            expect(page.get_by_role("article")).to_have_count(count)
    else:
        expect(page.get_by_role("article")).to_have_count(50)
        page.get_by_role("link", name="Older notifications").click()
        expect(row(page, "Number 60")).to_be_visible()
        page.get_by_role("link", name="Older notifications").click()
    expect(row(page, "Number 0")).to_have_count(1)
    expect(page.get_by_role("link", name="Older notifications")).to_have_count(0)


@WITH_AND_WITHOUT
def test_one_notification(site, open_as, alice, js):
    site.notify("Older", "--user", "alice")
    site.notify("Hello", "--user", "alice", "--body", "b" * 600, "--url", "/inbox/?filter=unread")
    # On a wider screen the script opens it beside the list.
    page = open_as(alice, js=js, viewport={"width": 1000, "height": 800})
    page.get_by_role("link", name="Hello", exact=True).click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    expect(page.get_by_text("b" * 600)).to_be_visible()
    page.get_by_role("link", name="Older", exact=True).click()
    expect(page.get_by_role("heading", name="Older")).to_be_visible()
    button(page, "Archive", "Older").click()
    expect(page).to_have_url(re.compile(r"/inbox/\?filter=inbox"))
    expect(row(page, "Older")).to_have_count(0)
    # Opened is read.
    expect(unread(page)).to_have_text("")


@WITH_AND_WITHOUT
def test_other_devices_are_signed_out(site, open_as, alice, js):
    other = open_as(alice, js=False)
    page = open_as(alice, "/accounts/devices/", js=js)
    expect(page.get_by_role("button", name=re.compile("^Sign out ?:"))).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("Signed out on 1 other device.")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_with_the_keyboard_alone(site, chromium, alice):
    """From login to archive and undo; the focus is never lost."""
    alice.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    alice.save()
    for title in ("One", "Two", "Three"):
        site.notify(title, "--user", "alice")
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    press = page.keyboard.press
    page.goto("/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("alice")
    press("Tab")
    page.keyboard.type(PASSWORD)
    press("Enter")
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()

    press("j")
    expect(row(page, "Three")).to_be_focused()
    press("j")
    expect(row(page, "Two")).to_be_focused()
    press("e")
    expect(row(page, "Two")).to_have_count(0)
    expect(row(page, "One")).to_be_focused()
    press("z")
    expect(row(page, "Two")).to_be_visible()
    press("k")
    expect(row(page, "Two")).to_be_focused()
    press("u")
    expect(button(page, "Mark as unread", "Two")).to_be_visible()
    press("Shift+U")
    expect(button(page, "Mark as read", "Two")).to_be_visible()
    press("PageDown")
    expect(row(page, "One")).to_be_focused()
    press("Control+Home")
    expect(page.get_by_role("heading", name="Inbox")).to_be_focused()

    context.close()


def test_letters_can_be_switched_off(site, open_as, alice):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = open_as(alice, js=True)
    press = page.keyboard.press
    press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    press("Space")
    press("Escape")
    expect(dialog).to_be_hidden()
    press("j")
    expect(row(page, "Two")).not_to_be_focused()
    # All can be done with the buttons still, and it holds for the next page.
    button(page, "Archive", "Two").focus()
    press("Enter")
    expect(row(page, "Two")).to_have_count(0)
    expect(row(page, "One")).to_be_focused()
    is_done(page)
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    press("j")
    expect(row(page, "One")).not_to_be_focused()


def test_the_last_row_that_leaves_gives_the_focus_to_the_heading(site, open_as, alice):
    site.notify("Only", "--user", "alice")
    page = open_as(alice, js=True)
    button(page, "Archive", "Only").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Inbox")).to_be_focused()


def test_the_bell_opens_and_gives_the_focus_back(site, open_as, alice):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=True)
    bell = page.get_by_role("button", name=re.compile("^Notifications, 1 unread"))
    bell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bell).to_be_focused()


def test_on_a_phone_what_can_be_done_with_one_is_behind_a_button(site, open_as, alice):
    site.notify("Hello", "--user", "alice")
    page = open_as(alice, js=True, viewport={"width": 320, "height": 800})
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    for act in ("Mark as read", "Archive"):
        do(row(page, "Hello"), act, "Hello")
        is_done(page)
    tab(page, "Archived")
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    do(row(page, "Hello"), "Move to inbox", "Hello")
    expect(page.get_by_text("Nothing archived yet.")).to_be_visible()


def test_on_a_wide_screen_it_opens_beside_the_list(site, open_as, alice):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = open_as(alice, js=True, viewport={"width": 1440, "height": 900})
    page.get_by_role("link", name="Two", exact=True).click()
    reader = page.locator(".reader")
    expect(reader.get_by_role("heading", name="Two")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/inbox/\d+/$"))
    page.keyboard.press("j")
    expect(reader.get_by_role("heading", name="One")).to_be_visible()
    page.keyboard.press("Escape")
    expect(reader).to_be_hidden()
    expect(page.get_by_role("article", name="One")).to_be_focused()
    page.go_back()
    expect(reader.get_by_role("heading", name="One")).to_be_visible()


@pytest.mark.parametrize(("width", "height", "count"), [(1440, 900, 15), (390, 844, 8)])
def test_so_many_rows_are_on_a_screen(site, open_as, alice, send_many, width, height, count):
    send_many(alice, 20)
    page = open_as(alice, js=True, viewport={"width": width, "height": height})
    ends = "rows => rows.filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"
    assert page.locator("[data-inbox] article").evaluate_all(ends) >= count
