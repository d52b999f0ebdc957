"""What a model's save sends: with it or not at all, and it fails of nothing that is wrong here."""

import json
from functools import partial

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

import notifications
from notifications.models import InboxItem, Notification
from notifications.sending import on_save


class Failed(Exception):
    pass


@pytest.fixture
def on(rules_are_forgotten):
    """`on_save` of a row of the project with a user of its own."""
    return partial(notifications.on_save, LogEntry)


def row(user, text="an order", **values):
    return LogEntry(user=user, object_repr=text, action_flag=ADDITION, **values)


def titles(user):
    items = InboxItem.objects.filter(inbox__user=user).order_by("pk")
    return list(items.values_list("notification__title", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_save_sends_to_its_owner(on, alice, bob):
    on(to=lambda entry: entry.user, title=lambda entry: f"Placed: {entry}", url="/orders/")
    entry = row(alice)
    entry.save()
    assert titles(alice) == [f"Placed: {entry}"]
    assert titles(bob) == []
    assert Notification.objects.get().url == "/orders/"


@pytest.mark.django_db(transaction=True)
def test_both_are_committed_or_neither(on, alice):
    on(to=lambda entry: entry.user, title="Placed")
    with transaction.atomic():
        row(alice).save()
        assert Notification.objects.count() == 1
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    with transaction.atomic():
        row(alice).save()
        assert titles(alice) == []
    assert titles(alice) == ["Placed"]


def fails(_row):
    raise Failed


def breaks_the_transaction(_row):
    with connection.cursor() as cursor:
        cursor.execute("SELECT gone FROM nowhere")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failing", ["to", "title", "when", "body", "key"])
@pytest.mark.parametrize("failure", [fails, breaks_the_transaction])
def test_what_fails_is_logged_and_fails_no_save(on, alice, caplog, failing, failure):
    what = {"to": alice, "title": "Placed", failing: lambda *rows: failure(rows[0])}
    on(**what)
    on(to=alice, title="The next one")
    with transaction.atomic():
        row(alice).save()
        row(alice).save()
    assert LogEntry.objects.count() == 2
    assert titles(alice) == ["The next one"] * 2
    logged = [one for one in caplog.records if one.name == on_save.__name__]
    assert len(logged) == 2
    assert "of saving admin.LogEntry" in logged[0].getMessage()
    assert logged[0].exc_info[0] in {Failed} | {*DatabaseError.__subclasses__()}


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_said_fails_no_save(on, alice, caplog):
    on(to=alice, title=lambda entry: "")
    row(alice).save()
    assert titles(alice) == []
    assert LogEntry.objects.count() == 1
    assert "ValidationError" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nobody", [None, [], LogEntry.objects.none])
def test_nobody_is_nobody(on, alice, caplog, nobody):
    on(to=lambda _: nobody() if callable(nobody) else nobody, title="Placed")
    row(alice).save()
    assert not Notification.objects.exists()
    assert not caplog.records


def has_shipped(entry, before):
    return before is not None and before.action_flag != entry.action_flag == CHANGE


@pytest.mark.django_db(transaction=True)
def test_a_change_of_a_field_is_told_once(on, alice):
    on(to=alice, title="Shipped", when=has_shipped)
    entry = row(alice)
    entry.save()
    entry.object_repr = "something else"
    entry.save()
    assert titles(alice) == []
    entry.action_flag = CHANGE
    entry.save(update_fields=["object_repr"])
    assert titles(alice) == []  # that it was shipped is not stored yet
    entry.save()
    entry.save()
    assert titles(alice) == ["Shipped"]
    again = LogEntry.objects.get()  # loaded anew, it is not new
    again.save()
    assert titles(alice) == ["Shipped"]


@pytest.mark.django_db(transaction=True)
def test_what_is_new_has_nothing_before_it(on, alice):
    on(to=alice, title="Placed", when=lambda _, before: before is None)
    entry = row(alice)
    entry.save()
    entry.save()
    assert titles(alice) == ["Placed"]


@pytest.mark.django_db(transaction=True)
def test_a_key_sends_once_for_each_row(on, alice):
    on(to=alice, title="Placed", key=lambda entry: f"placed-{entry.pk}")
    for entry in (row(alice), row(alice)):
        entry.save()
        entry.save()
    assert titles(alice) == ["Placed"] * 2


@pytest.mark.django_db(transaction=True)
def test_fixtures_and_writes_in_bulk_send_nothing(on, alice, tmp_path):
    on(to=alice, title="Placed", when=lambda *_: True)
    LogEntry.objects.bulk_create([row(alice)])
    LogEntry.objects.update(object_repr="in bulk")
    fields = {
        "user": alice.pk, "action_flag": ADDITION, "object_repr": "x",
        "action_time": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    fixture = tmp_path / "entries.json"
    entry = {"model": "admin.logentry", "pk": 70, "fields": fields}
    fixture.write_text(json.dumps([entry]), "utf-8")
    call_command("loaddata", str(fixture), verbosity=0)
    assert LogEntry.objects.count() == 2
    assert not Notification.objects.exists()


def test_what_no_notification_has_is_refused_at_once(on):
    with pytest.raises(TypeError, match="A notification has no colour"):
        on(to=notifications.everyone, title="Placed", colour="red")
