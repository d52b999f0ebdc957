"""What tells of a notification: toasts, and beyond the page a desktop alert, a sound and signs."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_bell_element import BELL, is_live, open_page, says, tag

__all__ = ["open_page"]

# Doubles of what a browser in a test has not: the desktop, loudspeakers, being installed.
HEARD = """<script>
  window.alerts = []
  window.Notification = class extends EventTarget {
    static permission = "granted"
    constructor(title, options) { super(); alerts.push([title, options.tag]) }
    close() {}
  }
  window.tones = 0
  const { prototype } = OscillatorNode
  const { start } = prototype
  prototype.start = function (...at) { tones++; return start.apply(this, at) }
</script>"""
INSTALLED = """<script>
  window.badges = []
  navigator.setAppBadge = async (count) => void badges.push(count)
  const inWindow = window.matchMedia.bind(window)
  window.matchMedia = (query) =>
    query === "(display-mode: standalone)" ? { matches: true } : inWindow(query)
</script>"""
LOOKED_AT = """<script>
  window.isLookedAt = %s
  document.hasFocus = () => isLookedAt
</script>"""
PNG = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'/>"


@pytest.mark.parametrize("width", [1000, 320])
def test_what_is_critical_comes_first_and_what_waited_is_counted(site, open_page, alice, width):
    page = open_page(tag('toast-duration="60000"'), viewport={"width": width, "height": 700})
    # That minute passes when the test says so.
    page.clock.install()
    page.reload()
    is_live(page)
    page.clock.resume()
    shown = page.locator("notification-toast .toast")
    site.notify("Ordinary", "--user", "alice")
    expect(shown).to_have_text(re.compile("Ordinary"))
    # As many as there is room for, and they stay.
    for n in range(3):
        site.notify(f"Critical {n}", "--user", "alice", "--level", "critical")
    expect(shown.first).to_contain_text("Critical")
    expect(shown).to_have_count(3 if width > 480 else 1)
    site.notify("Waits", "--user", "alice")
    more = page.locator("notification-toast .more")
    expect(more).to_contain_text("+2 more" if width > 480 else "+4 more")
    page.clock.fast_forward("01:01")
    for n in reversed(range(3)):
        # By a script: under the pointer time would stand still for the others.
        dismiss = page.get_by_role("button", name=re.compile("^Dismiss: Critical"))
        told = dismiss.first.get_attribute("aria-label")
        dismiss.first.evaluate("(one) => one.click()")
        expect(page.get_by_role("button", name=told, exact=True)).to_have_count(0)
        expect(dismiss).to_have_count(min(n, 3 if width > 480 else 1))
    # What waited too long is not shown any more; it stands in the inbox.
    expect(page.locator("notification-toast")).to_be_hidden()
    says(page, f"{BELL}.unreadCount === 5")


def test_nobody_looks_and_one_tab_tells_the_desktop(site, open_page, alice):
    head = HEARD + LOOKED_AT % "false"
    page = open_page(tag(), head=head)
    other = page.context.new_page()
    other.goto(page.url)
    says(other, f"{BELL}?.state === 'live'")
    site.notify("Hello", "--user", "alice")
    says(other, f"{BELL}.unreadCount === 1")
    page.wait_for_function("alerts.length === 1")
    said = [*page.evaluate("alerts"), *other.evaluate("alerts")]
    assert said == [["Hello", said[0][1]]]
    # In a tab that came late, another one is looked at: it has said so when it was asked.
    other.evaluate("isLookedAt = true")
    late = page.context.new_page()
    late.goto(page.url)
    says(late, f"{BELL}?.state === 'live'")
    other.evaluate("dispatchEvent(new Event('focus'))")
    site.notify("Again", "--user", "alice")
    says(late, f"{BELL}.unreadCount === 2")
    expect(other.locator("notification-toast")).to_contain_text("Again")
    assert sum(len(one.evaluate("alerts")) for one in (page, other, late)) == 1


def test_there_is_no_sound_unless_it_is_asked_for(site, open_page, alice):
    page = open_page(tag(), head=HEARD)
    page.mouse.click(5, 500)
    site.notify("Silent", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Silent")
    assert page.evaluate("tones") == 0
    page.evaluate(f"{BELL}.setAttribute('sound', 'on')")
    site.notify("Loud", "--user", "alice")
    says(page, "tones === 2")


def test_the_tabs_icon_has_a_dot_while_something_is_unseen(site, open_page, alice):
    page = open_page(tag("favicon"), head=f'<link rel="icon" href="{PNG}">')
    # The shop's own is before ours, and empty.
    page.evaluate("document.querySelector('link[rel~=icon]').remove()")
    icon = "document.querySelector('link[rel~=icon]').href"
    plain = page.evaluate(icon)
    site.notify("Hello", "--user", "alice")
    says(page, f"{icon}.startsWith('data:image/png')")
    page.evaluate(f"{BELL}.markAllRead()")
    says(page, f"{icon} === {plain!r}")
    page.evaluate(f"{BELL}.setAttribute('favicon', '/new.png')")
    site.notify("Again", "--user", "alice")
    says(page, f"{icon}.endsWith('/new.png')")
    page.evaluate(f"{BELL}.removeAttribute('favicon')")
    says(page, f"{icon} === {plain!r}")


def test_an_installed_app_has_a_badge(site, open_page, alice):
    page = open_page(tag(), head=INSTALLED)
    site.notify("Hello", "--user", "alice")
    says(page, "badges.at(-1) === 1")
    page.evaluate(f"{BELL}.markAllRead()")
    says(page, "badges.at(-1) === 0")
