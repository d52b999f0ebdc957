"""The example application in a browser: its users see the bell, over each transport."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from notifications.credentials import keys
from tests.support.ports import free_port, listens
from tests.support.processes import REPOSITORY, until

BELL = "document.querySelector('notification-bell')"


@dataclass
class Shop:
    url: str
    key: str


@pytest.fixture
def shop(processes, site):
    """Run the application as its README says, for somebody who is signed in there."""

    def start(user, **environment):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        _, key = keys.make("shop", ["tokens"], origins=[url])
        processes.script(
            REPOSITORY / "examples" / "host_app" / "app.py",
            NOTIFY_URL=site.url, NOTIFY_KEY=key, SHOP_USER=user, PORT=port, **environment,
        )  # fmt: skip
        processes.until(lambda: listens(port), "the application listens")
        return Shop(url, key)

    return start


@pytest.fixture
def open_at(chromium):
    """Open a page as a stranger to our site: no cookie of it is in that browser."""
    contexts = []

    def opened(url):
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


def becomes_live(page):
    until(lambda: page.evaluate(f"{BELL}.state === 'live'"), "the bell is live", within_s=30)


@pytest.mark.parametrize("transport", ["ws", "sse", "poll"])
def test_alice_sees_in_the_application_what_is_sent_to_her(site, shop, open_at, alice, transport):
    shop = shop("alice", TRANSPORT=transport)
    page = open_at(shop.url)
    becomes_live(page)
    assert page.evaluate(f"{BELL}.client.transport") == transport
    site.notify("Parcel sent", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Parcel sent")
    expect(page.locator("notification-bell").get_by_role("button").first).to_have_accessible_name(
        "Notifications, 1 unread, 1 new"
    )
    ground = f"getComputedStyle({BELL}.shadowRoot.querySelector('.panel')).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    # The key stays on the application's server, and the token out of every URL.
    assert shop.key not in page.content()
    assert not any("nt_" in url or "nk_" in url for url in page.requested)


def test_charlie_sees_nothing_of_alices_there(site, shop, open_at, alice, charlie):
    page = open_at(shop("charlie").url)
    becomes_live(page)
    site.notify("For alice alone", "--user", "alice")
    site.notify("For charlie", "--user", "charlie")
    toasts = page.locator("notification-toast")
    expect(toasts).to_contain_text("For charlie")
    expect(toasts).not_to_contain_text("alice")
    assert page.evaluate(f"{BELL}.unreadCount") == 1


def test_who_is_unknown_to_us_sees_the_bell_and_nobodys_inbox(
    site, processes, shop, open_at, alice
):
    processes.may_warn = True  # of the token that was refused
    page = open_at(shop("mallory").url)
    with page.expect_response("**/notify-token/") as asked:
        page.evaluate(f"{BELL}.reconnect()")
    assert asked.value.status == 502
    assert page.evaluate(f"{BELL}.state") != "live"
    assert page.evaluate(f"{BELL}.unreadCount") == 0
