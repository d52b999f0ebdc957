"""What icons do is told where they are pointed at, or have the focus, until it is in the way.

WCAG 1.4.13: it goes by Escape, while pointer and focus stay where they are, and it stays while the
pointer is on it.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.test_bell_element import is_live


@pytest.fixture
def sent(site, alice):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")


def is_told(act, *, told=True):
    expect(act.locator(".nb-tip")).to_have_css("opacity", "1" if told else "0")


def goes_by_escape(page, act, other):
    """As long as the act is pointed at, and no longer."""
    act.hover()
    is_told(act)
    page.keyboard.press("Escape")
    is_told(act, told=False)
    assert act.evaluate("(one) => one.matches(':hover')")
    other.hover()
    is_told(other)
    is_told(act, told=False)
    act.hover()
    is_told(act)


def stays_under_the_pointer(page, act):
    """Whoever reads it under a magnifier, or selects what it says, has the pointer on it."""
    act.hover()
    is_told(act)
    icon, tip = act.bounding_box(), act.locator(".nb-tip").bounding_box()
    across = max(icon["x"], tip["x"]) + 4
    # Each pixel of the way: between the two there is nothing.
    page.mouse.move(across, icon["y"] + icon["height"] / 2)
    for down in range(int(icon["y"] + icon["height"] / 2), int(tip["y"] + tip["height"] / 2) + 1):
        page.mouse.move(across, down)
        assert act.evaluate("(one) => one.matches(':hover')"), f"nothing is told {down} px down"
    page.mouse.move(tip["x"] + tip["width"] - 4, tip["y"] + tip["height"] / 2)
    assert act.locator(".nb-tip").evaluate("(one) => one.matches(':hover')")
    is_told(act)
    # What is not told is not there either: from elsewhere, the pointer is on what it lies upon.
    page.mouse.move(0, 0)
    is_told(act, told=False)
    page.mouse.move(across, tip["y"] + tip["height"] / 2)
    assert not act.locator(".nb-tip").evaluate("(one) => one.matches(':hover')")


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("where", ["list", "panel", "admin"])
def test_it_stays_while_the_pointer_is_on_it(open_page, alice, where):
    if where == "admin":
        alice.is_staff = True
        alice.save()
    page = open_page(alice, "/admin/" if where == "admin" else "/inbox/")
    is_live(page)
    shown = page
    if where == "list":
        page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    else:
        page.locator("notification-bell .bell").click()
        shown = page.get_by_role("dialog", name="Notifications")
    for name in ("Archive: Two", "Mark as read: Two"):
        stays_under_the_pointer(page, shown.get_by_role("button", name=name))


@pytest.mark.usefixtures("sent")
def test_in_the_list_it_goes_by_escape(open_page, alice):
    page = open_page(alice)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    is_live(page)
    row = page.get_by_role("article", name="Two")
    archive, save = (row.get_by_role("button", name=f"{one}: Two") for one in ("Archive", "Save"))
    goes_by_escape(page, archive, save)
    # By the keyboard, too.
    page.mouse.move(0, 0)
    row.focus()
    page.keyboard.press("Tab")
    while not save.evaluate("(one) => one === document.activeElement"):
        page.keyboard.press("Tab")
    is_told(save)
    page.keyboard.press("Escape")
    is_told(save, told=False)
    expect(save).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    is_told(save)
