"""A tab that the browser has frozen for an hour: what it knew is old when it wakes."""

import pytest

from tests.browser.inbox_tabs import BELL, SOCKET, cookies_of, counts, has, is_live
from tests.support.processes import until
from tests.support.shop import Shop

HOUR_MS = 3_600_000
# The browser's clocks, which go on while its timers stand still.
LATER = f"""(() => {{
  const [now, date] = [performance.now.bind(performance), Date.now.bind(Date)]
  performance.now = () => now() + {HOUR_MS}
  Date.now = () => date() + {HOUR_MS}
}})()"""


def sleep_an_hour(browser, tab, meanwhile):
    """Behind another one, as what browsers freeze is."""
    browser.open("about:blank")
    tab.until("document.hidden", "it is behind the other")
    tab.freeze()
    tab.evaluate(LATER)
    meanwhile()
    tab.thaw()
    tab.activate()


def test_a_tab_that_slept_for_an_hour_has_what_came_and_goes_on(site, proxy, browser, alice):
    tab = is_live(browser.open(f"{proxy.url}/inbox/", cookies_of(alice, proxy.url)))
    site.notify("Before", "--user", "alice")
    has(tab, "Before")

    def meanwhile():
        proxy.until_open(SOCKET, 0)
        for n in range(3):
            site.notify(f"Meanwhile {n}", "--user", "alice")

    sleep_an_hour(browser, tab, meanwhile)
    came = [f"Meanwhile {n}" for n in (2, 1, 0)]
    has(tab, *came, "Before")
    counts(tab, 4)
    is_live(tab)
    site.notify("After", "--user", "alice")
    has(tab, "After", *came, "Before")
    proxy.until_open(SOCKET, 1)
    assert tab.errors == []


@pytest.fixture
def shop(site):
    shop = Shop(site.url)
    yield shop
    shop.close()


def test_on_a_hosts_page_it_asks_for_another_token(site, shop, browser, alice):
    shop.give(alice)
    tab = is_live(browser.open(shop.url))
    assert shop.asked == 1
    sleep_an_hour(browser, tab, lambda: site.notify("Meanwhile", "--user", "alice"))
    tab.until(f"{BELL}.unreadCount === 1", "what came is counted")
    is_live(tab)
    until(lambda: shop.asked == 2, "a token of an hour ago is asked for anew")
    site.notify("After", "--user", "alice")
    tab.until(f"{BELL}.unreadCount === 2", "what comes is counted")
    assert tab.errors == []
