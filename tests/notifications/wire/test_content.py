"""What a notification may say, without a database."""

import pytest

from notifications.wire import content

GOOD_URLS = [
    "/",
    "/orders/7?x=1#top",
    "/a//b",
    "https://example.com",
    "https://example.com:8443/a%20b",
]
BAD_URLS = [
    "javascript:alert(1)", "JaVa\tscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,x",
    "vbscript:x", "//evil.example", "/\\evil.example", "\\evil.example", "https:evil.example",
    "https://", "https:///x", "https://user@evil.example", "https://evil.example:99999/",
    "https://[evil", "http://example.com", "ftp://example.com", "/a b", "/a\u2028b", "/a\nb", "a/b",
    "https://exa mple.com", "/\u00a0x", "/\ud800", "https://example.com:0/",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_path_or_an_https_address_is_a_url(url):
    content.check_url(url)


@pytest.mark.parametrize("url", BAD_URLS)
def test_any_other_url_is_refused(url):
    with pytest.raises(ValueError, match=" "):
        content.check_url(url)


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\ud800"])
def test_control_characters_and_lone_surrogates_are_in_no_text(bad):
    for check in (content.check_line, content.check_text, content.check_title):
        with pytest.raises(ValueError, match=r"Character 2 is U\+"):
            check(f"x{bad}")


def test_a_body_has_lines_and_tabs_but_a_title_has_not():
    content.check_text("one\n\ttwo")
    for bad in ("one\ntwo", "one\ttwo"):
        with pytest.raises(ValueError, match="U"):
            content.check_title(bad)


@pytest.mark.parametrize(
    "text",
    [
        "😀", "שלום", "e\u0301", "\u200f\u05d1\u200e", "👨\u200d👩\u200d👧",
        "\u0646\u0645\u200c\u0646", "❤\ufe0f",
        "🏴\U000e0067\U000e0062\U000e007f", "—", "½", "ภาษา\u200bไทย",
    ],
)  # fmt: skip
def test_every_script_is_text(text):
    content.check_title(text)


UNSEEN = [
    " ", "\u00a0", "\u3000 ", "\u200b", "\u200d\u200c", "\ufeff", "\u00ad",
    "\u2060", "\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "\u034f", "\u0301",
    "\u200e \u200f", "\u061c", "\U000e0100",
]  # fmt: skip
DISGUISED = [
    "invoice\u202egpj.exe", "\u202aa\u202c", "a\u2066b\u2069", "Bank\U000e0041",
    "\U000e0041\U000e0042",
    "a\ufff9b", "🏴\U000e0067", "a\u206ab",
]  # fmt: skip


@pytest.mark.parametrize("title", ["", *UNSEEN])
def test_a_title_shows_something(title):
    with pytest.raises(ValueError, match="blanks"):
        content.check_title(title)


@pytest.mark.parametrize("text", DISGUISED)
def test_a_title_shows_as_what_it_is(text):
    with pytest.raises(ValueError, match=r"is U\+[0-9A-F]{4,}, which text must not hold"):
        content.check_title(text)


@pytest.mark.parametrize("text", [*UNSEEN, *DISGUISED])
def test_so_does_a_sender_and_what_stands_on_a_button(text):
    with pytest.raises(ValueError, match=" "):
        content.check_sender(text)
    with pytest.raises(ValueError, match=" "):
        content.check_actions([{"label": text, "url": "/"}])


def test_there_may_be_no_sender():
    content.check_sender("")


@pytest.mark.parametrize("category", ["", "Sales", "a b", ".a", "-a", "é", "a/b"])
def test_a_category_is_a_plain_word(category):
    with pytest.raises(ValueError, match="category"):
        content.check_category(category)
    content.check_category("billing.invoice-2_x")


@pytest.mark.parametrize(
    "actions",
    [
        "x",
        {"label": "x"},
        [{"label": "x"}],
        [{"label": "x", "url": "/", "more": 1}],
        [{"label": 1, "url": "/"}],
        [{"label": "x", "url": None}],
        [{"label": " ", "url": "/"}],
        [{"label": "x" * 41, "url": "/"}],
        [{"label": "x", "url": "javascript:x"}],
        [{"label": "x", "url": "/" + "a" * 2000}],
        [{"label": "x", "url": "/"}] * 3,
    ],
)
def test_actions_are_at_most_two_safe_links(actions):
    with pytest.raises(ValueError, match=" "):
        content.check_actions(actions)
    content.check_actions(
        [{"label": "View", "url": "/x"}, {"label": "y" * 40, "url": "https://a.example"}]
    )


def nested(depth):
    value = 1
    for _ in range(depth - 1):
        value = [value]
    return {"deep": value}


@pytest.mark.parametrize(
    "data",
    [
        [],
        "x",
        None,
        {1: 2},
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": 2**53},
        {"x": "\0"},
        {"\ud800": 1},
        {"x": object()},
        {"x": "y" * 2100},
        {"x": "é" * 1100},
        nested(9),
        nested(5000),
    ],
)
def test_data_is_a_small_object_that_every_parser_reads_alike(data):
    with pytest.raises(ValueError, match=" "):
        content.check_data(data)


def test_data_at_its_limits_is_taken():
    content.check_data({"x": "y" * (2048 - len('{"x":""}'))})
    content.check_data(nested(8))
    content.check_data({"n": 2**53 - 1, "f": 1.5, "t": True, "none": None, "l": ["\n"]})
