"""All tabs of a browser share one connection and agree, whatever happens to the one that has it."""

import pytest
from django.conf import settings

from accounts.models import Session
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
from tests.support.proxy import Fault

# What a tab asks for that hangs until the test lets it go.
HELD = "/healthz?held"


@pytest.fixture
def open_tabs(browser, proxy, alice):
    """Open so many tabs as alice, one after the other; the first of them leads."""
    cookies = cookies_of(alice, proxy.url)

    def open_some(count, path="/inbox/"):
        return [is_live(browser.open(proxy.url + path, cookies)) for _ in range(count)]

    return open_some


def test_three_tabs_have_one_connection(site, proxy, open_tabs):
    tabs = open_tabs(3)
    assert proxy.open_count(SOCKET) == 1
    site.notify("Hello", "--user", "alice")
    for tab in tabs:
        has(tab, "Hello")
        counts(tab, 1)
    assert proxy.request_count(SOCKET) == 1


def test_what_is_read_in_one_tab_is_read_in_all(site, open_tabs):
    tabs = open_tabs(3)
    site.notify("Hello", "--user", "alice")
    for tab in tabs:
        counts(tab, 1)
    click(tabs[0], "Mark as read")
    for tab in tabs:
        counts(tab, 0, within_s=SHOWN_S)


def test_mark_all_leaves_what_arrives_meanwhile(site, open_tabs):
    tabs = open_tabs(3)
    site.notify("First", "--user", "alice")
    for tab in tabs:
        counts(tab, 1)
    tabs[1].evaluate(f"void {BELL}.markAllRead()")
    site.notify("Second", "--user", "alice")
    for tab in tabs:
        has(tab, "Second", "First")
        counts(tab, 1)


@pytest.mark.parametrize("how", ["close", "crash", "freeze"])
def test_when_the_leader_goes_the_next_one_leads(site, proxy, open_tabs, how):
    first, *others = open_tabs(3)
    site.notify("Before", "--user", "alice")
    for tab in others:
        has(tab, "Before")
    getattr(first, how)()
    site.notify("After", "--user", "alice")
    for tab in others:
        has(tab, "After", "Before")
        counts(tab, 2)
    proxy.until_open(SOCKET, 1)


def test_a_frozen_tab_comes_back_and_follows(site, proxy, open_tabs):
    first, second = open_tabs(2)
    first.freeze()
    proxy.until_open(SOCKET, 1)
    site.notify("Meanwhile", "--user", "alice")
    has(second, "Meanwhile")
    first.thaw()
    first.activate()
    has(first, "Meanwhile")
    first.until(f"{BELL}.client.leader !== null", "it follows")
    proxy.until_open(SOCKET, 1)


def test_a_leader_that_hangs_is_left_by_the_tab_that_is_looked_at(site, proxy, open_tabs):
    first, second = open_tabs(2)
    first.activate()
    proxy.fault(HELD, Fault.BLACK_HOLE)
    first.hang(HELD)
    proxy.until_open(HELD, 1)
    site.notify("Meanwhile", "--user", "alice")
    second.activate()
    has(second, "Meanwhile")
    assert second.evaluate(f"{BELL}.client.leader === null")
    # It wakes, and follows.
    proxy.fault(HELD, None)
    proxy.cut(HELD)
    first.until(f"{BELL}.client.leader !== null", "the first tab follows")
    has(first, "Meanwhile")
    proxy.until_open(SOCKET, 1)


def test_one_tab_shows_the_toast(site, open_tabs):
    tabs = open_tabs(3)
    tabs[1].activate()
    tabs[1].focus()
    site.notify("Hello", "--user", "alice")
    for tab in tabs:
        counts(tab, 1)
    tabs[1].until(f"{TOASTS}.querySelectorAll('.toast').length === 1", "the toast is shown")
    for tab in (tabs[0], tabs[2]):
        assert tab.evaluate(f"{TOASTS}.querySelectorAll('.toast').length") == 0


def test_what_was_sent_while_there_was_no_network_comes_once_and_in_order(site, proxy, open_tabs):
    tabs = open_tabs(2)
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    for tab in tabs:
        tab.send("Network.emulateNetworkConditions", offline=True, **offline)
    proxy.fault("/", Fault.BLACK_HOLE)
    for tab in tabs:
        tab.until(f"{BELL}.state === 'offline'", "the tab is offline", within_s=30)
    for n in range(5):
        site.notify(f"Number {n}", "--user", "alice")
    tabs[1].evaluate("globalThis.heard = []")
    note = "({ detail }) => heard.push(detail.notification.title)"
    tabs[1].evaluate(f"{BELL}.addEventListener('nb:notification', {note})")
    proxy.fault("/", None)
    proxy.cut()
    for tab in tabs:
        tab.send("Network.emulateNetworkConditions", offline=False, **offline)
    for tab in tabs:
        has(tab, *(f"Number {n}" for n in reversed(range(5))))
    heard = tabs[1].until("heard.length >= 5 && heard", "all are told")
    assert heard == [f"Number {n}" for n in range(5)]


