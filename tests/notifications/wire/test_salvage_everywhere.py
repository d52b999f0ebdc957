"""A row that was written around the model is shown as what is left of it, and hurts nobody else.

Each kind of bad row goes through each door, with bob's inbox read in the same batch as alice's.
"""

import json
import logging
import re

from django.db import connection
from django.urls import reverse

from notifications.api.schemas import NotificationOut
from notifications.models import InboxItem, Notification, Status
from notifications.push import hints, installation
from notifications.push.catch_up import Ask, catch_up
from notifications.sending import dispatch, small_sends
from notifications.sending.signals import inboxes_changed
from notifications.wire import contract, salvage
from notifications.wire.frames import Cursor

ON_SQLITE = connection.vendor == "sqlite"
JSON = {
    "actions of numbers": ("actions", "[1]"),
    "actions are an object": ("actions", '{"a": 1}'),
    "actions are null": ("actions", "null"),
    "an action's url is null": ("actions", '[{"label": "Go", "url": null}]'),
    "an action's url is a script": ("actions", '[{"label": "Go", "url": "javascript:x"}]'),
    "an action has no label": ("actions", '[{"url": "/"}]'),
    "an action's label is long": ("actions", json.dumps([{"label": "x" * 41, "url": "/"}])),
    "many actions": ("actions", json.dumps([{"label": "x", "url": "/"}] * 9)),
    "actions are text": ("actions", '"Go"'),
    "data is a list": ("data", "[1]"),
    "data is null": ("data", "null"),
    "data is a number": ("data", "5"),
    "data is large": ("data", json.dumps({"x": "y" * 200_000})),
    "data is deep": ("data", '{"a":' * 900 + "1" + "}" * 900),
    "data holds a large integer": ("data", '{"x": 9007199254740993}'),
    "data holds 5,000 digits": ("data", '{"x": %s}' % ("9" * 5000)),
}
TEXT = {
    "the title is blank": ("title", " "),
    "control characters in the title": ("title", "a\x1b[2Jb"),
    "lines in the title": ("title", "a\nb"),
    "control characters in the body": ("body", "a\x07b"),
    "the category is empty": ("category", ""),
    "control characters in the sender": ("sender", "\x9b"),
    "control characters in the thread": ("thread", "\x01"),
    "the url has a blank": ("url", "/a b"),
    "the url has no host": ("url", "https://"),
    "the url has a user": ("url", "https://a@b"),
    "it expires at the end of time": ("expires_at", "9999-12-31 23:59:59+00:00"),
    "it was made before time": ("created_at", "0001-01-01 00:00:00+00:00"),
}
IN_SQLITE = {
    "surrogates in data": ("data", r'{"x": "\ud800"}'),
    "NUL in data": ("data", r'{"x": "\u0000"}'),
    "surrogates in an action": ("actions", r'[{"label": "\udfff", "url": "/"}]'),
    "data is a real number": ("data", 5),
    "NUL in the title": ("title", "a\0b"),
    "the title is no text": ("title", b"\xff\xfe"),
    "the body is no text": ("body", b"\xff"),
    "the category is no text": ("category", b"\xff"),
    "the category is long": ("category", "a" * 100_000),
    "the sender is long": ("sender", "a" * 100_000),
    "the thread is long": ("thread", "a" * 100_000),
    "the thread is no text": ("thread", b"\xff"),
    "it expires at a word": ("expires_at", "soon"),
    "it expires at a number": ("expires_at", 5),
    "it was made in a 13th month": ("created_at", "2026-13-01 00:00:00"),
    "it was made at bytes": ("created_at", b"\x00"),
}
IN_POSTGRESQL = {
    "it never expires": ("expires_at", "infinity"),
    "it was always there": ("created_at", "-infinity"),
    "it expires after Python's years": ("expires_at", "10001-01-01 00:00:00+00"),
}
BAD = JSON | TEXT | (IN_SQLITE if ON_SQLITE else IN_POSTGRESQL)
ITEMS = {
    "delivered at the end of time": ("delivered_at", "9999-12-31 23:59:59+00:00"),
    "arrived before time": ("arrived_at", "0001-01-01 00:00:00+00:00"),
} | (
    {"arrived at a word": ("arrived_at", "soon")}
    if ON_SQLITE
    else {"always there": ("arrived_at", "-infinity")}
)


