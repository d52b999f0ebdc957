"""The bell on a page of another origin, whose own server gives it tokens."""

import pytest
from playwright.sync_api import expect

from notifications.credentials import tokens
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
    site.notify("Parcel sent", "--user", "alice")
    site.notify("Parcel lost", "--user", "alice")
    says(page, f"{BELL}.unreadCount === 2")
    assert shop.asked == 2
