"""``manage.py notify`` from inside; tests/test_first_minutes.py runs it as a process."""

import io
import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError

from notifications.models import InboxItem, Notification
from notifications.sending import acts
from notifications.sending.dispatch import Dispatch

pytestmark = pytest.mark.django_db(transaction=True)


def notify(*arguments):
    out = io.StringIO()
    call_command("notify", *arguments, stdout=out)
    return out.getvalue()


def test_a_user_gets_it_and_the_command_says_so(alice, bob):
    said = notify("Hello", "--user", "alice", "--body", "text", "--level", "warning", "--url=/x")
    sent = Notification.objects.get()
    assert said == f"Notification {sent.pk} sent: 1 recipient.\n"
    assert (sent.title, sent.body, sent.level, sent.url) == ("Hello", "text", "warning", "/x")
    assert alice.notifications_inbox.items.count() == 1
    assert not bob.notifications_inbox.items.exists()


def test_options_may_be_repeated(alice, bob, charlie):
    alice.groups.add(Group.objects.create(name="staff"))
    bob.groups.add(Group.objects.create(name="ops"))
    assert "2 recipients" in notify("Hello", "--user=alice", "--user=bob")
    assert "2 recipients" in notify("Hello", "--group=staff", "--group=ops")
    assert "3 recipients" in notify("Hello", "--everyone")
    assert InboxItem.objects.count() == 7


def test_a_large_audience_needs_nobody_else(alice, bob, charlie, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 1
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    assert re.search("sent: 3 recipients", notify("Hello", "--everyone"))
    assert Notification.objects.get().item_count == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "nobody", "--user", "alice"], "Unknown user: 'nobody'. Nothing was sent."),
        (["--group", "nogroup"], "Unknown group: 'nogroup'. Nothing was sent."),
        (["--user", "no", "--user", "none"], "Unknown users: 'no', 'none'. Nothing was sent."),
        ([], "Name one audience"),
        (["--user", "alice", "--everyone"], "Name one audience"),
        (["--everyone", "--url", "javascript:x"], "url: A URL is a path on this site"),
        (["--everyone", "--level", "loud"], "invalid choice: 'loud'"),
        (["--everyone", "--data", "{"], "--data: not JSON"),
        (["--everyone", "--data", "[]"], "data: Data is a JSON object."),
        (["--everyone", "--key", ""], "idempotency_key: A key must not be empty."),
    ],
)
def test_what_cannot_be_sent_is_said_plainly(arguments, message, alice):
    with pytest.raises(CommandError, match=re.escape(message)):
        notify("Hello", *arguments)
    assert not Notification.objects.exists()


def test_a_key_sends_once(alice):
    notify("Hello", "--user=alice", "--key=k")
    assert "already, under this key" in notify("Hello", "--user=alice", "--key=k")
    with pytest.raises(CommandError, match="'k' was used for another"):
        notify("Other", "--user=alice", "--key=k")
    assert alice.notifications_inbox.items.count() == 1


def test_a_key_finishes_what_was_interrupted(alice, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "run", lambda job: False)  # died after the commit
        assert "sending" in notify("Hello", "--everyone", "--key=k")
    assert "sent (already" in notify("Hello", "--everyone", "--key=k")
    assert alice.notifications_inbox.items.count() == 1


def test_a_dry_run_checks_and_counts_but_sends_nothing(alice, bob):
    assert notify("Hello", "--everyone", "--dry-run") == (
        "Would reach 2 of everyone. Nothing was sent.\n"
    )
    with pytest.raises(CommandError, match="url"):
        notify("Hello", "--everyone", "--dry-run", "--url=x")
    assert not Notification.objects.exists()


def test_it_may_be_sent_later_and_end(alice):
    said = notify(
        "Hello", "--user=alice", "--send-at=2990-01-01T00:00:00+01:00", "--expires-at=2991-01-01"
    )
    sent = Notification.objects.get()
    assert said == f"Notification {sent.pk} scheduled: 1 recipient.\n"
    assert sent.send_at.isoformat() == "2989-12-31T23:00:00+00:00"
    assert sent.expires_at.isoformat() == "2991-01-01T00:00:00+00:00"
    assert not InboxItem.objects.exists()
    assert "sent: 1" in notify("Hello", "--user=alice", "--send-at=2020-01-01T00:00:00Z")
    for option in ("--send-at=soon", "--expires-at=2020-01-01"):
        with pytest.raises(CommandError, match=r"not a time|over already"):
            notify("Hello", "--user=alice", option)


def test_a_database_that_fails_is_said_plainly(alice, monkeypatch):
    def failing(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(acts, "send", failing)
    with pytest.raises(CommandError, match="database is locked"):
        notify("Hello", "--everyone")
