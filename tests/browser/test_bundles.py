"""What is shipped, in a browser: few requests, and all that the modules do which it is made of."""

import pytest
from playwright.sync_api import expect

# The page, its icon, two styles, the time zone, and three modules; a WebSocket is no request here.
MOST_REQUESTS = 8
IS_LIVE = "() => document.querySelector('notification-bell')?.state === 'live'"


@pytest.fixture
def site(site_with, collected):
    """A server of the collected files, as it is in production."""
    return site_with(STATIC_ROOT=str(collected))


def is_whole(page):
    """It is live, and all that it loads later is there."""
    page.wait_for_function(IS_LIVE)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    page.locator("notification-bell notification-toast").wait_for(state="attached")


def test_the_inbox_asks_for_eight_files_and_for_none_of_them_again(site, open_page, alice):
    site.notify("Hello", "--user", "alice")
    page = open_page(alice, "/healthz")
    asked = []
    page.on("request", lambda one: asked.append((one.method, one.url)))
    page.goto("/inbox/")
    is_whole(page)
    files = {url for method, url in asked if method == "GET"}
    assert len(files) <= MOST_REQUESTS, sorted(files)
    assert all(url.startswith(site.url) for url in files)
    # Before anything was read: nothing is fetched but files.
    assert not [url for url in files if "/api/" in url]


def test_rows_panel_toasts_and_undo_are_those_of_the_modules(site, open_page, alice):
    site.notify("First", "--user", "alice")
    page = open_page(alice)
    is_whole(page)
    site.notify("Second", "--user", "alice")
    expect(page.locator("[data-inbox] article h3 a")).to_have_text(["Second", "First"])
    toast = page.locator("notification-toast .toasts > *")
    expect(toast).to_contain_text("Second")
    # The styles are inside, and there.
    assert toast.evaluate("(one) => getComputedStyle(one).boxShadow") != "none"
    page.get_by_role("article", name="First").get_by_role("button", name="Archive").click()
    expect(page.get_by_role("article", name="First")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.get_by_role("article", name="First")).to_have_count(1)
    page.get_by_role("button", name="Notifications").click()
    panel = page.get_by_role("dialog", name="Notifications")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    assert panel.evaluate("(one) => getComputedStyle(one).borderTopStyle") == "solid"


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_the_other_transports_are_loaded_where_they_are_needed(site, open_page, alice, transport):
    page = open_page(alice, "/healthz")
    page.route(
        "**/inbox/",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace(
                "<notification-bell ", f'<notification-bell transport="{transport}" '
            ),
        ),
    )
    page.goto("/inbox/")
    page.wait_for_function(IS_LIVE)
    site.notify("Hello", "--user", "alice")
    expect(page.locator("[data-inbox] article h3 a")).to_have_text(["Hello"])


def test_diagnostics_and_dashboard_have_files_of_their_own(site, open_page, alice, admin):
    page = open_page(alice, "/diagnostics/")
    expect(page.locator("[data-with-bell]").first).to_be_visible()
    page = open_page(admin, "/dashboard/")
    page.wait_for_function(IS_LIVE)
