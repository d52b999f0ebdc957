"""Senders and recipients as processes of their own: ``python -m tests.support.actors NAME …``.

An actor says "ready", begins at the first line of its input, and writes what was acknowledged to
it into its journal. It handles no errors: whoever started it looks at its status and its log.
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from notifications.inbox import acts as inbox_acts  # noqa: E402
from notifications.inbox import reading  # noqa: E402
from notifications.models import InboxItem, Notification, Status  # noqa: E402
from notifications.models.audience import Audience  # noqa: E402
from notifications.models.audiences import ChosenUsers, Everyone, Groups  # noqa: E402
from notifications.sending import acts as sending_acts  # noqa: E402
from notifications.sending.dispatch import Dispatch  # noqa: E402
from notifications.wire.message import Message  # noqa: E402
from tests.support.ledger import Journal  # noqa: E402
from tests.support.told import told  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOON = timezone.now() + timedelta(hours=1)

# A JSON object knows its keys as text.
Members = dict[str, list[int]]


class Writer:
    """Acts at random, as senders and as the recipients of a few inboxes."""

    def __init__(self, journal: Journal, seed: int, users: list[int], groups: Members) -> None:
        self._journal = journal
        self._random = random.Random(seed)
        self._users = users
        self._groups = groups

    def act(self) -> None:
        acts: dict[Callable[[], None], int] = {
            self._send_to_users: 3,
            self._send_to_group: 1,
            self._act_on_chosen: 7,
            self._act_on_all: 2,
            self._withdraw: 1,
        }
        (act,) = self._random.choices(list(acts), weights=list(acts.values()))
        act()

    def _send_to_users(self) -> None:
        chosen = self._random.sample(self._users, self._random.randint(1, 8))
        self._send(ChosenUsers(chosen, "some"), chosen)

    def _send_to_group(self) -> None:
        pk, members = self._random.choice(list(self._groups.items()))
        self._send(Groups([int(pk)], "a group"), members)

    def _send(self, audience: Audience, recipients: list[int]) -> None:
        sent = sending_acts.send(Message("Something happened"), audience=audience)
        self._journal.sent(sent.notification.pk, recipients)

    def _act_on_chosen(self) -> None:
        act = self._random.choice(
            [
                inbox_acts.mark_seen,
                inbox_acts.mark_read,
                inbox_acts.mark_unread,
                inbox_acts.archive,
                inbox_acts.restore,
                lambda user, which: inbox_acts.snooze(user, which, SOON),
            ]
        )
        user = self._random.choice(self._users)
        rows = InboxItem.objects.order_by("pk").values_list("notification_id", flat=True)
        held, any_ids = list(rows.filter(inbox__user=user)), list(rows[:100])
        # The last one may well be somebody else's.
        ids = {
            *self._random.sample(held, min(len(held), 4)),
            *self._random.sample(any_ids, min(len(any_ids), 1)),
        }
        self._note(user, act(user, inbox_acts.Chosen(ids)))

    def _act_on_all(self) -> None:
        act = self._random.choice([inbox_acts.mark_seen, inbox_acts.mark_read, inbox_acts.archive])
        user = self._random.choice(self._users)
        head = reading.head(user)
        # Sometimes what the recipient saw a while ago.
        upto = max(0, head.revision - self._random.choice([0, 0, 3, 10]))
        self._note(user, act(user, inbox_acts.AllUpTo(head.epoch, upto)))

    def _withdraw(self) -> None:
        sent = Notification.objects.filter(status__in=sending_acts.REMOVABLE)
        pks = list(sent.order_by("-pk").values_list("pk", flat=True)[:10])
        if pks:
            pk = self._random.choice(pks)
            if sending_acts.withdraw(pk):
                self._journal.withdrawn(pk)

    def _note(self, user: int, result: inbox_acts.Result) -> None:
        if result.changed:
            self._journal.acted(user, result.revision)


class Follower:
    """A client of one inbox that knows nothing but the changes since where it was."""

    def __init__(self, user: int) -> None:
        self._user = user
        self._revision = 0
        self._held: dict[str, dict[str, Any]] = {}

    def look(self) -> None:
        """Take in what is new; the counters must be those of what is then held."""
        changes = told(self._user, self._revision)
        assert changes.since is not None, "more changes than one answer tells"
        assert changes.revision >= self._revision
        for notification in changes.notifications:
            assert notification["revision"] > self._revision
            self._held[notification["id"]] = notification
        for gone in changes.removed:
            self._held.pop(gone, None)
        self._revision = changes.revision
        assert changes.counts == self._counts(), f"inbox {self._user}: {changes}"

    def compare(self) -> None:
        """What it holds in the end must be what a client holds that begins now."""
        self.look()
        fresh = Follower(self._user)
        fresh.look()
        assert self._held == fresh._held, f"inbox {self._user}"

    def _counts(self) -> dict[str, int]:
        listed = [n for n in self._held.values() if not (n["archived_at"] or n["snoozed_until"])]
        unread = [n for n in listed if not n["read_at"]]
        return {"unread": len(unread), "unseen": sum(not n["seen_at"] for n in unread)}


def act_at_random(
    journal: Journal, *, seed: int, act_count: int, users: list[int], groups: Members
) -> None:
    writer = Writer(journal, seed, users, groups)
    for _ in range(act_count):
        writer.act()


def follow(_journal: Journal, *, seed: int, users: list[int]) -> None:
    """Look at the inboxes in any order, until told to end."""
    chance = random.Random(seed)
    followers = [Follower(user) for user in users]
    for _ in _until_told():
        chance.choice(followers).look()
    for follower in followers:
        follower.compare()


def read_all_at_random(journal: Journal, *, seed: int, users: list[int]) -> None:
    """Mark everything read in the inboxes of any of the users, until told to end."""
    chance = random.Random(seed)
    for _ in _until_told():
        user = chance.choice(users)
        head = reading.head(user)
        result = inbox_acts.mark_read(user, inbox_acts.AllUpTo(head.epoch, head.revision))
        if result.changed:
            journal.acted(user, result.revision)


def send_large(journal: Journal, *, users: list[int], rounds: int) -> None:
    """Send to a third of the users, to the next, to the last, and then to everyone.

    Each time it says so, and waits for a line: then senders begin at the same moment.
    """
    for turn in range(rounds):
        third = [pk for pk in users if pk % 3 == turn]
        audience = ChosenUsers(third, "a third") if turn < 3 else Everyone()
        print(f"ready for {turn}", flush=True)
        sys.stdin.readline()
        pk = sending_acts.send(Message("Something happened"), audience=audience).notification.pk
        # As the command does: no other process need be there.
        Dispatch(pk).run()
        assert Notification.objects.get(pk=pk).status == Status.SENT
        journal.sent(pk, third if turn < 3 else users)


def send_and_wait(_journal: Journal, *, users: list[int]) -> None:
    """Send in a transaction, say so, and never come to its commit."""
    with transaction.atomic():
        sending_acts.send(Message("To some"), audience=ChosenUsers(users, "some"))
        sending_acts.send(
            Message("To everyone"),
            audience=Everyone(),
            idempotency=sending_acts.IdempotencyKey("test", "key"),
        )
        print("sent", flush=True)
        sys.stdin.readline()


def notify(_journal: Journal, *, arguments: list[str]) -> None:
    """Run the command; say so once it has looked for its key and found it unused."""

    def telling(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("SELECT") and "idempotency_key" in sql.partition("WHERE")[2]:
            print("asked", flush=True)
        return result

    with connection.execute_wrapper(telling):
        call_command("notify", *arguments)


ACTORS = {
    act.__name__: act
    for act in (act_at_random, follow, read_all_at_random, send_large, send_and_wait, notify)
}


def _until_told() -> Iterator[None]:
    """One round after another, until the next line of the input."""
    while not select.select([sys.stdin], [], [], 0)[0]:
        yield


def main(name: str, journal: str, job: str) -> None:
    # Connecting takes longer, and less evenly, than what actors are to do at the same moment.
    connection.ensure_connection()
    print("ready", flush=True)
    if sys.stdin.readline():
        ACTORS[name](Journal(Path(journal)), **json.loads(job))


if __name__ == "__main__":
    main(*sys.argv[1:])
