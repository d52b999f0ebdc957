"""An alert reaches the open page the moment it is committed, from any process."""

import json
import re

from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from tests.conftest import PASSWORD


def is_live(page):
    """Wait until the page's connection is up, as the bell tells."""
    bell = page.locator("notification-bell")
    bell.get_by_role("button").first.click()
    expect(bell.get_by_text("Live", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    return page


def badge(page):
    return page.locator("notification-bell").get_by_role("button").first


def test_who_signs_in_and_leaves_the_page_open_sees_what_comes(site, chromium, alice):
    alice.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    alice.save()
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    is_live(page)
    site.notify("Your export is ready", "--user", "alice", "--body", "It has 7 rows.")
    row = page.locator("[data-inbox]").get_by_role("link", name="Your export is ready")
    expect(row).to_be_visible()
    expect(page.locator("notification-toast")).to_contain_text("Your export is ready")
    expect(badge(page)).to_have_accessible_name(re.compile("1 unread"))
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    context.close()


def test_what_is_read_in_one_window_is_read_in_the_other(site, open_page, alice):
    one, other = is_live(open_page(alice)), is_live(open_page(alice))
    site.notify("Hello", "--user", "alice")
    for page in (one, other):
        expect(badge(page)).to_have_accessible_name(re.compile("1 unread"))
    one.locator("[data-inbox]").get_by_role("button", name="Mark as read").click()
    for page in (one, other):
        expect(badge(page)).not_to_have_accessible_name(re.compile("unread"))
        expect(page).not_to_have_title(re.compile(r"^\("))


def test_a_server_that_is_killed_is_come_back_to_and_nothing_is_missed(own_site, open_page, alice):
    site = own_site
    page = is_live(open_page(alice, allow_errors=True, base_url=site.url))
    site.notify("Before", "--user", "alice")
    expect(page.locator("[data-inbox]").get_by_role("link", name="Before")).to_be_visible()
    site.kill()
    for n in range(3):
        site.notify(f"Meanwhile {n}", "--user", "alice")
    site.start()
    for n in range(3):
        row = page.locator("[data-inbox]").get_by_role("link", name=f"Meanwhile {n}")
        expect(row).to_have_count(1, timeout=30_000)
    expect(badge(page)).to_have_accessible_name(re.compile("4 unread"))
    # One summary for all that came meanwhile, and not a toast for each.
    expect(page.locator("notification-toast")).to_contain_text(re.compile("3"))
    site.notify("After", "--user", "alice")
    expect(page.locator("[data-inbox]").get_by_role("link", name="After")).to_be_visible()


# Each would set it, were it ever markup.
HOSTILE = [
    "<img src=x onerror=window.__x=1>",
    "<script>window.__x = 1</script>",
    "</title><script>window.__x = 1</script>",
    "</textarea><script>window.__x=1</script>",
    '"><svg onload=window.__x=1>',
    "' onmouseover='window.__x=1",
    "<iframe srcdoc='<script>top.__x=1</script>'></iframe>",
    "<a href=javascript:window.__x=1>x</a>",
    "<style>*{display:none}</style>",
    "<math><mtext><img src=x onerror=window.__x=1>",
    "<!--><img src=x onerror=window.__x=1>-->",
    "&lt;script&gt;window.__x=1&lt;/script&gt;",
    "{{ constructor.constructor('window.__x=1')() }}",
    "${window.__x=1}",
    "{% debug %}",
    "\u200fright to left",
]


def shows_only_text(page, seen, texts=HOSTILE):
    for text in texts:
        expect(seen.filter(has_text=text).first).to_be_visible()
    assert page.evaluate("window.__x") is None
    assert page.locator("img[src=x], svg[onload], iframe, [onmouseover]").count() == 0


def test_hostile_text_is_shown_as_text(site, open_page, alice, admin, tmp_path):
    page = is_live(open_page(alice))
    lines = [
        {"audience": {"users": ["alice"]}, "title": text, "body": text, "thread": text}
        for text in HOSTILE
    ]
    path = tmp_path / "hostile.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    site.notify("--jsonl", str(path))
    shows_only_text(page, page.locator("[data-inbox]").get_by_role("link"))
    expect(page.locator("notification-toast")).to_contain_text(re.compile(r"\S"))
    badge(page).click()
    panel = page.get_by_role("dialog", name="Notifications")
    shows_only_text(page, panel.get_by_role("listitem"), HOSTILE[-10:])  # it shows no more
    page.keyboard.press("Escape")
    page.reload()
    shows_only_text(page, page.locator("[data-inbox]").get_by_role("link"))
    page = open_page(admin, "/admin/notifications/notification/")
    shows_only_text(page, page.locator("#result_list .field-title"))


def test_charlie_sees_nothing_of_alices(site, open_page, alice, charlie):
    watched, other = is_live(open_page(alice)), is_live(open_page(charlie))
    site.notify("For alice alone", "--user", "alice")
    link = watched.locator("[data-inbox]").get_by_role("link", name="For alice alone")
    expect(link).to_be_visible()
    site.notify("For both", "--user", "alice", "--user", "charlie")
    link = other.locator("[data-inbox]").get_by_role("link", name="For both")
    expect(link).to_be_visible()
    assert "For alice alone" not in other.content()


def test_everything_is_there_without_javascript_too(site, open_page, alice):
    site.notify("Hello", "--user", "alice")
    page = open_page(alice, java_script_enabled=False)
    expect(page.locator("[data-inbox]").get_by_role("link", name="Hello")).to_be_visible()
    # Of the row: until the styles are there, nothing hides what is for many.
    row = page.get_by_role("article", name="Hello")
    row.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("You're all caught up.")).to_be_visible()
    page.get_by_role("link", name="Archived").click()
    row.get_by_role("button", name="Move to inbox").click()
    expect(page.get_by_text("Nothing archived yet.")).to_be_visible()
