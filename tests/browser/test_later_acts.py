"""What can be done with a row that came later is there once somebody may want it."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from tests.browser.test_bell_element import is_live

HOW_MANY = "(row) => row.querySelectorAll('.nb-acts button').length"
# What it says and does, and where Tab stops: all that its reader meets.
ACTS = """(row) => {
  const shown = 'a, button, summary, input:not([name=csrfmiddlewaretoken])'
  return [...row.querySelectorAll(`.nb-acts :is(${shown}):not([hidden], [hidden] *)`)].map((one) =>
    [one.name, one.value, one.ariaLabel, one.textContent.trim(), one.tabIndex].join('|'))
}"""


@pytest.fixture
def arrived(send_many, open_page, alice):
    """Have a page of more rows than a screen has, drawn by its script."""

    def act(**options):
        page = open_page(alice, **options)
        page.get_by_role("button", name="Keyboard shortcuts").wait_for()
        is_live(page)
        # At once: none of those below was ever on the screen.
        with transaction.atomic():
            send_many(alice, 30)
        expect(page.locator("[data-days] article")).to_have_count(30)
        return page

    return act


def row_of(page, n):
    return page.locator(f"[data-days] article:has-text('Number {n}')").last


def test_what_is_far_below_the_screen_has_none_and_gets_it_by_focus_as_the_server_draws_it(arrived):
    page = arrived()
    last = row_of(page, 0)
    assert last.evaluate(HOW_MANY) == 0
    last.focus()
    has = last.evaluate(ACTS)
    assert len(has) > 10
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    last = row_of(page, 0)
    last.focus()
    assert last.evaluate(ACTS) == has


def test_what_stays_on_the_screen_has_it_without_a_pointer_or_a_key(arrived):
    page = arrived()
    expect(row_of(page, 28).get_by_role("button", name="Archive: Number 28")).to_have_count(1)
    last = row_of(page, 0)
    assert last.evaluate(HOW_MANY) == 0
    last.evaluate("(row) => row.scrollIntoView()")
    expect(last.get_by_role("button", name="Archive: Number 0")).to_have_count(1)


def test_the_pointer_and_a_key_find_it_at_once(arrived):
    page = arrived()
    page.mouse.move(0, 0)
    last = row_of(page, 0)
    assert last.evaluate(HOW_MANY) == 0
    # All in one task: there is no time in between.
    assert last.evaluate(
        f"(row) => {{ row.dispatchEvent(new PointerEvent('pointerover', {{ bubbles: true }}));"
        f" return ({HOW_MANY})(row) }}"
    )
    row = row_of(page, 1)
    row.focus()
    page.keyboard.press("b")
    expect(row.get_by_role("button", name="Tomorrow")).to_be_visible()


def test_on_a_phone_it_is_behind_the_button(arrived):
    page = arrived(viewport={"width": 360, "height": 640}, has_touch=True)
    last = row_of(page, 0)
    more = last.get_by_role("button", name="Actions: Number 0")
    # By the button's own way, whatever comes before it.
    more.evaluate("(button) => button.click()")
    archive = last.get_by_role("button", name="Archive: Number 0")
    expect(archive).to_be_visible()
    archive.click()
    expect(page.locator("[data-days] article")).to_have_count(29)