def spoil(row, column, value):
    """Write it as somebody does who has never heard of the model."""
    cast = "::jsonb" if column in {"actions", "data"} and not ON_SQLITE else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {row._meta.db_table} SET "{column}" = %s{cast} WHERE id = %s', (value, row.pk)
        )


def check(shown, why):
    """What every client relies on; and that it fits a frame beside many of its like."""
    NotificationOut.model_validate(shown, strict=True)
    text = json.dumps(shown, ensure_ascii=False)
    assert len(text) < 10_000, why
    assert 1 <= len(shown["title"]) <= contract.TITLE_MAX_LENGTH, why
    assert not re.search("[\0-\x08\x0e-\x1f\ud800-\udfff]", text), why
    for name in ("arrived_at", "created_at", "seen_at", "expires_at"):
        moment = shown[name]
        assert moment is None or re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z", moment), why
    links = [shown["url"], *(action["url"] for action in shown["actions"])]
    assert all(link is None or link.startswith(("/", "https://")) for link in links), why


def read_together(alice, bob):
    """Both inboxes by one statement: what hers hold by id, in a snapshot and in changes; his."""
    first = catch_up([Ask(one.notifications_inbox.pk, None) for one in (alice, bob)])
    again = [Cursor(one.epoch, 0) for one in first]
    both = zip((alice, bob), again, strict=True)
    changes = catch_up([Ask(one.notifications_inbox.pk, cursor) for one, cursor in both])
    read = [one.listed or [entry.encoded for entry in one.changes] for one in (*first, *changes)]
    hers, his, hers_again, his_again = ([json.loads(one) for one in some] for some in read)
    assert [one["title"] for one in his + his_again] == ["Good"] * 2
    return [{one["id"]: one for one in some} for some in (hers, hers_again)]


def look_at_all_pages(client, admin, alice, whys):
    """What a browser and a program ask for; ``whys``: what is wrong, by the ids of the bad ones."""
    client.force_login(alice)
    page = client.get(reverse("notifications:inbox")).content.decode()
    listed = client.get("/api/v1/inbox", {"limit": 100}).json()["notifications"]
    assert {one["id"] for one in listed} >= {str(pk) for pk in whys}
    for one in listed:
        check(one, whys.get(int(one["id"])))
    for pk, why in whys.items():
        assert f'data-id="{pk}"' in page, why
        check(client.get(f"/api/v1/inbox/{pk}").json(), why)
        assert client.get(reverse("notifications:inbox-one", args=[pk])).status_code == 200, why
    client.force_login(admin)
    assert client.get(reverse("admin:notifications_notification_changelist")).status_code == 200
    items = reverse("admin:notifications_inboxitem_changelist")
    for pk, why in whys.items():
        where = reverse("admin:notifications_notification_change", args=[pk])
        assert client.get(where).status_code == 200, why
    assert client.get(items, {"notification": pk}).status_code == 200


def test_every_door_shows_what_is_left_of_a_notification(send, client, admin, alice, bob, caplog):
    salvage._logged.clear()
    whys = {send("Bad", to=[alice]).pk: why for why in BAD}
    good = send("Good", to=[alice, bob])
    for pk, why in whys.items():
        spoil(Notification(pk=pk), *BAD[why])
    for hers in read_together(alice, bob):
        assert set(hers) == {str(pk) for pk in (*whys, good.pk)}
        for pk, why in whys.items():
            check(hers[str(pk)], why)
    look_at_all_pages(client, admin, alice, whys)
    assert not [r for r in caplog.records if r.exc_info or r.levelno > logging.WARNING]
    said = [r.message for r in caplog.records if r.name == salvage.__name__]
    for pk, why in whys.items():
        column, value = BAD[why]
        of_it = [line for line in said if f"Notification {pk} " in line]
        # A moment that cannot be read, and need not be there, is none.
        is_silent = column == "expires_at" and not str(value).startswith("9999")
        assert len(of_it) == 1 - is_silent, why
        assert is_silent or column in of_it[0], why