def test_what_is_done_without_a_network_is_done_later(site, proxy, open_tabs, alice):
    first, second = open_tabs(2)
    site.notify("Hello", "--user", "alice")
    for tab in (first, second):
        counts(tab, 1)
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    for tab in (first, second):
        tab.send("Network.emulateNetworkConditions", offline=True, **offline)
    proxy.fault("/", Fault.BLACK_HOLE)
    second.until(f"{BELL}.state === 'offline'", "the tab is offline", within_s=30)
    click(second, "Mark as read")
    for tab in (first, second):
        counts(tab, 0)
    assert alice.notifications_inbox.items.get().read_at is None
    proxy.fault("/", None)
    proxy.cut()
    for tab in (first, second):
        tab.send("Network.emulateNetworkConditions", offline=False, **offline)
    kept = "Object.keys(localStorage).some((key) => key.startsWith('nb:act:'))"
    second.until(f"!{kept}", "it is sent")
    assert alice.notifications_inbox.items.get().read_at is not None
    for tab in (first, second):
        counts(tab, 0)


def test_who_signs_in_as_somebody_else_ends_the_tabs_of_before(
    site, browser, proxy, open_tabs, charlie
):
    first, second = open_tabs(2)
    site.notify("For alice alone", "--user", "alice")
    for tab in (first, second):
        has(tab, "For alice alone")
    third = is_live(browser.open(proxy.url + "/inbox/", cookies_of(charlie, proxy.url)))
    # Their server leaves them, and they ask who they are.
    proxy.cut(SOCKET)
    for tab in (first, second):
        tab.activate()
        tab.until(f"{BELL}.client.reason === 'other_user'", "the tab stops")
    site.notify("For charlie alone", "--user", "charlie")
    has(third, "For charlie alone")
    for tab in (first, second):
        assert "For charlie alone" not in tab.evaluate("document.documentElement.innerHTML")
    assert "For alice alone" not in third.evaluate("document.documentElement.innerHTML")


def test_a_write_that_fails_is_taken_back_and_can_be_tried_again(site, proxy, open_tabs):
    first, second = open_tabs(2)
    site.notify("Hello", "--user", "alice")
    for tab in (first, second):
        has(tab, "Hello")
    note = "({ detail }) => (globalThis.failure = detail)"
    second.evaluate(f"{BELL}.addEventListener('nb:error', {note})")
    proxy.fault("/api/v1/inbox/actions", Fault.REFUSE)
    click(second, "Archive")
    failure = second.until("globalThis.failure", "the failure is told")
    assert failure["op"] == "archive"
    assert failure["code"] == 403
    for tab in (first, second):
        has(tab, "Hello")
    proxy.fault("/api/v1/inbox/actions", None)
    click(second, "Archive")
    for tab in (first, second):
        has(tab)


BROUGHT_BACK = "globalThis.wasHere === true"


def test_a_page_that_the_browser_kept_goes_on_where_it_was(site, proxy, open_tabs):
    kept, other = open_tabs(2)
    kept.activate()
    kept.evaluate("globalThis.wasHere = true")
    kept.go(proxy.url + "/static/notifications/icon.svg")
    # The one that led is gone, and does not keep the others from leading.
    site.notify("Meanwhile", "--user", "alice")
    has(other, "Meanwhile")
    kept.evaluate("history.back()")
    kept.until(BROUGHT_BACK, "it is the same page")
    has(kept, "Meanwhile")
    counts(kept, 1)


def test_a_kept_page_is_not_seen_again_once_its_user_has_signed_out(
    site, processes, proxy, open_tabs, alice
):
    processes.may_warn = True  # of a request that nobody is signed in for
    site.notify("For alice alone", "--user", "alice")
    (tab,) = open_tabs(1)
    has(tab, "For alice alone")
    tab.go(proxy.url + "/static/notifications/icon.svg")
    Session.objects.filter(user=alice).delete()
    name = settings.NOTIFICATIONS_SIGN_IN_COOKIE
    tab.send("Network.setCookie", name=name, value="another", url=proxy.url)
    tab.evaluate("history.back()")
    tab.until("!!document.querySelector('#id_password')", "it asks to sign in")
    assert "For alice alone" not in tab.evaluate("document.documentElement.innerHTML")


def test_signing_out_elsewhere_empties_every_tab(site, processes, open_tabs, alice):
    processes.may_warn = True  # of a request that nobody is signed in for
    tabs = open_tabs(2)
    site.notify("For alice alone", "--user", "alice")
    for tab in tabs:
        has(tab, "For alice alone")
    Session.objects.filter(user=alice).delete()
    for tab in tabs:
        tab.until(f"{BELL}.client.reason === 'signed_out'", "the tab stops")
        has(tab)
        tab.until("document.querySelector('.strip').textContent.includes('signed out')", "it says")
