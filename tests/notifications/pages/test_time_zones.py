"""Pages are drawn in the reader's time zone, and say which it is."""

from datetime import UTC, datetime

import pytest

from config.time_zones import COOKIE
from notifications.models import InboxItem
from notifications.pages.moments import zone_named

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def item(send, alice):
    send(to=[alice])
    InboxItem.objects.update(arrived_at=NOON)
    return InboxItem.objects.get()


@pytest.fixture
def page(client, alice, admin):
    def get(path, zone=None, user=alice):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        if zone is not None:
            client.cookies[COOKIE] = zone
        return client.get(path).content.decode()

    return get


def test_who_told_no_zone_reads_the_servers_and_its_name(page, item):
    for path in ("/inbox/", f"/inbox/{item.notification_id}/"):
        assert "1 Jul 2026 12:00 UTC" in page(path)


def test_whoever_told_theirs_reads_it_everywhere(page, item, admin):
    for path in ("/inbox/", f"/inbox/{item.notification_id}/"):
        assert "1 Jul 2026 14:00 CEST" in page(path, "Europe/Berlin")
    listed = f"/admin/notifications/notification/{item.notification_id}/change/"
    assert " JST" in page(listed, "Asia/Tokyo", admin)
    assert " JST" in page("/admin/notifications/notification/", "Asia/Tokyo", admin)


def test_the_day_of_a_notification_is_its_readers(page, item):
    InboxItem.objects.update(arrived_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert "Wednesday 1 July" in page("/inbox/")
    assert "Thursday 2 July" in page("/inbox/", "Europe/Berlin")


@pytest.mark.parametrize("bad", ["", "Mars/Phobos", "../../etc/passwd", "x" * 65, "Europe", "\0"])
def test_what_is_no_zone_is_none(bad):
    assert zone_named(bad) is None


@pytest.mark.parametrize("bad", ["", "Mars/Phobos", "../../etc/passwd", "Europe"])
def test_a_cookie_of_nonsense_changes_nothing(page, item, bad):
    assert "1 Jul 2026 12:00 UTC" in page("/inbox/", bad)


def test_devices_say_theirs_too(page, alice):
    drawn = page("/accounts/devices/", "Asia/Tokyo")
    assert drawn.count(" JST</time>") == 2
