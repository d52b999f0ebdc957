"""A sender that is another process than the server: ``main()`` in a process with Django set up.

It takes one job a line, and answers with one line of JSON. Unlike a ``notify`` for each it need
not be started anew; what it commits and whom it tells is the same.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.processes import Child
    from tests.support.servers import Servers

READY = "ready"


def start_sender(servers: Servers, **settings: object) -> Sender:
    """Start one on the database of these servers."""
    from tests.support.processes import until

    # With Django set up, as every command has it.
    child = servers.manage(
        "shell", "--command", "from tests.sockets import sender; sender.main()", **settings
    )
    until(lambda: READY in child.output(), "the sender is ready")
    return Sender(child)


class Sender:
    """The test's end of it."""

    def __init__(self, child: Child) -> None:
        from tests.support.processes import Tail

        self.child = child
        self._new = Tail(child.log)
        self._begun = ""

    def send(self, title: str, *user_ids: int, **fields: Any) -> str:
        """Send to these users, or to everyone; the notification's id."""
        return str(self._ask(act="send", users=user_ids, title=title, **fields)["id"])

    def send_timed(self, title: str, *user_ids: int) -> float:
        """Send; the seconds that the sender waited."""
        return float(self._ask(act="send", users=user_ids, title=title)["took_s"])

    def send_many(self, count: int, title: str, *user_ids: int, **fields: Any) -> None:
        self._ask(act="send", users=user_ids, title=title, count=count, **fields)

    def notify(self, *arguments: str) -> None:
        """Run ``manage.py notify`` with these arguments, which must succeed."""
        self._ask(act="notify", arguments=arguments)

    def withdraw(self, notification_id: str) -> None:
        self._ask(act="withdraw", notification_id=int(notification_id))

    def _ask(self, **job: Any) -> dict[str, Any]:
        from tests.support.processes import until

        self.child.tell(json.dumps(job))

        def answer() -> str | None:
            assert self.child.status is None, self.child.report()
            *lines, self._begun = (self._begun + self._new.read()).split("\n")
            # What Django logs stands among the answers.
            return next((line for line in lines if line.startswith("{")), None)

        line = until(answer, f"the sender does {job}")
        assert line is not None
        found: dict[str, Any] = json.loads(line)
        return found


def main() -> None:
    from django.core.management import call_command
    from django.db import connection

    from notifications.models import audiences
    from notifications.sending import acts as sending_acts
    from notifications.wire.message import Message

    def send(users: list[int], title: str, count: int = 1, **fields: Any) -> int:
        audience = audiences.ChosenUsers(users, "some") if users else audiences.Everyone()
        for _ in range(count):
            sent = sending_acts.send(Message(title, **fields), audience=audience)
        return sent.notification.pk

    def notify(arguments: list[str]) -> None:
        call_command("notify", *arguments)

    acts = {"send": send, "withdraw": sending_acts.withdraw, "notify": notify}
    connection.ensure_connection()
    print(READY, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        began_at = time.perf_counter()
        result = acts[job.pop("act")](**job)
        print(json.dumps({"id": result, "took_s": time.perf_counter() - began_at}), flush=True)
