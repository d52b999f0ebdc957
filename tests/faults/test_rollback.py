"""A send is part of the transaction that it is in: what is rolled back was never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from notifications.models import Inbox, InboxItem, Notification
from notifications.models.audiences import ChosenUsers, Everyone
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.processes import Processes

KEY = acts.IdempotencyKey("test", "key")


def assert_nothing_was_sent() -> None:
    assert not Notification.objects.exists()
    assert not InboxItem.objects.exists()
    assert not Inbox.objects.filter(revision__gt=0).exists()


def assert_the_key_still_sends(users: list[int]) -> None:
    again = acts.send(Message("To everyone"), audience=Everyone(), idempotency=KEY)
    assert again.created
    assert Ledger(sent={again.notification.pk: set(users)}).faults() == []


def test_a_send_that_is_rolled_back_was_never_sent(people: Callable[[int], list[int]]) -> None:
    users = people(10)

    with transaction.atomic():
        acts.send(Message("To some"), audience=ChosenUsers(users[:3], "some"))
        acts.send(Message("To everyone"), audience=Everyone(), idempotency=KEY)
        transaction.set_rollback(True)

    assert_nothing_was_sent()
    assert_the_key_still_sends(users)


def test_a_sender_killed_before_its_commit_has_sent_nothing(
    processes: Processes, people: Callable[[int], list[int]], tmp_path: Path
) -> None:
    users = people(10)
    sender = processes.actor("send_and_wait", journal=tmp_path / "sender", users=users[:3])
    processes.begin(sender)
    processes.until(lambda: "sent" in sender.output(), "it has sent, in its transaction")
    assert_nothing_was_sent()

    sender.kill()

    assert_nothing_was_sent()
    # Nor is there anything left that others would have to wait for.
    assert_the_key_still_sends(users)