def test_every_door_shows_what_is_left_of_an_item(send, client, admin, alice, bob, caplog):
    whys = {send("Bad", to=[alice]).pk: why for why in ITEMS}
    send("Good", to=[alice, bob])
    for pk, why in whys.items():
        spoil(InboxItem.objects.get(notification=pk), *ITEMS[why])
    for hers in read_together(alice, bob):
        for pk, why in whys.items():
            check(hers[str(pk)], why)
    look_at_all_pages(client, admin, alice, whys)
    assert not [r for r in caplog.records if r.exc_info or r.levelno > logging.WARNING]


def test_what_is_pushed_is_what_is_left(alice, bob):
    """Where the row was bad before it was dispatched, by itself or together with all the others."""
    pushed = []
    inboxes = {one.notifications_inbox.pk for one in (alice, bob)}

    def hear(changes, **_kwargs):
        here = installation.here()
        for _, event in hints.bulk(changes):
            pushed.extend(frame for *_, frame in hints.read(here.opened(event), inboxes))

    inboxes_changed.connect(hear)
    try:
        for why, (column, value) in BAD.items():
            row = Notification(title="Bad", audience_kind="users", audience_ids=[alice.pk, bob.pk])
            row.save()
            spoil(row, column, value)
            Notification.objects.filter(pk=row.pk).update(status=Status.SENDING)
            dispatch.Dispatch(row.pk).run()
            hers, his = (json.loads(frame)["notifications"] for frame in pushed)
            pushed.clear()
            check(hers[0], why)
            check(his[0], why)
        again = {"status": Status.SENDING, "cursor": 0, "upto": None, "lease_until": None}
        InboxItem.objects.all().delete()
        Notification.objects.update(**again)
        pks = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
        assert small_sends.send_together(pks) == ([], [])
        assert len(pushed) == 2 * len(pks)
        for frame in pushed:
            check(json.loads(frame)["notifications"][0], "together")
    finally:
        inboxes_changed.disconnect(hear)


def test_the_sender_of_a_bad_one_reads_its_report(client, send, alice, api_key):
    row, key = api_key("send:users", "read")
    bad = send("Bad", to=[alice])
    Notification.objects.filter(pk=bad.pk).update(sent_by=row.identity)
    spoil(bad, "actions", '{"a": 1}')
    where = f"/api/v1/notifications/{bad.pk}"
    answer = client.get(where, headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["item_count"]) == (200, 1)


def test_a_bug_in_showing_one_notification_costs_that_one_alone(monkeypatch, send, alice, bob):
    bad, good = send("Bad", to=[alice]), send("Good", to=[alice, bob])
    actions = salvage.Salvage.actions

    def fail(self, name):
        if self._row["title"] == "Bad":
            raise ZeroDivisionError("a bug")
        return actions(self, name)

    monkeypatch.setattr(salvage.Salvage, "actions", fail)
    for hers in read_together(alice, bob):
        assert hers[str(bad.pk)]["title"] == salvage.TITLE
        assert hers[str(good.pk)]["title"] == "Good"


def test_a_good_row_is_not_logged(send, alice, bob, caplog):
    send("Good", to=[alice, bob], url="/x", actions=[{"label": "Go", "url": "/"}], data={"x": 1})
    read_together(alice, bob)
    assert not [r for r in caplog.records if r.name == salvage.__name__]


if ON_SQLITE:  # PostgreSQL's columns hold numbers

    def test_an_item_that_is_nowhere_is_left_out(send, client, alice, bob):
        bad, good = send("Bad", to=[alice]), send("Good", to=[alice, bob])
        spoil(InboxItem.objects.get(notification=bad), "revision", "x")
        for hers in read_together(alice, bob):
            assert set(hers) == {str(good.pk)}
        client.force_login(alice)
        assert len(client.get("/api/v1/inbox").json()["notifications"]) == 1
        assert client.get(f"/api/v1/inbox/{bad.pk}").status_code == 404
