"""Over plain HTTP, but on localhost, a page has no Web Locks: its tabs share a connection still."""

import pytest

from tests.browser.inbox_tabs import (
    BELL,
    SHOWN_S,
    SOCKET,
    TOASTS,
    click,
    cookies_of,
    counts,
    has,
    is_live,
)
from tests.support.processes import until
from tests.support.proxy import Fault

HOST = "plain.test"
EVENTS = "/api/v1/inbox/events"


@pytest.fixture
def site(site_with):
    return site_with(ALLOWED_HOSTS=HOST)


@pytest.fixture
def open_tabs(start_browser, proxy, alice):
    """Open so many tabs as alice; the last one is looked at."""
    browser = start_browser(f"--host-resolver-rules=MAP {HOST} 127.0.0.1")
    origin = f"http://{HOST}:{proxy.port}"
    cookies = cookies_of(alice, origin)

    def open_some(count):
        tabs = [is_live(browser.open(f"{origin}/inbox/", cookies), 120) for _ in range(count)]
        for tab in tabs:
            assert tab.evaluate("[isSecureContext, typeof navigator.locks]") == [False, "undefined"]
        return tabs

    return open_some


def test_the_tabs_have_one_connection_and_agree(site, proxy, open_tabs, alice):
    tabs = open_tabs(3)
    assert proxy.open_count(SOCKET) == 1
    site.notify("First", "--user", "alice")
    site.notify("Second", "--user", "alice")
    for tab in tabs:
        has(tab, "Second", "First")
        counts(tab, 2)
    # The newest is on top: its button is the first.
    click(tabs[0], "Mark as read")
    for tab in tabs:
        counts(tab, 1, within_s=SHOWN_S)
    click(tabs[1], "Archive")
    for tab in tabs:
        has(tab, "First", within_s=SHOWN_S)
    done = {"read_at__isnull": False, "archived_at__isnull": False}
    until(lambda: alice.notifications_inbox.items.filter(**done).exists(), "both acts are done")
    assert alice.notifications_inbox.items.get(**done).notification.title == "Second"
    alice.notifications_inbox.refresh_from_db()
    for tab in tabs:
        is_level = f"{BELL}.client.inbox.revision === {alice.notifications_inbox.revision}"
        tab.until(is_level, "it has every change", within_s=SHOWN_S)
        counts(tab, 1)
    assert proxy.request_count(SOCKET) == 1
    assert [error for tab in tabs for error in tab.errors] == []


@pytest.mark.parametrize("how", ["close", "crash"])
def test_when_the_tab_that_is_connected_goes_another_is(site, proxy, open_tabs, how):
    first, *others = open_tabs(3)
    getattr(first, how)()
    site.notify("After", "--user", "alice")
    for tab in others:
        has(tab, "After")
    proxy.until_open(SOCKET, 1)


def test_seven_tabs_without_websocket_leave_the_browser_connections_to_write(
    site, proxy, open_tabs, alice
):
    """It has six for a site, and a stream holds one for as long as it lasts."""
    proxy.fault(SOCKET, Fault.REFUSE)
    tabs = open_tabs(7)
    assert proxy.open_count(EVENTS) == 1
    site.notify("Hello", "--user", "alice")
    for tab in tabs:
        has(tab, "Hello")
    click(tabs[0], "Mark as read")
    for tab in tabs:
        counts(tab, 0)
    until(
        lambda: alice.notifications_inbox.items.filter(read_at__isnull=False).exists(), "it is read"
    )


def test_the_tab_that_is_looked_at_shows_the_toast(site, open_tabs):
    hidden, seen = open_tabs(2)
    seen.activate()
    seen.focus()
    site.notify("Hello", "--user", "alice")
    for tab in (hidden, seen):
        counts(tab, 1)
    seen.until(f"{TOASTS}.querySelectorAll('.toast').length === 1", "the toast is shown")
    assert hidden.evaluate(f"{TOASTS}.querySelectorAll('.toast').length") == 0


def test_signing_out_in_one_tab_empties_the_other(site, processes, proxy, open_tabs):
    processes.may_warn = True  # of a request that nobody is signed in for
    leaving, other = open_tabs(2)
    site.notify("For alice alone", "--user", "alice")
    for tab in (leaving, other):
        has(tab, "For alice alone")
    leaving.evaluate("document.querySelector('form[action*=logout] button').click()")
    other.until(f"{BELL}.client.reason === 'signed_out'", "the other tab stops")
    has(other)
    leaving.until("!document.querySelector('notification-bell')", "nobody is signed in")
    proxy.until_open(SOCKET, 0)
