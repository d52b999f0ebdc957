"""The diagnostics page as the server draws it."""

import pytest


def test_it_is_for_any_signed_in_user(browser, client):
    page = browser.get("/diagnostics/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-cache"
    assert b"Measured, not live" in page.content
    client.logout()
    assert client.get("/diagnostics/")["Location"] == "/accounts/login/?next=/diagnostics/"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("", 30), ("10", 10), ("1", 5), ("999", 30), ("61", 60), ("-5", 30), ("x", 30), ("٣٠", 30)],
)
def test_how_long_a_test_takes_is_bounded(browser, asked, seconds):
    page = browser.get("/diagnostics/", {"seconds": asked}).content.decode()
    assert f'data-seconds="{seconds}"' in page
    assert f"Start the {seconds} s test" in page


def test_pages_lead_to_it_unless_it_is_off(browser, settings):
    link = b'<a href="/diagnostics/">'
    assert link in browser.get("/inbox/").content
    settings.NOTIFICATIONS_BASE_TEMPLATE = "notifications/base.html"
    assert link in browser.get("/inbox/").content
    settings.NOTIFICATIONS_DIAGNOSTICS = False
    assert link not in browser.get("/inbox/").content
    assert browser.get("/diagnostics/").status_code == 404


def test_nothing_of_it_is_inline(browser):
    page = browser.get("/diagnostics/").content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script") == page.count('<script type="module" src=')
