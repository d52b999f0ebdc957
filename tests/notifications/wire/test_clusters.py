"""A text is cut between characters as people see them."""

import pytest

from notifications.wire import clusters

FAMILY = "👨\u200d👩\u200d👧"
FLAG = "🇩🇪"
WHOLE = [
    FAMILY,
    FLAG,
    "e\u0301",
    "❤\ufe0f",
    "👍🏽",
    "한",
    "நி",
    "🏴\U000e0067\U000e0062\U000e007f",
    "a",
]


@pytest.mark.parametrize("one", WHOLE)
def test_no_character_is_cut_in_half_wherever_the_cut_falls(one):
    for before in range(12):
        text = "x" * before + one * 3 + "y" * 12
        for most in range(1, len(text) + 1):
            kept = clusters.cut(text, most)
            assert text.startswith(kept)
            assert len(kept) <= most
            rest = kept[before:].rstrip("y")
            assert rest == one * (len(rest) // len(one)) or len(one) > most, (one, most, kept)


def test_it_cuts_as_late_as_it_can():
    assert clusters.cut("a" * 600, 500) == "a" * 500
    assert clusters.cut(FLAG * 300, 499) == FLAG * 249
    assert clusters.cut("short", 500) == "short"


def test_one_endless_character_is_cut_still():
    assert clusters.cut("e" + "\u0301" * 600, 500) == "e" + "\u0301" * 499


def test_what_a_list_shows_of_a_body_ends_with_a_whole_character(client, send, alice):
    send(to=[alice], body="x" * 497 + FAMILY + " and more")
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    (shown,) = client.get("/api/v1/inbox").json()["notifications"]
    assert (shown["body"], shown["body_truncated"]) == ("x" * 497, True)
