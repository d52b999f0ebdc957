"""A project as `startproject` makes it: its own users, sessions, settings and pages."""

import pytest

from tests.hosts import journey


@pytest.fixture
def shop(host):
    """Set up with as few lines as it takes."""
    journey.install(host)
    assert host.changed <= 7
    return host


def test_all_of_it_works_and_nothing_stays_behind(shop):
    assert "created=True" in shop.ask(journey.SET_UP)
    assert "shop" in shop.ask("import notifications, shop; print(shop)")
    assert "No changes detected" in shop.manage("makemigrations", "--check", "--dry-run")
    with journey.served(shop) as origin:
        browser = journey.Browser(origin)
        journey.taken(shop, browser)
        assert "Reaches" not in browser.get("/admin/notifications/notification/add/")
    assert "All is well." in shop.manage("doctor")
    journey.is_gone(shop)
