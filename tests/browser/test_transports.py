"""Where WebSocket is blocked, what is new arrives all the same, and WebSocket comes back."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.processes import until
from tests.support.proxy import Fault

SOCKET, STREAM, POLL = "/ws/notifications/", "/api/v1/inbox/events", "/api/v1/inbox/poll"
# Silence is noticed after five seconds; two refusals, and the question who we are, take less.
FALLBACK_S = 60
BELL = "document.querySelector('notification-bell')"


def says(page, expression):
    """Wait until it is true; the page's security policy forbids Playwright to wait in it."""
    until(lambda: page.evaluate(f"() => !!({expression})"), expression, within_s=FALLBACK_S)


def transport(page, name):
    """Wait until the page is live by that transport."""
    says(page, f"{BELL}.state === 'live' && {BELL}.client.transport === '{name}'")
    return page


def arrives(site, page, title):
    site.notify(title, "--user", "alice")
    row = page.locator("[data-inbox]").get_by_role("link", name=title)
    expect(row).to_be_visible()
    expect(row).to_have_count(1)


def footer_says(page, text):
    bell = page.locator("notification-bell")
    bell.get_by_role("button").first.click()
    # What it is made of may still be loading: before that, nothing would be closed.
    panel = bell.get_by_role("dialog")
    expect(panel).to_be_visible()
    expect(panel.locator(".connection")).to_have_text(text)
    # Not by a key: which of what is open that closes is no matter of transports.
    panel.evaluate("(one) => one.hidePopover()")
    expect(panel).to_be_hidden()


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.RESET, Fault.SWALLOW, Fault.BLACK_HOLE])
def test_where_websocket_is_blocked_events_are_streamed(site, proxy, open_page, alice, fault):
    proxy.fault(SOCKET, fault)
    page = transport(open_page(alice, base_url=proxy.url, allow_errors=True), "sse")
    arrives(site, page, "Hello")
    footer_says(page, "Live, by server-sent events. WebSocket is blocked here.")
    page.locator("[data-inbox]").get_by_role("button", name="Mark as read").click()
    expect(page).not_to_have_title(re.compile(r"^\("))
    assert proxy.open_count(STREAM) == 1


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.BUFFER])
def test_where_streams_are_blocked_too_it_polls(site, proxy, open_page, alice, fault):
    proxy.fault(SOCKET, Fault.REFUSE)
    proxy.fault(STREAM, fault)
    page = transport(open_page(alice, base_url=proxy.url, allow_errors=True), "poll")
    arrives(site, page, "First")
    arrives(site, page, "Second")
    footer_says(page, "Live, by long polling. WebSocket is blocked here.")


def test_what_worked_is_remembered_by_the_next_page(site, proxy, open_page, alice):
    proxy.fault(SOCKET, Fault.REFUSE)
    page = transport(open_page(alice, base_url=proxy.url, allow_errors=True), "sse")
    tries = proxy.request_count(SOCKET)
    page.reload()
    transport(page, "sse")
    arrives(site, page, "Hello")
    assert proxy.request_count(SOCKET) == tries


def test_websocket_is_come_back_to(site, proxy, open_page, alice):
    proxy.fault(SOCKET, Fault.REFUSE)
    page = open_page(alice, base_url=proxy.url, allow_errors=True)
    page.clock.install()
    page.reload()
    page.clock.resume()
    transport(page, "sse")
    proxy.fault(SOCKET, None)
    page.clock.fast_forward("10:00")
    transport(page, "ws")
    proxy.until_open(STREAM, 0)
    assert proxy.open_count(SOCKET) == 1
    arrives(site, page, "Hello")


def test_a_stream_that_is_cut_is_taken_up_where_it_was(site, proxy, open_page, alice):
    page = open_page(alice, base_url=proxy.url, allow_errors=True)
    for name, path in (("ws", SOCKET), ("sse", STREAM)):
        transport(page, name)
        proxy.fault(path, Fault.BLACK_HOLE)
        site.notify(f"Lost on {name}", "--user", "alice")
        proxy.fault(path, None)
        proxy.cut(path)
        row = page.locator("[data-inbox]").get_by_role("link", name=f"Lost on {name}")
        expect(row).to_have_count(1, timeout=FALLBACK_S * 1000)
        proxy.fault(SOCKET, Fault.REFUSE)
        proxy.cut(SOCKET)


def test_signing_out_ends_a_page_that_polls(site, processes, proxy, open_page, alice):
    processes.may_warn = True
    proxy.fault(SOCKET, Fault.REFUSE)
    proxy.fault(STREAM, Fault.REFUSE)
    page = transport(open_page(alice, base_url=proxy.url, allow_errors=True), "poll")
    page.context.clear_cookies()
    proxy.cut(POLL)
    says(page, f"{BELL}.client.reason === 'signed_out'")
