"""Rows that say nothing in a second line: as high as the others, the title in the middle."""

import pytest
from playwright.sync_api import expect

# Of each row its title, its height, and how far the title's middle is from that of the picture.
ROWS = """(list) => [...list.querySelectorAll('.nb-row')].map((row) => {
  const box = (name) => row.querySelector(name).getBoundingClientRect()
  const middle = ({ top, height }) => top + height / 2
  const apart = Math.abs(middle(box('.nb-title')) - middle(box('.nb-avatar')))
  return [row.querySelector('.nb-title > *').textContent, row.offsetHeight, apart]
})"""
NOTIFY = ("--user", "alice")
WIDTHS = pytest.mark.parametrize("width", [320, 768])


def looks_right(rows):
    rows = {title: (height, apart) for title, height, apart in rows}
    (height, apart), (other_height, other_apart) = rows["Alone"], rows["With"]
    # A line of text is some pixels higher than a picture; without a script a moment may need three.
    assert -3 <= height - other_height <= 0 or other_height > 60
    assert apart <= 2 < other_apart


@pytest.fixture
def send(site):
    def act():
        site.notify("Alone", *NOTIFY)
        site.notify("With", *NOTIFY, "--sender", "Ana")

    return act


@WIDTHS
def test_in_the_list_as_the_server_draws_it(open_page, alice, send, width):
    send()
    page = open_page(alice, viewport={"width": width, "height": 800}, java_script_enabled=False)
    looks_right(page.locator("[data-days] .rows").evaluate(ROWS))


@WIDTHS
def test_in_the_list_the_panel_and_toasts_as_they_come(open_page, alice, send, width):
    page = open_page(alice, viewport={"width": width, "height": 800})
    page.wait_for_function("() => document.querySelector('notification-bell').state === 'live'")
    send()
    rows = page.locator("[data-days] article")
    expect(rows).to_have_count(2)
    looks_right(page.locator("[data-days] .rows").evaluate(ROWS))
    toasts = page.locator("notification-toast .toasts")
    if width > 480:
        expect(toasts.locator(".toast")).to_have_count(2)
        looks_right(toasts.evaluate(ROWS))
    page.get_by_role("button", name="Notifications, 2 unread").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    looks_right(page.get_by_role("dialog").locator("ul").evaluate(ROWS))
