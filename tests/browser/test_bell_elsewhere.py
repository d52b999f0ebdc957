"""The bell on a page of another origin, whose own server gives it tokens."""

import json

import pytest
from playwright.sync_api import expect

from notifications.credentials import tokens
from tests.browser.inbox_tabs import is_live
from tests.support.processes import until
from tests.support.shop import Shop

BELL = "document.querySelector('notification-bell')"


@pytest.fixture
def shop(site):
    shop = Shop(site.url)
    yield shop
    shop.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.requested = []
    page.on("request", lambda request: page.requested.append(request.url))
    yield page
    context.close()


def says(page, expression):
    until(lambda: page.evaluate(f"!!({expression})"), expression, within_s=30)


@pytest.mark.parametrize("transport", ["ws", "sse", "poll"])
def test_it_works_over_each_transport(site, shop, page, alice, transport):
    shop.transport = transport
    shop.give(alice)
    page.goto(shop.url)
    says(page, f"{BELL}.state === 'live' && {BELL}.client.transport === '{transport}'")
    site.notify("Parcel sent", "--user", "alice")
    bell = page.locator("notification-bell")
    button = bell.get_by_role("button").first
    expect(button).to_have_accessible_name("Notifications, 1 unread, 1 new")
    expect(page.locator("notification-toast")).to_contain_text("Parcel sent")
    assert page.evaluate(f"{BELL}.markAllRead()")
    expect(button).to_have_accessible_name("Notifications")
    says(page, f"{BELL}.client.inbox.counts.unread === 0")
    assert alice.notifications_inbox.items.get().read_at is not None
    assert all(shop.token not in url for url in page.requested)


@pytest.fixture
def browser_without_cookies(tmp_path, start_browser):
    """One whose owner has blocked all cookies, and with them all that a page could keep."""
    folder = tmp_path / "chromium0" / "Default"
    folder.mkdir(parents=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (folder / "Preferences").write_text(json.dumps(blocked), "utf-8")
    return start_browser()


def test_it_needs_no_cookie_of_anybody(site, shop, browser_without_cookies, alice):
    # Another site too, and not only another origin: a cookie of ours would be a third party's.
    url = shop.url.replace("127.0.0.1", "localhost")
    shop.give(alice, origin=url)
    tab = is_live(browser_without_cookies.open(url))
    assert not tab.evaluate("(document.cookie = 'one=1', document.cookie)")
    assert not tab.evaluate("(() => { try { return localStorage } catch { return null } })()")
    site.notify("Parcel sent", "--user", "alice")
    tab.until(f"{BELL}.unreadCount === 1", "it is counted")
    shown = f"{BELL}.shadowRoot.querySelector('notification-toast').shadowRoot.textContent"
    tab.evaluate(f"{BELL}.shadowRoot.querySelector('.bell').click()")
    tab.until(f"{BELL}.shadowRoot.querySelector('.panel').textContent.includes('Parcel')", shown)
    assert tab.evaluate(f"{BELL}.markAllRead()")
    tab.until(f"{BELL}.client.inbox.counts.unread === 0", "it is read")
    assert alice.notifications_inbox.items.get().read_at is not None
    # And the next page, which nothing has been kept for.
    tab.go(url)
    is_live(tab)
    assert tab.evaluate(f"{BELL}.unreadCount") == 0
    assert tab.errors == []


def test_who_is_not_signed_in_there_sees_nobodys(site, processes, shop, page, alice):
    processes.may_warn = True
    page.goto(shop.url)
    says(page, f"{BELL}.client.reason === 'signed_out'")
    # And once they are, the page comes to life by itself when it is looked at.
    shop.give(alice)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    says(page, f"{BELL}.state === 'live'")


def test_a_token_for_another_origin_opens_nothing(site, processes, shop, page, alice):
    processes.may_warn = True
    shop.give(alice, origin="https://elsewhere.example")
    site.notify("For alice alone", "--user", "alice")
    page.goto(shop.url)
    until(lambda: shop.asked, "a token is asked for")
    says(page, f"{BELL}.state !== 'live'")
    assert page.evaluate(f"{BELL}.unreadCount") == 0


def test_a_token_that_is_refused_is_renewed(site, processes, shop, page, alice):
    processes.may_warn = True
    shop.transport = "poll"
    shop.give(alice)
    page.goto(shop.url)
    says(page, f"{BELL}.state === 'live'")
    old = shop.token
    shop.give(alice)
    tokens.AccessToken.objects.filter(token_hash=tokens.digest(old)).delete()
    # The poll that is held began with the old one, and may bring all that comes until it ends.
    site.notify("Parcel sent", "--user", "alice")
    until(lambda: shop.asked == 2, "another token is asked for", within_s=60)
    site.notify("Parcel lost", "--user", "alice")
    says(page, f"{BELL}.unreadCount === 2")
    assert shop.asked == 2
