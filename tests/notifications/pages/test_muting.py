"""Muting from a row of the inbox, without JavaScript."""

import re

import pytest

from notifications.models import InboxItem, InboxRule


def offered(page):
    return re.findall(r'value="(mute-\w+)"', page.content.decode())


def press(browser, op, one):
    form = {"op": op, "notification": one.pk, "filter": "inbox"}
    return browser.post("/inbox/actions/", form, follow=True)


def test_a_row_offers_what_there_is_of_it_to_mute(browser, send, alice):
    send("Hello", to=[alice], sender="Robot", thread="a", category="news")
    page = browser.get("/inbox/")
    assert offered(page) == ["mute-thread", "mute-sender", "mute-category"]
    assert "Mute Robot" in page.content.decode()
    assert "Mute category News" in page.content.decode()


def test_of_what_is_required_nothing_is_offered_and_nothing_is_muted(
    browser, send, alice, settings
):
    settings.NOTIFICATIONS_PREFERENCES = {"billing": {"is_locked": True}}
    for given in ({"category": "billing"}, {"level": "critical"}):
        one = send("Hello", to=[alice], sender="Robot", thread="a", **given)
        assert offered(browser.get("/inbox/")) == []
        press(browser, "mute-sender", one)
        assert not InboxRule.objects.exists()


@pytest.mark.parametrize("kind", ["thread", "sender", "category"])
def test_muting_keeps_out_what_comes_and_is_taken_back(browser, send, alice, kind):
    said = {"sender": "Robot", "thread": "a", "category": "news"}
    one = send("Hello", to=[alice], **said)
    page = press(browser, f"mute-{kind}", one).content.decode()
    assert "Muted: " in page
    undoing = re.search(r'form="undo" name="op" value="([\w-]+)"', page).group(1)
    send("Again", to=[alice], **said)
    assert InboxItem.objects.count() == 1
    assert "muted already" in press(browser, f"mute-{kind}", one).content.decode()
    press(browser, undoing, one)
    send("Again", to=[alice], **said)
    assert InboxItem.objects.count() == 2


def test_nobody_mutes_by_what_is_not_in_their_inbox(browser, send, bob):
    one = send("Hello", to=[bob], sender="Robot")
    press(browser, "mute-sender", one)
    assert not InboxRule.objects.exists()
