"""Times are in the reader's zone on every page, from the first one on."""

import re

from playwright.sync_api import expect

from notifications.models import Notification

TOKYO = {"timezone_id": "Asia/Tokyo", "locale": "en-GB"}
# As the browser abbreviates it, or Python does.
ZONE = r"(GMT\+9|JST)"


def test_pages_show_times_in_the_readers_zone(site, open_page, alice, admin):
    site.notify("Hello", "--user", "alice")
    one = Notification.objects.get().pk
    # Not drawn in that zone yet: no page has told it.
    page = open_page(alice, f"/inbox/{one}/", **TOKYO)
    expect(page.locator("article time")).to_have_text(re.compile(ZONE))
    page.goto("/accounts/devices/")
    for time in page.locator(".cards time").all():
        expect(time).to_have_text(re.compile(ZONE))
    assert {"name": "notifications_time_zone", "value": "Asia/Tokyo"}.items() <= max(
        page.context.cookies(), key=lambda cookie: cookie["name"] == "notifications_time_zone"
    ).items()


def test_what_an_admin_schedules_goes_out_at_that_hour_of_theirs(site, open_page, alice, admin):
    page = open_page(admin, "/admin/notifications/notification/add/", **TOKYO)
    expect(page.get_by_text("In Asia/Tokyo. Empty: at once.")).to_be_visible()
    page.get_by_label("Title").fill("Tomorrow")
    page.get_by_label("Everyone").check()
    page.get_by_label("Send at").fill("2035-01-01T09:00")
    page.get_by_role("button", name="Review and send").click()
    expect(page.get_by_text("1 Jan 2035 09:00 JST")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#result_list time")).to_have_text(re.compile("1 Jan 2035 09:00"))
    sent = Notification.objects.get()
    assert sent.send_at.isoformat() == "2035-01-01T00:00:00+00:00"
