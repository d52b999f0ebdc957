"""Where the site cannot be reached the browser shows a page of ours, and goes on by itself."""

from playwright.sync_api import expect

HAS_KEPT = """
async () => {
  const { active } = await navigator.serviceWorker.ready;
  return active.state === "activated" || new Promise((resolve) =>
    active.addEventListener("statechange", () => active.state === "activated" && resolve(true)));
}
"""


def test_a_page_that_cannot_be_reached_says_so_and_comes_when_it_can(open_page, alice):
    page = open_page(alice, "/inbox/", allow_errors=True, service_workers="allow")
    assert page.evaluate(HAS_KEPT)
    page.context.set_offline(True)
    page.goto("/inbox/preferences/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
    expect(page.get_by_role("link", name="Try it again")).to_be_visible()
    # In our look, and with nobody's name.
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.notice')).textAlign") == "center"
    )
    expect(page.get_by_text("alice")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Preferences")
