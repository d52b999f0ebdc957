"""Acts on what is selected, without JavaScript: one change each, and taken back by one button."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.inbox import acts
from notifications.inbox.acts import Chosen
from notifications.models import InboxItem


def press(browser, op, ones, **fields):
    ids = [one.pk for one in ones]
    form = {"op": op, "many": "1", "notification": ids, "filter": "inbox", **fields}
    return browser.post("/inbox/actions/", form, follow=True)


def undo(browser, page):
    text = page.content.decode()
    found = re.findall(r'<input form="undo" type="hidden" name="(\w+)" value="([^"]*)">', text)
    form = {"filter": "inbox", "op": re.search(r'form="undo" name="op" value="(\w+)"', text)[1]}
    for name, value in found:
        form.setdefault(name, []).append(value)
    return browser.post("/inbox/actions/", form, follow=True)


def states(alice):
    names = ("read_at", "archived_at", "snoozed_until", "saved_at")
    return {item.notification_id: [getattr(item, one) for one in names] for item in items(alice)}


def items(alice):
    return InboxItem.objects.filter(inbox=alice.notifications_inbox)


@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("read", "2 marked as read."),
        ("archive", "3 archived."),
        ("snooze-hour", "3 snoozed."),
        ("save", "3 saved."),
    ],
)
def test_an_act_on_many_is_one_change_and_one_undo_brings_all_back(browser, send, alice, op, said):
    ones = [send(f"n{n}", to=[alice]) for n in range(3)]
    acts.mark_read(alice.pk, Chosen({ones[0].pk}))
    before = states(alice)
    alice.notifications_inbox.refresh_from_db()
    revision = alice.notifications_inbox.revision
    page = press(browser, op, ones)
    alice.notifications_inbox.refresh_from_db()
    assert alice.notifications_inbox.revision == revision + 1
    assert said in page.content.decode()
    assert states(alice) != before
    undo(browser, page)
    assert states(alice) == before


@pytest.mark.parametrize("op", ["archive", "restore", "snooze-hour"])
def test_what_was_snoozed_is_snoozed_again_by_an_undo(browser, send, alice, op):
    ones = [send(f"n{n}", to=[alice]) for n in range(2)]
    for hours, one in enumerate(ones, start=2):
        until = timezone.now() + timedelta(hours=hours)
        acts.snooze(alice.pk, Chosen({one.pk}), until)
    before = states(alice)
    page = press(browser, op, ones)
    assert states(alice) != before
    undo(browser, page)
    assert states(alice) == before


def test_what_is_archived_is_moved_back_and_archived_again(browser, send, alice):
    ones = [send(f"n{n}", to=[alice]) for n in range(2)]
    acts.archive(alice.pk, Chosen({one.pk for one in ones}))
    page = press(browser, "restore", ones)
    assert items(alice).listed().count() == 2
    undo(browser, page)
    assert items(alice).archived().count() == 2


def test_of_nothing_it_says_so_and_somebody_elses_are_left_alone(browser, send, alice, bob):
    send("Hers", to=[alice])
    his = send("His", to=[bob])
    assert "Nothing was selected." in press(browser, "archive", []).content.decode()
    press(browser, "archive", [his])
    assert not InboxItem.objects.filter(archived_at__isnull=False).exists()


@pytest.mark.parametrize("form", [{"op": "burn"}, {"op": "read", "notification": range(1, 202)}])
def test_what_makes_no_sense_is_400(browser, form):
    assert browser.post("/inbox/actions/", {"many": "1", **form}).status_code == 400
