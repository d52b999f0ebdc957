"""What a notification may say, without a database."""

import pytest

from notifications import content

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


@pytest.mark.parametrize("text", ["😀", "שלום", "e\u0301", "\u202eabc"])
def test_every_script_is_text(text):
    content.check_title(text)


@pytest.mark.parametrize("title", ["", " ", "\u00a0", "\u3000 "])
def test_a_title_shows_something(title):
    with pytest.raises(ValueError, match="blanks"):
        content.check_title(title)


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
