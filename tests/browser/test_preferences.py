"""What people choose holds in every tab, with JavaScript and without, by keyboard alone."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notifications.models import InboxItem, Preferences
from notifications.preferences import acts, reading
from notifications.preferences.categories import Channels
from tests.browser import looks
from tests.browser.test_pages import kept_undo
from tests.support.processes import until

PATH = "/inbox/preferences/"
WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
# Where somebody wants to look at it.
PICTURES = os.environ.get("PICTURES")


def unread(page):
    return page.get_by_role("navigation", name="Listings").locator("[data-count=unread]")


def toasts(page):
    return page.locator("notification-toast")


@WITH_AND_WITHOUT
def test_all_is_chosen_and_saved_by_keyboard(site, open_page, alice, js):
    page = open_page(alice, PATH, java_script_enabled=js)
    page.get_by_label("General: Sound").focus()
    page.keyboard.press("Space")
    page.get_by_label("Keep quiet at these hours").focus()
    page.keyboard.press("Space")
    page.get_by_label("Theme").focus()
    page.keyboard.press("d")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Preferences saved.")).to_be_visible()
    choices = reading.of(alice.pk).choices
    assert (choices.theme, choices.shown) == ("dark", {"general": {"sound": True}})
    assert choices.quiet is not None
    assert page.locator("html").get_attribute("data-theme") == "dark"


@WITH_AND_WITHOUT
def test_a_sender_is_muted_and_comes_back(site, open_page, alice, js):
    site.notify("Hello", "--user", "alice", "--sender", "Robot")
    pk = InboxItem.objects.get().notification_id
    page = open_page(alice, f"/inbox/{pk}/", java_script_enabled=js)
    page.get_by_role("button", name="Mute Robot").click()
    page.get_by_text("Muted: everything from Robot.").wait_for()
    until(lambda: reading.of(alice.pk).mutes, "it is muted")
    site.notify("Again", "--user", "alice", "--sender", "Robot")
    assert InboxItem.objects.count() == 1
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("No longer muted").wait_for()
    until(lambda: not reading.of(alice.pk).mutes, "it is not muted any more")
    site.notify("Third", "--user", "alice", "--sender", "Robot")
    assert InboxItem.objects.count() == 2


@WITH_AND_WITHOUT
def test_a_thread_is_muted_in_its_row_and_comes_back(site, open_page, alice, js):
    site.notify("Hello", "--user", "alice", "--thread", "builds")
    page = open_page(alice, "/inbox/", java_script_enabled=js)
    if js:
        page.get_by_role("button", name="Keyboard shortcuts").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("m")
    else:
        page.locator("summary", has_text="Mute").click()
    page.get_by_role("button", name="Mute this thread").click()
    undo = kept_undo(page)
    page.get_by_text("Muted: the thread of “Hello”.").wait_for()
    # The page says it when it is done, and before it is answered.
    until(lambda: reading.of(alice.pk).mutes, "it is muted")
    site.notify("Again", "--user", "alice", "--thread", "builds")
    assert InboxItem.objects.count() == 1
    undo.click()
    expect(undo).to_have_count(0 if js else 1)
    until(lambda: not reading.of(alice.pk).mutes, "it is not muted any more")
    site.notify("Third", "--user", "alice", "--thread", "builds")
    assert InboxItem.objects.count() == 2


def mute_in(rows, title, what):
    rows.filter(has_text=title).hover()
    rows.get_by_role("button", name=f"Mute: {title}").click()
    rows.get_by_role("button", name=what).click()


def test_a_sender_is_muted_in_the_panel_and_comes_back(site, open_page, alice):
    site.notify("Fire", "--user", "alice", "--sender", "Robot", "--level", "critical")
    site.notify("Hello", "--user", "alice", "--sender", "Robot")
    page = open_page(alice)
    page.get_by_role("button", name="Notifications").click()
    panel = page.get_by_role("dialog", name="Notifications")
    rows = panel.get_by_role("listitem")
    mute_in(rows, "Hello", "Mute Robot")
    panel.get_by_text("Muted: everything from Robot.").wait_for()
    expect(rows.get_by_role("button", name="Mute Robot")).to_have_count(0)
    until(lambda: reading.of(alice.pk).mutes, "it is muted")
    panel.get_by_role("button", name="Undo").click()
    until(lambda: not reading.of(alice.pk).mutes, "it is not muted any more")
    # What is critical cannot be kept out.
    rows.filter(has_text="Fire").hover()
    expect(rows.get_by_role("button", name="Archive: Fire")).to_be_visible()
    expect(rows.get_by_role("button", name="Mute: Fire")).to_be_hidden()
    # The first Escape closes what is offered, the next one the panel.
    rows.filter(has_text="Hello").hover()
    rows.get_by_role("button", name="Mute: Hello").click()
    expect(rows.get_by_role("button", name="Mute Robot")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows.get_by_role("button", name="Mute Robot")).to_have_count(0)
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_what_is_chosen_elsewhere_holds_in_an_open_tab_at_once(site, open_page, alice):
    page = open_page(alice, "/inbox/")
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    acts.choose(alice.pk, theme="dark", keys=False, rows={"general": Channels(toast=False)})
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    site.notify("Silent", "--user", "alice")
    expect(unread(page)).to_have_text("1")
    site.notify("Loud", "--user", "alice", "--category", "news")
    expect(toasts(page)).to_contain_text("Loud")
    expect(toasts(page)).not_to_contain_text("Silent")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(unread(page)).to_have_text("2")
    assert not InboxItem.objects.filter(archived_at__isnull=False).exists()


def test_in_quiet_hours_only_what_is_critical_is_shown(site, open_page, alice):
    all_day = {"days": list(range(7)), "from": "00:00", "to": "00:00", "zone": "UTC"}
    acts.choose(alice.pk, toast_s=8)
    inbox = alice.notifications_inbox
    Preferences.objects.update_or_create(inbox=inbox, defaults={"chosen": {"quiet": all_day}})
    page = open_page(alice, "/inbox/")
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    site.notify("Later", "--user", "alice")
    expect(unread(page)).to_have_text("1")
    site.notify("Fire", "--user", "alice", "--level", "critical")
    expect(toasts(page)).to_contain_text("Fire")
    expect(toasts(page)).not_to_contain_text("Later")


def test_desktop_alerts_say_what_they_are_and_ask_only_when_told_to(site, open_page, alice):
    page = open_page(alice, PATH)
    state = page.locator("[data-desktop-state]")
    # A browser without a screen has them blocked.
    expect(state).to_contain_text("Desktop alerts are")


def test_no_rule_is_broken_in_any_look(site, processes, open_page, alice):
    acts.mute(alice.pk, "sender", "Robot")
    acts.mute(alice.pk, "category", "deploys")
    processes.may_warn = True  # a form that is not accepted is an answer 422
    page = open_page(alice, PATH, allow_errors=True, **looks.ANY_LOOK)
    looks.check(page)
    if PICTURES:
        for scheme, width in (("light", 1440), ("dark", 768), ("light", 320)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(PICTURES) / f"{scheme}-{width}.png", full_page=True)
    page.get_by_label("Keep quiet at these hours").check()
    for box in page.get_by_role("group", name="Days").get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").get_by_role("link", name="Days on which they begin").wait_for()
    looks.check(page)
