"""`/demo/`: the elements in three brands, live, and the code beside each."""

import re

from playwright.sync_api import expect

from notifications.pages.demo import _BRANDS
from tests.browser.looks import ANY_LOOK, check
from tests.docs.markdown import REPOSITORY

STYLE = REPOSITORY / "notifications" / "static" / "notifications" / "demo.css"


def test_the_brands_are_live_on_one_connection_and_break_no_rule(site, open_page, admin):
    page = open_page(admin, "/demo/", **ANY_LOOK)
    bells = "[...document.querySelectorAll('notification-bell')]"
    page.wait_for_function(
        f"() => {bells}.length === 4 && {bells}.every((b) => b.state === 'live')"
    )
    assert page.evaluate(f"new Set({bells}.map(({{ client }}) => client)).size") == 1
    site.notify("Hello", "--user", admin.username)
    rows = page.locator("notification-inbox").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(page.locator("notification-toast .toast")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Dismiss")).click()
    check(page)


def test_the_code_that_is_shown_is_the_style_that_holds():
    style = re.sub(r"\s+", " ", STYLE.read_text("utf-8"))
    for _, _, shown in _BRANDS:
        assert re.sub(r"\s+", " ", shown) in style


def test_it_is_for_staff(site, client, alice):
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/demo/").status_code == 403
