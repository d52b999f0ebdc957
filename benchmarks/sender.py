"""Another process, which sends and dispatches what it is told to; and who makes the users first.

``python -m benchmarks.sender`` reads a line of JSON for each thing that it is to do, and answers
with one. With ``--prepare 1000`` it makes so many users, with a session each, and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import subprocess
import sys
import time
from typing import Any

# A user, the revision that its inbox took, and when that was committed (monotonic seconds).
Change = tuple[int, int, float]


class Sender:
    """It, from outside."""

    def __init__(self, environment: dict[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", "benchmarks.sender"]
        self._process: Any = subprocess.Popen(command, env=environment, text=True, **pipes)

    async def send(self, title: str, user: int | None) -> float:
        """Send to one of the users, or to all; when it was committed (monotonic seconds)."""
        return float(await self._ask("send", title=title, user=user))

    async def keep_sending(
        self, rate: float, seconds: float, together: int = 1, *, is_real: bool
    ) -> list[Change]:
        """Send to one user after the other, by chance, by the clock and not by the answers.

        Args: together: so many in a transaction. is_real: by ``sending.send``; else what a send
            writes, by as few statements as will do, so that the sender does not keep the machine
            busy.
        """
        told = await self._ask(
            "keep_sending", rate=rate, seconds=seconds, together=together, is_real=is_real
        )
        return [tuple(one) for one in told]

    async def _ask(self, act: str, **how: Any) -> Any:
        self._process.stdin.write(json.dumps([act, how]) + "\n")
        self._process.stdin.flush()
        return json.loads(await asyncio.to_thread(self._process.stdout.readline))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepare", type=int)
    count = parser.parse_args().prepare
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    django.setup()
    if count is None:
        _do_as_told()
    else:
        print(json.dumps(_prepare(count)))


def _prepare(count: int) -> list[str]:
    """Users and a session of each; the keys of the sessions."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from accounts.models import Session  # noqa: PLC0415
    from accounts.sessions import SessionStore  # noqa: PLC0415

    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(count)
    )
    rows, keys = [], []
    for user in users:
        store = SessionStore()
        store._session_key = store._get_new_session_key()
        keys.append(store.session_key)
        rows.append(
            store.create_model_instance({
                "_auth_user_id": str(user.pk),
                "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                "_auth_user_hash": user.get_session_auth_hash(),
            })
        )  # fmt: skip
    Session.objects.bulk_create(rows)
    return keys


def _do_as_told() -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.sending import acts  # noqa: PLC0415

    logging.getLogger(acts.__name__).setLevel(logging.WARNING)
    pks = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True))
    doing = {"send": _send, "keep_sending": _keep_sending}
    for line in sys.stdin:
        act, how = json.loads(line)
        print(json.dumps(doing[act](pks, **how)), flush=True)


def _send(pks: list[Any], title: str, user: int | None) -> float:
    from notifications.models import audiences  # noqa: PLC0415
    from notifications.sending import acts  # noqa: PLC0415
    from notifications.sending.dispatch import Dispatch  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    chosen = None if user is None else audiences.ChosenUsers([pks[user]], "one")
    sent = acts.send(Message(title), audience=chosen or audiences.Everyone())
    committed = time.monotonic()
    if sent.notification.status == "sending":
        Dispatch(sent.notification.pk).run()
    return committed


def _keep_sending(
    pks: list[Any], rate: float, seconds: float, together: int, *, is_real: bool
) -> list[Change]:
    from benchmarks.changes import Changes  # noqa: PLC0415 (models)

    changes = Changes(pks)
    act = changes.send if is_real else changes.write
    act([0])  # the first takes longer, as Django makes its statements
    committed, began_at = [], time.monotonic()
    for n in range(round(rate * seconds / together)):
        # A sender that cannot keep up with the clock ends with it all the same.
        if time.monotonic() > began_at + seconds:
            break
        time.sleep(max(0.0, began_at + n * together / rate - time.monotonic()))
        written, committed_at = act(random.sample(range(len(pks)), min(together, len(pks))))
        committed += [(user, revision, committed_at) for user, revision in written]
    return committed


if __name__ == "__main__":
    main()
