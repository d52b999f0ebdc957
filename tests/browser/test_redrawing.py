"""What is drawn: once a frame, and of the rows that are there only what has changed."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

# Frames of the page, and what was touched in them of rows that were there before: all but their
# numbers, which change with each that comes above.
WATCH = """() => {
  const list = document.querySelector('[data-days]')
  const old = new Set(list.querySelectorAll('article'))
  const rows = (node) =>
    [node, ...(node.querySelectorAll?.('article') ?? [])].filter((one) => one.matches?.('article'))
  window.touched = []
  window.added = 0
  window.draws = 0
  new MutationObserver((records) => {
    draws += 1
    for (const { target, type, attributeName, addedNodes } of records) {
      added += [...addedNodes].flatMap(rows).length
      const row = (target.nodeType === 1 ? target : target.parentElement)?.closest('article')
      const isNumber = ['aria-posinset', 'aria-setsize', 'tabindex'].includes(attributeName)
      if (old.has(row) && !isNumber) touched.push([type, attributeName, target.outerHTML])
    }
  }).observe(list, { subtree: true, childList: true, characterData: true, attributes: true })
}"""
BELL = "document.querySelector('notification-bell')"
IS_LIVE = f"() => {BELL}?.state === 'live'"
# What is asked for meanwhile is drawn a tenth of a second after the last frame.
DRAWN = "new Promise((end) => setTimeout(() => requestAnimationFrame(end), 300))"
ARRIVALS = 100
ALIVE = 200


@pytest.fixture
def page(site, open_page, send_many, alice):
    send_many(alice, 30)
    page = open_page(alice)
    page.wait_for_function(IS_LIVE)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    # All of them are seen, and one can be looked for that is touched for no reason.
    page.evaluate(f"{BELL}.markAllRead()")
    expect(page.locator("article.unread")).to_have_count(0)
    # And the server's word of it is drawn too.
    page.wait_for_function(f"() => !{BELL}.client.inbox.overlays?.size")
    page.evaluate(DRAWN)
    # Nor does a minute pass, of which each row would tell.
    page.clock.set_fixed_time(timezone.now())
    return page


def test_what_arrives_touches_no_row_that_was_there(page, site, send_many, alice):
    page.evaluate(WATCH)
    send_many(alice, ARRIVALS, one_by_one=True)
    expect(page.locator("[data-days] article").first).to_contain_text(f"Number {ARRIVALS - 1}")
    # Those at the far end have gone.
    assert page.locator("[data-days] article").count() <= ALIVE
    # A row is put there once, however many come after it.
    assert page.evaluate("added") == ARRIVALS
    assert page.evaluate("touched") == []
    # In frames of their own, where it comes to that, and in others that they have been seen.
    assert page.evaluate("draws") <= 2 * ARRIVALS + 10


def test_what_changes_touches_one_row(page):
    page.evaluate(WATCH)
    page.get_by_role("article", name="Number 7", exact=True).get_by_role(
        "button", name="Mark as unread"
    ).click()
    expect(page.locator("article.unread")).to_have_count(1)
    page.evaluate(DRAWN)
    names = page.evaluate("[...new Set(touched.map(([type, name]) => name ?? type))]")
    assert page.evaluate("added") == 0
    assert names
    assert page.evaluate("draws") <= 6


def test_changes_of_one_frame_are_drawn_once(page):
    page.evaluate(WATCH)
    page.evaluate(
        """() => {
          const { client } = document.querySelector('notification-bell')
          const rows = [...document.querySelectorAll('article')].slice(0, 20)
          for (const row of rows) client.markUnread([row.dataset.id])
        }"""
    )
    expect(page.locator("article.unread")).to_have_count(20)
    # What is shown at once, what the server says of it, and a frame between.
    assert page.evaluate("draws") < 20
