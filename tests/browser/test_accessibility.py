"""No page breaks a rule that axe can check: light and dark, on a phone and on a desk."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notifications.models import audiences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.browser.looks import ANY_LOOK, check, is_still

PUBLIC = [
    "/accounts/login/",
    "/accounts/password-reset/",
    "/accounts/password-reset/done/",
    "/nothing/",
]
GONE = "/inbox/987654321/"
PRIVATE = [
    "/inbox/",
    "/inbox/?filter=unread",
    "/inbox/?filter=archived",
    "/accounts/devices/",
    GONE,
    "/accounts/password-change/",
]
# Where the screenshots of the docs go; `make screenshots` says so.
IMAGES = os.environ.get("SCREENSHOTS")


def take(page, name, **options):
    if IMAGES:
        page.screenshot(path=Path(IMAGES) / f"{name}.png", **options)


@pytest.fixture
def filled(alice):
    """What stands in alice's inbox."""
    audience = audiences.ChosenUsers.named([alice.username])
    for title, fields in (
        ("Welcome to Acme", {"body": "Your account is ready.", "level": "success"}),
        (
            "Ana mentioned you in “Release 5.2”",
            {"body": "@alice can you look at it by Friday?", "sender": "Ana Beck"},
        ),
        ("Deploy 41 has begun", {"sender": "CI", "thread": "deploy-41"}),
        ("Deploy 41 is half done", {"sender": "CI", "thread": "deploy-41"}),
        ("Deploy 41 is done", {"body": "In 4 min.", "sender": "CI", "thread": "deploy-41"}),
        ("Your export is ready", {"body": "It has 12,480 rows.", "url": "/inbox/"}),
        ("Disk almost full on db-2", {"body": "91 % used.", "level": "warning"}),
        ("Payment provider is down", {"body": "Since 09:12.", "level": "critical"}),
    ):
        acts.send(Message(title, **fields), audience=audience)


def is_enhanced(page):
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()


def test_pages(open_page, alice, filled, processes):
    processes.may_warn = True  # of the notification that there is not
    # The browser itself says of a 404 that it is one.
    page = open_page(alice, "/inbox/", allow_errors=True, **ANY_LOOK)
    for path in PRIVATE:
        page.goto(path)
        if path.startswith("/inbox/") and path != GONE:
            is_enhanced(page)
        check(page)
    page.goto("/inbox/")
    page.get_by_role("link", name="Disk almost full").click()
    expect(page.get_by_role("heading", name="Disk almost full")).to_be_visible()
    check(page)
    page.locator(".menu summary").click()  # the menu
    check(page)


def test_public_pages(site, chromium, processes):
    processes.may_warn = True  # of the wrong password
    context = chromium.new_context(base_url=site.url, **ANY_LOOK)
    page = context.new_page()
    for path in PUBLIC:
        page.goto(path)
        check(page)
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
    context.close()


def test_panel_toasts_undo_and_shortcuts(site, open_page, alice, filled):
    page = open_page(alice, "/inbox/", **ANY_LOOK)
    is_enhanced(page)
    page.get_by_role("button", name=re.compile("^Notifications")).click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    site.notify("Something new", "--level", "critical", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Something new")
    check(page)
    page.keyboard.press("Escape")
    welcome = page.get_by_role("article", name="Welcome to Acme")
    welcome.get_by_role("button", name="Actions").click()
    welcome.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Dismiss: Something new").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    check(page)


def test_pages_without_javascript(open_page, alice, filled, processes):
    processes.may_warn = True
    # axe itself is a script, so the page's own are kept out instead of all.
    page = open_page(alice, "about:blank", allow_errors=True, **ANY_LOOK)
    page.route("**/*.js", lambda route: route.abort())
    for path in PRIVATE:
        page.goto(path)
        check(page)


def test_the_pictures_of_the_docs(site, open_page, alice, filled):
    for scheme in ("light", "dark"):
        desk = {"color_scheme": scheme, "viewport": {"width": 1000, "height": 760}}
        page = open_page(alice, "/inbox/", **desk)
        is_enhanced(page)
        take(page, f"inbox-{scheme}")
    page = open_page(
        alice, "/inbox/", viewport={"width": 1000, "height": 760}, reduced_motion="reduce"
    )
    is_enhanced(page)
    page.get_by_role("button", name=re.compile("^Notifications")).click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    is_still(page)
    take(page, "bell-panel", clip={"x": 340, "y": 0, "width": 600, "height": 640})
    page.keyboard.press("Escape")
    site.notify("Your table is free", "--body", "From 19:30.", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Your table is free")
    take(page, "toast", clip={"x": 500, "y": 560, "width": 500, "height": 200})
    page.get_by_role("link", name="Payment provider is down").first.click()
    expect(page.get_by_role("heading", name="Payment provider is down")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Notifications"))).to_be_visible()
    take(page, "detail", clip={"x": 0, "y": 0, "width": 1000, "height": 380})


def test_the_pictures_of_other_looks(open_page, alice, filled):
    desk = {"viewport": {"width": 1000, "height": 620}}
    page = open_page(alice, "/inbox/", **desk)
    is_enhanced(page)
    for title in ("Payment provider is down", "Your export is ready"):
        page.get_by_role("checkbox", name=f"Select: {title}").check(force=True)
    expect(page.get_by_text("2 selected").first).to_be_attached()
    page.mouse.move(0, 0)
    is_still(page)
    take(page, "inbox-selected")
    page.goto("/inbox/preferences/")
    take(page, "preferences")
    phone = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}
    page = open_page(alice, "/inbox/", **phone)
    is_enhanced(page)
    take(page, "inbox-phone")
    page = open_page(alice, "/inbox/", locale="ar", **phone)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator(".shortcuts").wait_for()
    take(page, "inbox-arabic")


def test_the_picture_of_the_elements_on_a_page(open_page, admin):
    """Which is a host's as much as ours: the page that shows them in three brands."""
    for title, fields in (
        ("Order 7 has left the warehouse", {"body": "It arrives on Friday.", "sender": "Shipping"}),
        ("Invoice 118 is due", {"body": "Northwind Traders, €4,180.00.", "sender": "Billing"}),
    ):
        audience = audiences.ChosenUsers.named([admin.username])
        acts.send(Message(title, **fields), audience=audience)
    page = open_page(admin, "/demo/", viewport={"width": 1000, "height": 700})
    brand = page.locator(".brand-harbour")
    expect(brand.get_by_role("listitem")).to_have_count(2)
    is_still(page)
    if IMAGES:
        brand.screenshot(path=Path(IMAGES) / "elements.png")


def test_the_picture_of_composing(site, open_page, admin, alice):
    page = open_page(
        admin, "/admin/notifications/notification/add/", viewport={"width": 1000, "height": 900}
    )
    page.get_by_label("Title").fill("The lift is out of order")
    page.get_by_label("Body").fill("A technician comes at 14:00. Please take the stairs.")
    page.get_by_label("Level").select_option("warning")
    page.get_by_label("Everyone").check()
    expect(page.get_by_text("Reaches 2 people")).to_be_visible()
    take(page, "admin-compose")
