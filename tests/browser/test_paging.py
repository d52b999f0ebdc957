"""A list of many pages: it goes on in both directions, and few rows are alive."""

import pytest
from playwright.sync_api import expect

ALL, ALIVE = 320, 200
ROWS = "[data-days] article"
# Watches that there are never more, and where the row stands that is looked at.
WATCH = f"""() => {{
  window.most = 0
  new MutationObserver(() => {{
    most = Math.max(most, document.querySelectorAll('{ROWS}').length)
  }}).observe(document.querySelector('[data-days]'), {{ subtree: true, childList: true }})
}}"""


@pytest.fixture
def page(open_page, send_many, alice):
    send_many(alice, ALL)
    page = open_page(alice)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    page.evaluate(WATCH)
    return page


def has(page, number):
    return page.locator(ROWS).filter(has_text=f"Number {number},")


def first(page):
    return page.locator(ROWS).first


def go_down(page, to):
    """Scroll until that one is there."""
    page.wait_for_function(
        f"""() => {{
          const found = [...document.querySelectorAll('{ROWS} h3 a')]
          if (found.some((one) => one.textContent === 'Number {to}')) return true
          const button = document.querySelector('[data-older] a')
          if (button.checkVisibility()) button.click()
          found.at(-1)?.scrollIntoView()
        }}""",
        polling=100,
        timeout=60_000,
    )


def go_up(page, to):
    page.wait_for_function(
        f"""() => {{
          const found = [...document.querySelectorAll('{ROWS} h3 a')]
          if (found.some((one) => one.textContent === 'Number {to}')) return true
          found[0]?.scrollIntoView()
        }}""",
        polling=100,
        timeout=60_000,
    )


def test_it_goes_down_and_up_again_with_few_rows_alive(page, site):
    go_down(page, 0)
    expect(first(page)).not_to_contain_text(f"Number {ALL - 1}")
    assert page.evaluate("document.activeElement.isConnected")
    site.notify("Late", "--user", "alice")
    expect(page.get_by_role("button", name="1 new notification")).to_be_visible()
    go_up(page, ALL - 1)
    assert page.evaluate("most") <= ALIVE
    expect(page.get_by_role("link", name="Newer notifications")).to_have_count(0)


def test_what_is_new_is_a_click_away_from_far_below(page, site):
    go_down(page, 0)
    site.notify("Late", "--user", "alice")
    page.get_by_role("button", name="1 new notification").click()
    expect(first(page)).to_contain_text("Late")
    expect(first(page)).to_be_focused()


def test_a_reload_leads_back_to_the_row(page):
    go_down(page, 150)
    page.get_by_role("article", name="Number 150").evaluate("(row) => row.scrollIntoView()")
    # The address says which row is on top, once that stands still.
    page.wait_for_function(
        """() => {
          const row = document.getElementById(`n-${history.state?.row}`)
          const { top = -1, bottom = -1 } = row?.getBoundingClientRect() ?? {}
          return top <= 0 && bottom > 0
        }"""
    )
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    expect(page.get_by_role("article", name="Number 150")).to_be_in_viewport()
    # And what is above comes back.
    go_up(page, 200)
