"""What single parts of the way from a commit to a socket take of a CPU.

``python -m benchmarks.parts --rounds 5`` sets up a new SQLite file and 1,000 users, and measures
by the time of the thread alone: the hint of a broadcast, receipts and the streams that are
written down, a client that is brought through 300 large changes window by window, and a
dispatcher that has nothing to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks import harness, machine
from benchmarks.site import services

COUNT = 1000
CHANGES = 300
_IDLE_S = 5 * float(os.environ.get("BENCHMARK_REST") or 1)
IDLE = "idle dispatcher"


def main() -> None:
    parser = harness.options(__doc__)
    parser.add_argument("--role", choices=["parent", "measure"], default="parent")
    options = parser.parse_args()
    if options.role == "measure":
        import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

        django.setup()
        _measure(options.rounds)
        return
    described = machine.describe()
    with services("sqlite") as environment:
        quiet = environment | {"NOTIFICATIONS_LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=quiet, check=True)
        measure = ["-m", "benchmarks.parts", "--role", "measure", "--rounds", str(options.rounds)]
        told = subprocess.run(
            [sys.executable, *measure],
            env=quiet, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    table = harness.Table("A part of the way, by its thread's time", "ms")
    idle = harness.Table("A dispatcher that has nothing to do", "% of a core")
    for name, figures in json.loads(told.stdout).items():
        (idle if name == IDLE else table).figures[name] = figures
    harness.keep(options.results, "parts", described, [table, idle])


def _measure(rounds: int) -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.models import Inbox, audiences  # noqa: PLC0415
    from notifications.sending import acts, worker  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(COUNT)
    )
    Inbox.objects.ensure_of([user.pk for user in users])
    one = audiences.ChosenUsers([users[0].pk], "one")
    for n in range(CHANGES):
        large = Message(f"number {n}", body="b" * 500, data={"x": "y" * 1900})
        acts.send(large, audience=one)
    acts.send(Message("x" * 60, body="y" * 100), audience=audiences.Everyone())
    worker.run_due()
    parts = {**_hint(), **_receipts(), **_streams(), **_windows(users[0].pk)}
    figures: dict[str, list[float]] = {}
    for name, part in parts.items():
        part()  # what is slow the first time counts for nobody
        figures[name] = [part() for _ in range(rounds)]
    figures[IDLE] = [_idle() * 100 for _ in range(rounds)]
    print(json.dumps(figures), flush=True)


def _ms(work: Callable[[], object], times: int = 1) -> float:
    began_s = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began_s) / times * 1000


def _hint() -> dict[str, Callable[[], float]]:
    """Of a broadcast to 1,000 inboxes: made by the sender, opened and read by each process."""
    from django.utils import timezone  # noqa: PLC0415

    from notifications.models import Inbox, Notification  # noqa: PLC0415
    from notifications.push import hints, installation  # noqa: PLC0415
    from notifications.sending.signals import Arrived  # noqa: PLC0415

    notification = Notification.objects.order_by("pk").last()
    assert notification is not None
    arrived = Arrived(notification, timezone.now(), Inbox.objects.all().now())
    ((_, event),) = hints.bulk([arrived])
    here = installation.here()
    everybody = {inbox.inbox_id for inbox in arrived.inboxes}

    def read(present: set[int]) -> None:
        for _ in hints.read(here.opened(event), present):
            pass

    return {
        "a hint of 1,000 rows, made": lambda: _ms(lambda: hints.bulk([arrived]), 50),
        "a hint of 1,000 rows, nobody of them here": lambda: _ms(lambda: read(set()), 50),
        "a hint of 1,000 rows, all of them here": lambda: _ms(lambda: read(everybody), 50),
    }


def _receipts() -> dict[str, Callable[[], float]]:
    from notifications.models import Inbox, InboxItem  # noqa: PLC0415
    from notifications.models.epoch import present_tag  # noqa: PLC0415
    from notifications.push import receipts  # noqa: PLC0415

    tag = present_tag() or ""
    told = [
        receipts.Receipt(pk, tag, revision, 0.0, time.time())
        for pk, revision in Inbox.objects.values_list("pk", "revision")
    ]

    def write() -> float:
        InboxItem.objects.update(delivered_at=None)
        return _ms(lambda: receipts.write(told))

    return {"1,300 items marked as delivered": write}


def _streams() -> dict[str, Callable[[], float]]:
    """Streams that are written down: each of them new, and each told of one change more."""
    from uuid import uuid4  # noqa: PLC0415

    from notifications.models import Inbox  # noqa: PLC0415
    from notifications.push import journal  # noqa: PLC0415
    from notifications.stream.messages import How, Told  # noqa: PLC0415

    inbox_ids = list(Inbox.objects.values_list("pk", flat=True))
    entries: list[journal.Entry] = []

    def new() -> float:
        entries[:] = [journal.Entry(uuid4().hex, pk, "websocket", "p" * 32, 3) for pk in inbox_ids]
        return _ms(lambda: journal.write([entry.record() for entry in entries], []))

    def known() -> float:
        for entry in entries:
            entry.tell(Told(3, 4, How.HINTED), "tag")
        return _ms(lambda: journal.write([], [entry.progress() for entry in entries]))

    return {"1,000 new streams, written down": new, "1,000 known streams, written down": known}


def _windows(user_id: Any) -> dict[str, Callable[[], float]]:
    from notifications.inbox import reading  # noqa: PLC0415
    from notifications.push.catch_up import Ask, catch_up  # noqa: PLC0415
    from notifications.stream import packing  # noqa: PLC0415
    from notifications.stream.inbox_stream import InboxStream  # noqa: PLC0415
    from notifications.stream.messages import Load  # noqa: PLC0415
    from notifications.wire.frames import Cursor, Pong  # noqa: PLC0415

    head = reading.head(user_id)

    def through() -> None:
        stream = InboxStream("c", 0.0, lambda: "now")
        actions = stream.open(Cursor(head.epoch, head.revision - CHANGES))
        while stream.position < head.revision:
            loads = [action for action in actions if isinstance(action, Load)]
            if not loads:
                actions = stream.received(Pong(head.epoch, stream.position), 0.0)
                continue
            (found,) = catch_up([Ask(head.inbox_id, loads[0].cursor, packing.READ_MAX_BYTES)])
            assert found is not None
            actions = stream.loaded(found, 0.0)

    return {"300 changes of 3 kB, window by window": lambda: _ms(through)}


def _idle() -> float:
    """The share of a core that a dispatcher takes which has nothing to do."""
    from notifications.sending import start, worker  # noqa: PLC0415

    stop = threading.Event()
    took_s: list[float] = []

    def work() -> None:
        worker.run(stop)
        took_s.append(time.thread_time())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(_IDLE_S)
    stop.set()
    start.nudge()
    thread.join()
    return took_s[0] / _IDLE_S


if __name__ == "__main__":
    main()
