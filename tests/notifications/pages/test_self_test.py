"""The dashboard's test: sent to whoever asks and to nobody else, and followed by them alone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from notifications.inbox import reading
from notifications.models import InboxItem, Notification
from notifications.preferences import acts as preferences
from notifications.preferences.categories import Channels
from notifications.sending import self_test
from tests.notifications.pages.test_dashboard import browser, nothing_read_before, staff

__all__ = ["browser", "nothing_read_before", "staff"]

pytestmark = pytest.mark.django_db

URL = "/dashboard/test/"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def one_window(monkeypatch):
    """However long a test takes, no second one may be sent meanwhile."""
    monkeypatch.setattr(self_test, "EVERY_S", 10**12)


@pytest.fixture
def press(browser, django_capture_on_commit_callbacks):
    def act(**options):
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(URL, **options)

    return act


def steps_of(said):
    return {step["key"]: (step["text"], step["done"]) for step in said["steps"]}


def test_the_form_sends_one_to_oneself_and_shows_its_way(press, browser, staff, alice):
    answer = press()
    sent = Notification.objects.get()
    assert answer["Location"] == f"/dashboard/?test={sent.pk}#test"
    assert list(sent.items.values_list("inbox__user", flat=True)) == [staff.pk]
    page = browser.get(answer["Location"]).content.decode()
    for text in ("Your test", "Accepted", "Dispatched", "Delivered", "Not yet", "Look again"):
        assert text in page
    item = InboxItem.objects.get()
    sent.items.update(delivered_at=sent.created_at + timedelta(seconds=1.4))
    page = browser.get(answer["Location"]).content.decode()
    assert "after 1.4 s" in page
    took_ms = (item.arrived_at - sent.created_at).total_seconds() * 1000
    assert f"after {took_ms:.0f} ms" in page
    assert f"test={sent.pk}" not in page  # nothing more is to be waited for


def test_the_script_is_told_the_same(press, browser):
    said = press(headers=JSON).json()
    sent = Notification.objects.get()
    assert (said["id"], said["over"], said["said"]) == (str(sent.pk), False, "")
    assert steps_of(said)["delivered"] == ("Not yet", False)
    # It is dispatched at the commit, which comes after the answer in a test.
    assert steps_of(browser.get(f"{URL}{sent.pk}/").json())["dispatched"][1]
    sent.items.update(delivered_at=sent.created_at + timedelta(seconds=2))
    said = browser.get(f"{URL}{sent.pk}/").json()
    assert (said["over"], steps_of(said)["delivered"]) == (True, ("after 2.0 s", True))


def test_a_second_one_is_not_sent_at_once(press, browser):
    first = press(headers=JSON).json()
    again = press(headers=JSON).json()
    assert (again["id"], again["said"]) == (
        first["id"],
        "A test was sent just now. Wait a few seconds.",
    )
    page = browser.get(press()["Location"]).content.decode()
    assert "A test was sent just now." in page
    assert Notification.objects.count() == 1
    # It is the same limit as that of the page of preferences.
    page = browser.post("/inbox/preferences/", {"op": "test"}, follow=True).content.decode()
    assert "A test was sent just now." in page


def test_whoever_may_not_watch_sends_none(alice, staff):
    client = Client()
    assert client.post(URL)["Location"].startswith("/accounts/login/")
    assert client.post(URL, headers=JSON).status_code == 401
    client.force_login(alice)
    assert client.post(URL).status_code == client.post(URL, headers=JSON).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    assert client.post(URL).status_code == 403  # who is no staff has no use of the permission
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff)
    assert strict.post(URL).status_code == strict.post(URL, headers=JSON).status_code == 403
    assert not Notification.objects.exists()


def test_nobody_follows_what_is_no_test_of_theirs(press, browser, send, staff, user):
    other = user("other", is_staff=True)
    other.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    press()
    theirs, news = Notification.objects.get(), send("News", to=[other])
    stranger = Client()
    stranger.force_login(other)
    for pk in (theirs.pk, news.pk, "0", "x", 10**30):
        assert stranger.get(f"{URL}{pk}/").status_code == 404
        page = stranger.get("/dashboard/", {"test": pk}).content.decode()
        assert 'data-step="accepted"' not in page


def test_what_preferences_keep_out_is_said(press, browser, staff, settings):
    settings.NOTIFICATIONS_PREFERENCES = {"general": {}}
    inbox_id = reading.head(staff.pk).inbox_id
    preferences.choose(staff.pk, rows={"general": Channels(inbox=False)})
    press()
    assert not InboxItem.objects.filter(inbox=inbox_id).exists()
    said = browser.get(f"{URL}{Notification.objects.get().pk}/").json()
    assert steps_of(said)["dispatched"] == ("Your preferences keep it out.", False)
    assert said["over"]


def test_after_a_minute_nobody_waits_any_more(press, browser):
    press()
    sent = Notification.objects.get()
    Notification.objects.update(created_at=sent.created_at - timedelta(minutes=2))
    said = browser.get(f"{URL}{sent.pk}/").json()
    expected = ("No client has said that it holds it.", False)
    assert (said["over"], steps_of(said)["delivered"]) == (True, expected)


def test_who_comes_by_the_address_of_the_form_is_led_back(browser):
    page = browser.get(URL, follow=True)
    assert page.redirect_chain[-1][0] == "/dashboard/"
    assert "so nothing was done" in page.content.decode()
    assert not Notification.objects.exists()
