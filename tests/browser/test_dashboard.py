"""The live dashboard in Chromium: it shows what happens, says when it does not know, and drains."""

import re

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from notifications.inbox import stats
from notifications.models import InboxItem, Process
from tests.browser.looks import ANY_LOOK, check
from tests.browser.test_live_push import is_live
from tests.support.processes import until


@pytest.fixture(scope="module", autouse=True)
def no_servers_of_others(servers):
    """Those that tests of other modules have shared: this one looks at all that there are."""
    servers.stop_special()


@pytest.fixture
def staff(alice):
    alice.is_staff = True
    alice.save()
    codenames = ["view_dashboard", "drain_process"]
    alice.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return alice


def state(page):
    return page.locator("p[data-state]")


def value(page, key):
    return page.locator(f'[data-value="{key}"]')


def test_the_dashboard_shows_what_is_open_pauses_and_has_no_fault(site, open_page, staff, bob):
    page = open_page(staff, "/dashboard/", **ANY_LOOK)
    expect(state(page)).to_have_text("Live")
    # Its own bell is one.
    expect(value(page, "websocket")).to_have_text("1")
    his = is_live(open_page(bob))
    expect(value(page, "websocket")).to_have_text("2")
    site.notify("Nobody reads this here", "--user", "bob")
    row = page.get_by_role("region", name="Last notifications").get_by_role("row").nth(1)
    expect(row).to_contain_text("Chosen users")
    assert "Nobody reads" not in page.content()
    plot = page.get_by_role("img", name=re.compile("^Streams. WebSocket: "))
    expect(plot).to_be_visible(timeout=30_000)
    page.locator("[data-chart=streams] summary").click()
    table = page.get_by_role("region", name="Streams, table")
    expect(table.get_by_role("columnheader")).to_have_text(["From", "WebSocket", "SSE", "Poll"])
    check(page)

    page.get_by_role("button", name="Pause").press("Enter")
    expect(state(page)).to_have_text("Paused")
    his.close()
    page.get_by_role("button", name="Pause", pressed=True).press("Enter")
    expect(value(page, "websocket")).to_have_text("1")


def steps(page):
    return page.get_by_role("region", name="Your test").get_by_role("listitem")


def test_a_test_is_sent_to_oneself_and_its_way_shown(site, open_page, staff, bob):
    page = open_page(staff, "/dashboard/", **ANY_LOOK)
    expect(state(page)).to_have_text("Live")
    expect(steps(page)).to_have_count(0)
    page.get_by_role("button", name="Send a test to me").press("Enter")
    # The page's own bell is a client of theirs.
    expect(steps(page)).to_have_text(
        [
            re.compile("^Accepted .*[0-9]"),
            re.compile("^Dispatched after [0-9]+ ms$"),
            re.compile("^Delivered after [0-9.]+ m?s$"),
        ]
    )
    check(page)
    assert list(InboxItem.objects.values_list("inbox__user", flat=True)) == [staff.pk]
    # Of each send it is said how soon it was there, once a dispatcher has added that up.
    stats.roll_up()
    row = page.locator("[data-event]")
    expect(row.get_by_role("cell").nth(6)).to_have_text(re.compile("^[0-9.]+ m?s$"))


def test_without_a_script_its_way_is_shown_as_it_is_now(site, open_page, staff):
    page = open_page(staff, "/dashboard/", java_script_enabled=False)
    page.get_by_role("button", name="Send a test to me").press("Enter")
    expect(steps(page)).to_have_text(
        [re.compile("^Accepted "), re.compile("^Dispatched after "), "Delivered Not yet"]
    )
    # Somebody's client holds it by the next look.
    is_live(open_page(staff))

    def is_there():
        page.get_by_role("region", name="Your test").get_by_role("link", name="Look again").click()
        return "after" in steps(page).nth(2).inner_text()

    until(is_there, "it is delivered", within_s=60)
    expect(page.get_by_role("region", name="Your test").get_by_role("link")).to_have_count(0)


def test_figures_that_are_old_are_said_to_be(open_page, own_site, processes, staff):
    processes.may_warn = True
    page = open_page(staff, "/dashboard/", base_url=own_site.url, allow_errors=True)
    expect(state(page)).to_have_text("Live")
    own_site.kill()
    expect(state(page)).to_have_text(re.compile(r"^Last update \d+ s ago$"))
    expect(page.locator("[data-dashboard]")).to_have_class(re.compile("stale"))
    own_site.start()
    expect(state(page)).to_have_text("Live", timeout=60_000)


def the_only_drain(page):
    """That of the process which is here; one that another test killed is shown for a while."""
    link = page.get_by_role("link", name=re.compile("^Drain "))
    expect(link).to_have_count(1, timeout=60_000)
    return link


def test_a_process_is_drained_by_keyboard_once_that_is_confirmed(open_page, site, staff):
    page = open_page(staff, "/dashboard/")
    link = the_only_drain(page)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Drain .*[?]$"))).to_be_visible()
    expect(page.get_by_text("It is the only process.")).to_be_visible()
    # It is the one that other tests share: it is asked in tests/sockets/test_dashboard.py.
    page.get_by_role("link", name="Leave it running").press("Enter")
    expect(state(page)).to_have_text("Live")
    assert not Process.objects.exclude(drain_asked_at=None).exists()


def test_what_a_frame_says_by_keys_is_said_in_the_viewers_language(site, open_page, staff):
    site.notify("One", "--user", "alice")
    for language, (reads, kind, sent, database) in {
        "de": ("de-DE", "Ausgewählte Benutzer", "Gesendet", "antwortet"),
        "ar": ("ar", "مستخدمون مختارون", "أُرسل", "تستجيب"),
    }.items():
        for js in (True, False):
            page = open_page(staff, "/dashboard/", locale=reads, java_script_enabled=js)
            expect(page.locator("html")).to_have_attribute("lang", language)
            if js:
                # Of what follows nothing is the server's any more.
                expect(page.locator("[data-points]").first).to_be_visible(timeout=60_000)
            row = page.locator("[data-event]").first
            expect(row).to_contain_text(kind)
            expect(row).to_contain_text(sent)
            expect(page.locator('[data-is="database"]')).to_contain_text(database)


def test_without_a_script_the_figures_of_now_are_a_table(open_page, site, staff):
    # Whose stream it shows, once its process has said so: without a script nobody waits for that.
    open_page(staff, "/dashboard/")
    page = open_page(staff, "/dashboard/", java_script_enabled=False)

    def has_processes():
        page.goto("/dashboard/")
        return page.get_by_role("region", name="Processes").is_visible()

    until(has_processes, "there is a process with a stream", within_s=60)
    expect(state(page)).to_contain_text("As of")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
