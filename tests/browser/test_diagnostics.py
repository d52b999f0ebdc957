"""The diagnostics page: its numbers are the wire's, and each kind of drop is recovered from."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looks import ANY_LOOK, check
from tests.support.processes import until

SOCKET, RUN, POLLS = "/ws/notifications/", "/ws/diagnostics/?run=", "/api/v1/diagnostics/events"
LONG_MS = 60_000
SECONDS = 6
PATH = f"/diagnostics/?seconds={SECONDS}"


@pytest.fixture
def live(proxy, open_page, alice):
    """The page, by the proxy."""
    page = open_page(alice, PATH, base_url=proxy.url, allow_errors=True, **ANY_LOOK)
    expect(page.locator("[data-facts]")).to_contain_text("WebSocket (live)", timeout=LONG_MS)
    return page


@pytest.fixture
def checked(live):
    """The same, once it has tried everything."""
    expect(live.locator("[data-checks-status]")).to_have_text(
        re.compile("^Checked:"), timeout=LONG_MS
    )
    return live


def last_drop(page, *words):
    said = page.locator("[data-drop-status]")
    expect(said).to_have_text(re.compile(".*".join(words)), timeout=LONG_MS)
    return said.text_content()


def press(page, name):
    page.get_by_role("button", name=name).click()


def figures(page):
    """What the table says, row by row: of polling, and of WebSocket."""
    rows = page.locator("[data-figures] tbody tr").all()
    return {
        row.locator("th").text_content(): [cell.text_content() for cell in row.locator("td").all()]
        for row in rows
    }


def test_a_run_says_what_the_proxy_saw(proxy, live):
    page = live
    press(page, f"Start the {SECONDS} s test")
    expect(page.locator("[data-comparison-status]")).to_have_text(
        re.compile("^Over: "), timeout=LONG_MS
    )
    told = figures(page)
    assert told["Requests made"] == [str(proxy.request_count(POLLS)), "1"]
    assert proxy.request_count(RUN) == 1
    assert int(told["Empty answers"][0]) < int(told["Requests made"][0])
    assert told["Empty answers"][1] == "0"
    until(lambda: proxy.open_count(RUN) == 0, "the socket is closed")
    for column, path in enumerate((POLLS, RUN)):
        for row, seen in zip(("sent", "received"), proxy.bytes_of(path), strict=True):
            cell = page.get_by_role("row", name=f"Bytes {row}").locator("data").nth(column)
            assert int(cell.get_attribute("value")) == pytest.approx(seen, rel=0.02), (row, path)
    rows = page.locator("[data-events] tr")
    assert rows.count() >= 3
    assert page.locator("[data-timeline] circle.socket").count() == rows.count()
    assert page.locator("[data-timeline] rect.polling").count() == rows.count()
    check(page)


def test_the_checks_find_what_is_there_and_a_report_tells_all_but_secrets(site, checked):
    page = checked
    verdicts = {
        row.locator("h3").text_content(): row.get_attribute("data-verdict")
        for row in page.locator("[data-checks] li").all()
    }
    assert {name for name, verdict in verdicts.items() if verdict == "ok"} >= {
        "WebSocket", "Streaming, not buffered", "Long poll", "TLS",
        "Extensions and proxies in between",
    }  # fmt: skip
    assert verdicts["Heartbeat through the proxy"] in {"ok", "unknown"}
    title = "A title that nobody else may see"
    site.notify(title, "--user", "alice")
    frames = page.locator("[data-frames]")
    expect(frames).to_contain_text("1 notification changed", timeout=LONG_MS)
    press(page, "Send")
    expect(page.locator("[data-echo-result]")).to_have_text(
        re.compile(r"^HTTP .*m?s · WebSocket .*m?s \(and once"), timeout=LONG_MS
    )
    press(page, "Copy the report")
    expect(page.locator("[data-report-status]")).not_to_be_empty()
    report = page.locator("[data-report]").input_value()
    connection = page.locator("[data-facts] dd").last.text_content()
    assert re.fullmatch("[0-9a-f]{32}", connection)
    assert f"Connection: {connection}" in report
    assert "GET /ws/diagnostics/ HTTP/1.1" in report
    assert title not in report
    assert not [cookie for cookie in page.context.cookies() if cookie["value"] in report]
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    check(page)


def test_each_kind_of_drop_is_recovered_from(site, proxy, live):
    page = live
    press(page, "Drop my connection")
    assert last_drop(page, "^Dropped: Back in", "none lost").endswith("meanwhile, none lost.")
    press(page, "Make it half-open")
    for n in range(3):
        site.notify(f"Number {n}", "--user", "alice")
    press(page, "Ask whether the server is there")
    last_drop(page, "^Half-open: Noticed after", "3 arrived meanwhile, none lost")
    press(page, "Refuse WebSocket in this tab")
    last_drop(page, "^WebSocket refused: Back in", "by server-sent events", "none lost")
    proxy.until_open(SOCKET, 0)
    expect(page.locator("[data-facts]")).to_contain_text("Server-sent events (live)")
    press(page, "Allow WebSocket again")
    expect(page.locator("[data-facts]")).to_contain_text("WebSocket (live)", timeout=LONG_MS)
    proxy.until_open(SOCKET, 1)
    expect(page.locator("[data-drops] li")).to_have_count(2)
    assert page.locator("notification-bell").evaluate("(bell) => bell.unreadCount") == 3


def test_a_tab_that_follows_takes_the_connection_over(proxy, live):
    page = live
    other = page.context.new_page()
    other.goto(PATH)
    facts = other.locator("[data-facts]")
    expect(facts).to_contain_text("2 tabs share it; another one holds it", timeout=LONG_MS)
    press(other, "Drop my connection")
    last_drop(other, "^Dropped: Back in", "none lost")
    expect(facts).to_contain_text("2 tabs share it; this one holds it", timeout=LONG_MS)
    proxy.until_open(SOCKET, 1)
    expect(page.locator("[data-facts]")).to_contain_text("another one holds it", timeout=LONG_MS)
    other.close()


def test_without_javascript_it_explains_and_shows_what_was_measured(site, open_page, alice):
    page = open_page(
        alice, "/inbox/", java_script_enabled=False, viewport={"width": 320, "height": 800}
    )
    page.locator("header .menu > summary").click()
    page.get_by_role("link", name="Diagnostics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("HTTP and WebSocket")
    expect(page.get_by_role("table")).to_contain_text("Measured, not live")
    assert page.locator("button:visible").all_text_contents() in ([], ["Sign out"])
    page = open_page(alice, "about:blank", allow_errors=True, **ANY_LOOK)
    page.route("**/*.js", lambda route: route.abort())
    page.goto(PATH)
    check(page)


def test_a_run_can_be_stopped(open_page, alice):
    page = open_page(alice, PATH)
    press(page, f"Start the {SECONDS} s test")
    press(page, "Stop")
    status = page.locator("[data-comparison-status]")
    expect(status).to_have_text(re.compile("^Over"), timeout=LONG_MS)
    expect(page.get_by_role("button", name=f"Start the {SECONDS} s test")).to_be_focused()
