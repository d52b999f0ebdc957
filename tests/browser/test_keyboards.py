"""Single keys where letters are no Latin ones, and with Caps Lock: as browsers tell of them."""

import pytest
from playwright.sync_api import expect

from notifications.models import InboxItem
from tests.support.processes import until

LAYOUTS = {
    "russian": {
        "j": "\N{CYRILLIC SMALL LETTER O}",
        "k": "л",
        "e": "\N{CYRILLIC SMALL LETTER U}",
        "?": ",",
    },
    "greek": {"j": "ξ", "k": "κ", "e": "ε", "?": "?"},
    "caps lock": {"j": "J", "k": "K", "e": "E", "?": "?"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_keys_count_by_their_place_where_letters_are_others(site, open_page, alice, layout):
    for title in ("One", "Two"):
        site.notify(title, "--user", "alice")
    page = open_page(alice)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    devtools = page.context.new_cdp_session(page)

    def press(name):
        key = LAYOUTS[layout][name]
        place = {"code": "Slash" if name == "?" else f"Key{name.upper()}", "key": key}
        place["modifiers"] = 8 if name == "?" else 0  # Shift
        devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **place})
        devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **place})

    one, two = (page.get_by_role("article", name=name) for name in ("One", "Two"))
    press("j")
    expect(two).to_be_focused()
    press("j")
    expect(one).to_be_focused()
    press("k")
    expect(two).to_be_focused()
    press("e")
    expect(two).to_have_count(0)
    expect(one).to_be_focused()
    press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


NO_SHORTCUT = """(node) => {
  const ways = [{ isComposing: true }, { altKey: true }, { metaKey: true }, { ctrlKey: true }]
  for (const how of ways) {
    const key = { key: 'e', code: 'KeyE', bubbles: true, cancelable: true, ...how }
    node.dispatchEvent(new KeyboardEvent('keydown', key))
  }
}"""


def test_what_is_composed_or_pressed_with_another_key_is_no_shortcut(site, open_page, alice):
    # Which the letter finds, too, that is typed into the field.
    for title in ("Elm", "Echo"):
        site.notify(title, "--user", "alice")
    page = open_page(alice)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    elm, echo = (page.get_by_role("article", name=name) for name in ("Elm", "Echo"))
    echo.focus()
    echo.evaluate(NO_SHORTCUT)
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("e")
    expect(search).to_have_value("e")
    page.keyboard.press("Backspace")
    echo.focus()
    # Or the other one, had any of those been one.
    page.keyboard.press("e")
    expect(echo).to_have_count(0)
    expect(elm).to_be_focused()
    until(InboxItem.objects.archived().exists, "it is archived")
    assert InboxItem.objects.archived().count() == 1
