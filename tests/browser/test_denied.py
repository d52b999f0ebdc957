"""What browsers may deny a page: storage, other tabs, and modules. It works, with as much less."""

import pytest
from playwright.sync_api import expect

from tests.browser.inbox_tabs import cookies_of

IS_LIVE = "() => document.querySelector('notification-bell')?.state === 'live'"
# As a browser denies them: to ask for it throws.
DENY_STORAGE = """() => {
  const deny = () => { throw new DOMException('Denied.', 'SecurityError') }
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
    Object.defineProperty(window, name, { get: deny })
  }
}"""
DENY_TABS = "() => { window.BroadcastChannel = class { constructor() { throw DENIED } } }"
DENY_LOCKS = "() => { LockManager.prototype.request = async () => { throw DENIED } }"
DENIED = "new DOMException('Denied.', 'SecurityError')"
DENIALS = {
    "storage": [DENY_STORAGE],
    "other tabs": [DENY_TABS],
    "locks": [DENY_LOCKS],
    "all of them": [DENY_STORAGE, DENY_TABS, DENY_LOCKS],
}


@pytest.fixture
def open_tab(chromium, site, alice):
    """Open tabs of a browser that denies something; none may complain of it."""
    contexts, errors = [], []

    def open_with(denials):
        context = contexts[0] if contexts else chromium.new_context(base_url=site.url)
        if not contexts:
            contexts.append(context)
            context.add_cookies(cookies_of(alice, site.url))
            for one in denials:
                context.add_init_script(f"({one.replace('DENIED', DENIED)})()")
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/inbox/")
        page.wait_for_function(IS_LIVE)
        return page

    yield open_with
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("what", DENIALS)
def test_what_is_denied_is_done_without(site, open_tab, what):
    pages = [open_tab(DENIALS[what]) for _ in range(2)]
    site.notify("Hello", "--user", "alice")
    for page in pages:
        expect(page.locator("[data-inbox] article h3 a")).to_have_text(["Hello"])
    pages[0].get_by_role("article", name="Hello").get_by_role("button", name="Archive").click()
    for page in pages:
        expect(page.locator("[data-inbox] article")).to_have_count(0)
    # The panel and the toasts are there, too.
    pages[1].get_by_role("button", name="Notifications").click()
    expect(pages[1].get_by_role("dialog", name="Notifications")).to_be_visible()


def test_where_modules_are_blocked_the_page_is_as_without_javascript(site, open_page, alice):
    site.notify("Hello", "--user", "alice")
    page = open_page(alice, "/healthz", allow_errors=True)
    page.route("**/define*.js", lambda route: route.abort())
    page.goto("/inbox/")
    expect(page.get_by_role("link", name="Notifications (1)")).to_be_visible()
    row = page.get_by_role("article", name="Hello")
    row.hover()
    row.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("article")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("article", name="Hello")).to_be_visible()
