"""Where the site cannot be reached the browser shows a page of ours, and goes on by itself.

The site is gone, for what a browser does offline a service worker's requests may or may not do.
"""

import pytest
from playwright.sync_api import expect

HAS_KEPT = """
async () => {
  const { active } = await navigator.serviceWorker.ready;
  return active.state === "activated" || new Promise((resolve) =>
    active.addEventListener("statechange", () => active.state === "activated" && resolve(true)));
}
"""


@pytest.fixture
def cut_off(open_page, own_site, processes, alice):
    """A page of a site that is not there any more."""
    processes.may_warn = True
    page = open_page(
        alice, "/inbox/", base_url=own_site.url, allow_errors=True, service_workers="allow"
    )
    assert page.evaluate(HAS_KEPT)
    own_site.kill()
    return page


def heading(page):
    return page.get_by_role("heading", level=1)


def is_offline(page):
    """Ask for another one."""
    page.goto("/inbox/preferences/")
    expect(heading(page)).to_have_text("You are offline")


def test_a_page_that_cannot_be_reached_says_so_and_comes_when_it_can(cut_off, own_site):
    page = cut_off
    is_offline(page)
    expect(page.get_by_role("link", name="Try it again")).to_be_visible()
    # In our look, and with nobody's name.
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.notice')).textAlign") == "center"
    )
    expect(page.get_by_text("alice")).to_have_count(0)
    own_site.start()
    expect(heading(page)).to_have_text("Preferences", timeout=60_000)


def test_it_comes_at_once_when_the_browser_says_that_there_is_a_network(cut_off, own_site):
    page = cut_off
    # Of itself it would look later than any test waits.
    page.add_init_script("Math.random = () => 1e6")
    is_offline(page)
    own_site.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(heading(page)).to_have_text("Preferences")
