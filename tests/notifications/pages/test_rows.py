"""What rows say is the same from server and browser: tests/js/row.test.js reads the same cases."""

import json
import re
from pathlib import Path

from notifications.inbox.search import Search
from notifications.pages import appearance, links
from notifications.pages.icons import ICONS
from notifications.wire import search_words

ROOT = Path(__file__).parents[3]
CASES = json.loads((ROOT / "tests/js/support/row-cases.json").read_text("utf-8"))
STATIC = ROOT / "notifications/static/notifications"


def test_addresses_in_a_text_are_links_and_nothing_of_it_is_lost():
    for text, wanted in CASES["links"]:
        pieces = list(links.pieces(text))
        assert [piece.text for piece in pieces if piece.is_address] == wanted
        assert "".join(piece.text for piece in pieces) == text


def test_the_words_that_are_looked_for_are_marked_and_nothing_of_a_text_is_lost():
    for text, query, wanted in CASES["marks"]:
        pieces = list(search_words.pieces(text, Search(query).folded_words))
        assert [piece for piece, is_match in pieces if is_match] == wanted
        assert "".join(piece for piece, _ in pieces) == text


def test_a_sender_has_initials():
    for sender, wanted in CASES["senders"]:
        assert appearance.initials(sender) == wanted


def test_a_category_has_its_label_or_words(settings):
    settings.NOTIFICATIONS_CATEGORIES = {"orders": "Bestellungen"}
    for category, wanted in CASES["categories"]:
        assert appearance.category_label(category) == wanted


def test_server_and_browser_draw_the_same_icons():
    drawn = re.findall(
        r'^  (\w+): "(M[^"]+)",$', (STATIC / "icons.js").read_text("utf-8"), re.MULTILINE
    )
    assert dict(drawn) == ICONS
