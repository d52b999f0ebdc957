"""Who acts and sends while benchmarks/dispatch.py dispatches, and waits for its turn."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# Acts and sends per second of the other process.
RATE = 20


@contextmanager
def writing(command: Sequence[str], waits: list[float]) -> Iterator[None]:
    """Let another process act and send meanwhile; its waits in seconds are added to ``waits``."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.stdin.close()
        waits += json.loads(process.stdout.read())
    assert process.returncode == 0


def write_until_told_to_stop() -> None:
    import select  # noqa: PLC0415

    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.inbox import acts as inbox_acts  # noqa: PLC0415
    from notifications.models import InboxItem, audiences  # noqa: PLC0415
    from notifications.sending import acts as sending_acts  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    every = max(1, get_user_model().objects.count() // 97)
    pks = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True)[::every])
    newest = (
        InboxItem.objects.filter(inbox__user=pks[0])
        .order_by("-pk")
        .values_list("notification_id", flat=True)[0]
    )
    acts: list[Callable[[int], Any]] = [
        lambda pk: sending_acts.send(Message("You"), audience=audiences.ChosenUsers([pk], "one")),
        lambda pk: inbox_acts.mark_read(pk, inbox_acts.Chosen({newest})),
        lambda pk: inbox_acts.mark_unread(pk, inbox_acts.Chosen({newest})),
    ]
    for act in acts:
        act(pks[0])  # the first of each takes longer, as Django makes its statements
    print("ready", flush=True)
    waits = []
    begun = time.perf_counter()
    while not select.select([sys.stdin], [], [], 0)[0]:
        due = begun + len(waits) / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        acts[len(waits) % len(acts)](pks[len(waits) // len(acts) % len(pks)])
        waits.append(time.perf_counter() - due)
    print(json.dumps(waits))
