"""The page of preferences, without JavaScript."""

import re

import pytest

from notifications.inbox import reading
from notifications.models import InboxRule, Notification, Preferences
from notifications.preferences import acts
from notifications.preferences.choices import zones
from notifications.preferences.reading import of

URL = "/inbox/preferences/"
FORM = {
    "op": "save",
    "days": ["0", "4"],
    "start": "22:00",
    "end": "07:00",
    "zone": "Europe/Berlin",
    "toast_s": "20",
    "keys": "on",
    "theme": "dark",
}


def said(page):
    return re.sub(r"\s+", " ", page.content.decode())


def test_who_is_not_signed_in_is_asked_to(client, db):
    assert client.get(URL).url == f"/accounts/login/?next={URL}"


def test_one_save_keeps_all_of_it(browser, alice):
    before = reading.head(alice.pk).revision
    listed = ["general"]
    page = browser.post(
        URL, FORM | {"quiet": "on", "listed": listed, "on": ["general:inbox", "general:sound"]},
        follow=True,
    )  # fmt: skip
    assert "Preferences saved." in said(page)
    chosen = of(alice.pk)
    choices = chosen.choices
    assert (choices.toast_s, choices.keys, choices.theme) == (20, True, "dark")
    assert (choices.quiet.days, choices.quiet.zone) == ((0, 4), "Europe/Berlin")
    channels = next(row.channels for row in chosen.rows if row.category == "general")
    assert (channels.inbox, channels.toast, channels.sound) == (True, False, True)
    assert reading.head(alice.pk).revision == before + 1


def test_toasts_until_closed_and_keys_off(browser, alice):
    form = {name: value for name, value in FORM.items() if name != "keys"}
    browser.post(URL, form | {"toast_s": ""})
    choices = of(alice.pk).choices
    assert (choices.toast_s, choices.keys, choices.quiet) == (None, False, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"days": []}, "Choose at least one day."),
        ({"start": "25:00"}, "Write a time such as 22:00."),
        ({"zone": "Mars/Base"}, "Choose a time zone from the list"),
    ],
)
def test_an_error_is_said_and_leads_to_its_field_and_nothing_is_lost(browser, wrong, words):
    asked = FORM | {"quiet": "on", "listed": ["general"], "on": ["general:inbox"]} | wrong
    page = browser.post(URL, asked)
    assert page.status_code == 422
    (name,) = wrong
    assert f'<a href="#id_{name}">' in said(page)
    assert f'id="id_{name}"' in said(page)
    assert words in said(page)
    assert 'value="general:toast">' in said(page)
    assert not Preferences.objects.exists()


def test_a_locked_row_cannot_be_changed(browser, alice, settings):
    settings.NOTIFICATIONS_PREFERENCES = {"billing": {"is_locked": True}}
    assert "Required by your organisation" in said(browser.get(URL))
    browser.post(URL, FORM | {"listed": ["billing"]})
    assert not InboxRule.objects.exists()


def test_a_category_that_was_not_on_the_page_stays(browser, alice):
    acts.choose(alice.pk, rows={"news": of(alice.pk).choices.channels("news")})
    acts.mute(alice.pk, "category", "news")
    browser.post(URL, FORM | {"listed": ["general"], "on": ["general:inbox"]})
    assert [one.value for one in of(alice.pk).mutes] == ["news"]


def test_a_thread_is_muted_from_its_notification_and_that_is_undone(browser, alice, send):
    sent = send("Run 7", to=(alice,), thread="run-7", sender="Robot", category="deploys")
    page = browser.get(f"/inbox/{sent.pk}/")
    assert "Why did I get this?" in said(page)
    for label in ("Mute this thread", "Mute Robot", "Mute category Deploys"):
        assert label in said(page)
    asked = {"op": "mute", "kind": "thread", "value": "run-7", "notification": sent.pk}
    page = browser.post(URL, asked | {"title": "Run 7"}, follow=True)
    assert page.redirect_chain[-1][0] == f"/inbox/{sent.pk}/"
    assert "Muted: the thread of “Run 7”." in said(page)
    assert 'form="undo-mute" name="op" value="unmute"' in said(page)
    assert "The thread of “Run 7”" in said(browser.get(URL))
    browser.post(URL, asked | {"op": "unmute"})
    assert "Nothing is muted." in said(browser.get(URL))


def test_what_is_required_offers_no_mute(browser, alice, send):
    sent = send("Fire", to=(alice,), level="critical")
    page = said(browser.get(f"/inbox/{sent.pk}/"))
    assert "cannot be muted" in page
    assert "Mute category" not in page


@pytest.mark.parametrize("asked", [{"kind": "off", "value": "x"}, {"kind": "sender"}, {}])
def test_nothing_else_can_be_muted(browser, asked):
    assert browser.post(URL, {"op": "mute"} | asked).status_code == 400
    assert browser.post(URL, {"op": "nonsense"} | asked).status_code == 400


def test_a_test_comes_once_in_a_while(browser, alice, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(URL, {"op": "test"})
        browser.post(URL, {"op": "test"})
    assert Notification.objects.count() in {1, 2}  # two, where ten seconds ended between them
    assert reading.head(alice.pk).unread >= 1


def test_a_machine_without_data_of_zones_offers_utc(monkeypatch):
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert zones.__wrapped__() == {"UTC"}
