"""What icons do is told where they are pointed at, or have the focus, until it is in the way.

WCAG 1.4.13: by Escape, while pointer and focus stay where they are.
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
