"""Rules of accessibility that no tool checks: what is told, when, how often; where the focus is."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_live_push import is_live

ROOT = "document.querySelector('notification-bell').shadowRoot"
# What is told to a screen reader, each time that it is something.
LISTEN = f"""() => {{
  window.told = []
  const note = (region) => region.textContent && told.push([region.role, region.textContent])
  for (const region of {ROOT}.querySelectorAll('[role=status], [role=alert]')) {{
    const options = {{ childList: true, characterData: true, subtree: true }}
    new MutationObserver(() => note(region)).observe(region, options)
  }}
}}"""
# All that moves on the page, looked for in each frame.
WATCH = """
window.moved = []
const look = () => {
  for (const one of document.getAnimations()) {
    const { duration, delay } = one.effect.getTiming()
    if (one.playState === 'running' && duration + delay > 0) {
      moved.push(`${one.effect.target.className} ${one.transitionProperty ?? one.animationName}`)
    }
  }
  requestAnimationFrame(look)
}
look()
"""


def test_the_bell_is_a_button_that_says_what_it_opens(site, open_page, alice):
    page = is_live(open_page(alice))
    bell = page.locator("notification-bell .bell")
    expect(bell).to_have_attribute("aria-haspopup", "dialog")
    expect(bell).to_have_attribute("aria-expanded", "false")
    site.notify("Hello", "--user", "alice")
    expect(bell).to_have_accessible_name(re.compile("^Notifications, 1 unread"))
    expect(page.locator("notification-bell .badge")).to_have_attribute("aria-hidden", "true")
    box = bell.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    bell.click()
    expect(bell).to_have_attribute("aria-expanded", "true")
    panel = page.get_by_role("dialog", name="Notifications")
    expect(panel).to_have_attribute("id", bell.get_attribute("aria-controls"))
    expect(panel.get_by_role("heading", name="Notifications")).to_be_focused()
    page.keyboard.press("Escape")
    expect(bell).to_have_attribute("aria-expanded", "false")
    expect(bell).to_be_focused()


def test_what_comes_is_told_once_a_burst_and_what_is_critical_at_once(
    site, open_page, send_many, alice
):
    page = is_live(open_page(alice))
    # From the start, and empty: what is put into the page with its text is not told.
    regions = page.locator("notification-bell").locator(".hidden:is([role=status], [role=alert])")
    assert regions.all_text_contents() == ["", ""]
    page.evaluate(LISTEN)
    send_many(alice, 5)
    page.wait_for_function("() => told.length > 0")
    assert page.evaluate("told") == [["status", "5 new notifications. Latest: Number 4"]]
    site.notify("Down", "--user", "alice", "--level", "critical")
    page.wait_for_function("() => told.some(([role]) => role === 'alert')")
    assert page.evaluate("told.at(-1)") == ["alert", "New notification: Down"]
    # Or it would be read twice.
    expect(page.locator("notification-toast .toast").filter(has_text="Down")).to_be_visible()
    live = "notification-toast :is([aria-live], [role=status], [role=alert])"
    expect(page.locator(live)).to_have_count(0)


def test_a_key_leads_to_the_toasts_and_back(site, open_page, alice):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = is_live(open_page(alice))
    row = page.get_by_role("article", name="Two")
    row.focus()
    site.notify("Down", "--user", "alice", "--level", "critical")
    toast = page.locator("notification-toast .toast")
    expect(toast).to_contain_text("Down")
    page.keyboard.press("F8")
    page.wait_for_function(
        "() => document.activeElement?.shadowRoot?.activeElement?.localName"
        " === 'notification-toast'"
    )
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    # It closes by its own button, which comes after its text, or not at all.
    expect(toast).to_be_visible()
    close = page.get_by_role("button", name="Dismiss: Down")
    assert close.evaluate(
        "(one) => Boolean(one.closest('.toast').querySelector('.nb-title')"
        ".compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_wants_that(site, open_page, alice, motion):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = is_live(open_page(alice, reduced_motion=motion))
    page.evaluate(WATCH)
    site.notify("Three", "--user", "alice", "--level", "critical")
    expect(page.locator("notification-toast .toast")).to_contain_text("Three")
    row = page.get_by_role("article", name="Two")
    row.hover()
    row.get_by_role("button", name="Archive: Two").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    page.locator("notification-bell .bell").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    if motion == "reduce":
        page.evaluate(
            "new Promise((end) => requestAnimationFrame(() => requestAnimationFrame(end)))"
        )
        assert page.evaluate("moved") == []
    else:
        # Or the test above would see nothing.
        page.wait_for_function("() => moved.length > 0")
