"""Senders that go on whatever happens, and write down what they were told: by ORM, API and command.

Each send has an idempotency key. Of those whose outcome is unknown a part is tried again with it,
until the sender knows; the others are left, and may have had an effect or not.
"""

from __future__ import annotations

import json
import random
import select
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.history import Outcome, SendLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.servers import Server

    # A send's outcome, and what more is known of it: fields of the history's ``Send``.
    Send = Callable[[str, list[int]], tuple[Outcome, dict[str, Any]]]

_ACCEPTED = {200, 201}
_REFUSED = range(400, 500)
# How many of all that failed are tried again.
_TRIED_AGAIN = 0.5


class Plan:
    """What is sent next, and to whom, by a seed; at a leisurely pace."""

    def __init__(self, prefix: str, seed: int, users: Sequence[int], pause_s: float) -> None:
        self._prefix = prefix
        self._chance = random.Random(seed)
        self._users = users
        self._pause_s = pause_s

    def sends(self, ended: Callable[[float], bool]) -> Iterator[tuple[str, list[int]]]:
        """Args: ended: waits so many seconds, unless it is over before; whether it is."""
        number = 0
        while not ended(self._chance.uniform(0, 2 * self._pause_s)):
            number += 1
            count = self._chance.randint(1, len(self._users))
            yield f"{self._prefix}-{number}", sorted(self._chance.sample(self._users, count))

    def tries_again(self) -> bool:
        return self._chance.random() < _TRIED_AGAIN


def send_once(log: SendLog, send: Send, title: str, recipients: list[int]) -> Outcome:
    """Send, and write down what came of it and how long it took."""
    began_at = time.monotonic()
    outcome, known = send(title, recipients)
    now = time.monotonic()
    log.ended(title, outcome, took_s=now - began_at, told_at=now, **known)
    return outcome


def carry_out(plan: Plan, log: SendLog, send: Send, ended: Callable[[float], bool]) -> None:
    """Send what the plan says until it is over; ``send`` says what came of it, and all it knows."""
    for title, recipients in plan.sends(ended):
        log.begins(title, recipients)
        while True:
            outcome = send_once(log, send, title, recipients)
            if outcome == Outcome.ACKNOWLEDGED or not plan.tries_again() or ended(0.2):
                break


class Api:
    """Sends by POST, to any of the servers."""

    def __init__(self, sites: Callable[[], Server], key: str, names: dict[int, str]) -> None:
        self._sites, self._key, self._names = sites, key, names
        # Statuses other than of success, and how often each came.
        self.statuses: dict[int, int] = {}

    def send(self, title: str, recipients: list[int]) -> tuple[Outcome, dict[str, Any]]:
        """What came of it, and the notification's id where that is known."""
        names = [self._names[user] for user in recipients]
        body = {"title": title, "audience": {"users": names}}
        try:
            answer = self._sites().call(
                "POST", "/api/v1/notifications", self._key, body, **{"Idempotency-Key": title}
            )
        except ConnectionRefusedError:
            return Outcome.FAILED, {}
        except (OSError, HTTPException):  # it ended before or amid the answer
            return Outcome.UNKNOWN, {}
        if answer.status in _ACCEPTED:
            return Outcome.ACKNOWLEDGED, {"notification_id": int(answer.json()["id"])}
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        # A server that lost its database amid a commit does not know either.
        return Outcome.FAILED if answer.status in _REFUSED else Outcome.UNKNOWN, {}


class ApiSender:
    """Sends what the plan says, on a thread of the test's."""

    def __init__(self, plan: Plan, log: SendLog, api: Api) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=carry_out, args=(plan, log, api.send, self._ended.wait), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "a request is not answered within a minute"


def send_steadily(*, path: str, prefix: str, seed: int, users: list[int], pause_s: float) -> None:
    """An actor's work, in a process with Django set up: send by the ORM until told to end."""
    from django.db import DatabaseError, InterfaceError, connection

    from notifications.models.audiences import ChosenUsers
    from notifications.sending import acts as sending_acts
    from notifications.wire.message import Message

    def send(title: str, recipients: list[int]) -> tuple[Outcome, dict[str, Any]]:
        key = sending_acts.IdempotencyKey("steady", title)
        audience = ChosenUsers(recipients, "some")
        try:
            sent = sending_acts.send(Message(title), audience=audience, idempotency=key)
        except (DatabaseError, InterfaceError):
            connection.close()
            return Outcome.UNKNOWN, {}
        return Outcome.ACKNOWLEDGED, {"notification_id": sent.notification.pk}

    def ended(pause_s: float) -> bool:
        return bool(select.select([sys.stdin], [], [], pause_s)[0])

    carry_out(Plan(prefix, seed, users, pause_s), SendLog(Path(path)), send, ended)


def send_and_die_before_publishing(*, path: str, title: str, users: list[int]) -> None:
    """An actor's work: commit a send, and be gone before anybody hears of it."""
    from notifications.models.audiences import ChosenUsers
    from notifications.sending import acts as sending_acts
    from notifications.wire.message import Message

    _die_instead_of_publishing()
    SendLog(Path(path)).begins(title, users)
    sending_acts.send(Message(title), audience=ChosenUsers(users, "some"))


def revoke_and_die_before_publishing(*, how: str, user: int) -> None:
    """An actor's work: commit what ends a user's access, and be gone before anybody hears of it."""
    from accounts import devices
    from accounts.models import User

    found = User.objects.get(pk=user)
    found.is_active = False
    acts = {"deactivate": found.save, "sign out": lambda: devices.sign_out_everywhere(found)}
    _die_instead_of_publishing()
    acts[how]()


def _die_instead_of_publishing() -> None:
    import os
    import signal

    from notifications.push import publisher

    def die(_hints: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # Called on commit, once the rows are there for good and nothing has been told.
    publisher.publish = die  # type: ignore[method-assign]


def main(name: str, job: str) -> None:
    """``python -m tests.support.senders NAME JOB``, as Cluster starts it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print("ready", flush=True)
    acts: dict[str, Callable[..., None]] = {
        act.__name__: act
        for act in (
            send_steadily,
            send_and_die_before_publishing,
            revoke_and_die_before_publishing,
        )
    }
    acts[name](**json.loads(job))


if __name__ == "__main__":
    main(*sys.argv[1:])
