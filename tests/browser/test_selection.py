"""Many rows are selected, and something is done with all of them at once."""

import pytest
from playwright.sync_api import expect

from notifications.models import Inbox, InboxItem
from tests.browser import looks
from tests.browser.test_pages import kept_undo
from tests.support.processes import until

WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])


@pytest.fixture
def page(open_page, send_many, alice):
    send_many(alice, 6)
    page = open_page(alice, **looks.ANY_LOOK | {"viewport": {"width": 1000, "height": 800}})
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    return page


def box(page, number):
    return page.get_by_role("checkbox", name=f"Select: Number {number}", exact=True)


def picked(page):
    boxes = page.locator("[data-part=pick]:checked")
    names = [one.get_attribute("aria-label") for one in boxes.all()]
    return [int(name.rpartition(" ")[2]) for name in names]


def says(page, text):
    expect(page.locator("[data-picked-said]")).to_have_text(text)


def test_keys_select_a_range_and_one_act_takes_all_of_it_and_back(page, alice):
    press = page.keyboard.press
    for key in ("j", "j", "x"):
        press(key)
    says(page, "1 selected")
    press("Shift+ArrowDown")
    says(page, "2 selected")
    press("Shift+ArrowDown")
    says(page, "3 selected")
    assert picked(page) == [4, 3, 2]
    looks.check(page)
    # To be seen is a change, too.
    until(lambda: not InboxItem.objects.filter(seen_at=None).exists(), "all are seen")
    revision = Inbox.objects.get(user=alice).revision
    page.get_by_role("form", name="Selected notifications").get_by_role(
        "button", name="Archive"
    ).click()
    expect(page.locator("[data-inbox] article")).to_have_count(3)
    expect(page.get_by_role("form", name="Selected notifications")).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")
    until(lambda: InboxItem.objects.archived().count() == 3, "all are archived")
    assert Inbox.objects.get(user=alice).revision == revision + 1
    page.get_by_text("3 archived.").wait_for()
    press("z")
    expect(page.locator("[data-inbox] article")).to_have_count(6)
    until(lambda: not InboxItem.objects.archived().exists(), "none is archived")


def test_boxes_and_shift_select_arrivals_leave_it_and_escape_ends_it(page, site):
    box(page, 1).check(force=True)
    says(page, "1 selected")
    # Beside its title.
    page.get_by_role("article", name="Number 4").click(
        modifiers=["Shift"], force=True, position={"x": 300, "y": 8}
    )
    says(page, "4 selected")
    assert picked(page) == [4, 3, 2, 1]
    site.notify("Number 9", "--user", "alice")
    expect(page.get_by_role("article", name="Number 9")).to_be_visible()
    assert picked(page) == [4, 3, 2, 1]
    page.get_by_role("button", name="Select all on this page").click()
    says(page, "7 selected")
    page.keyboard.press("Escape")
    says(page, "0 selected")
    assert picked(page) == []


@WITH_AND_WITHOUT
def test_many_are_marked_read_by_their_boxes(open_page, send_many, alice, js):
    send_many(alice, 3)
    page = open_page(alice, java_script_enabled=js)
    if js:
        page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    for number in (0, 2):
        box(page, number).check(force=True)
    page.get_by_role("form", name="Selected notifications").get_by_role(
        "button", name="Mark as read", exact=True
    ).click()
    undo = kept_undo(page)
    expect(page.locator("article.unread")).to_have_count(1)
    page.get_by_text("2 marked as read.").wait_for()
    undo.click()
    expect(page.locator("article.unread")).to_have_count(3)
