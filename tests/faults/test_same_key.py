"""The same command, many times at once: it is sent once, and all are told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from notifications.models import Notification
from tests.support.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.processes import Processes

COMMAND = ["Something happened", "--everyone", "--key", "news"]


def hold_back_writers() -> None:
    """Until the transaction ends; others may read. On SQLite the transaction itself does it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Notification._meta.db_table} IN SHARE MODE")


def test_twenty_commands_with_one_key_send_one_notification(
    processes: Processes, people: Callable[[int], list[int]], tmp_path: Path
) -> None:
    users = people(50)
    commands = [
        processes.actor("notify", journal=tmp_path / "none", arguments=COMMAND) for _ in range(20)
    ]

    # Nobody can write before all of them have found the key unused.
    with transaction.atomic():
        hold_back_writers()
        processes.begin(*commands)
        for command in commands:
            processes.until(lambda command=command: "asked" in command.output(), "it has asked")

    assert [command.wait() for command in commands] == [0] * 20
    notification = Notification.objects.get()
    answers = [command.output().splitlines()[-1] for command in commands]
    assert all(answer.startswith(f"Notification {notification.pk} ") for answer in answers)
    assert sum("already" not in answer for answer in answers) == 1
    assert Ledger(sent={notification.pk: set(users)}).faults() == []


def test_a_key_is_refused_for_another_text(
    processes: Processes, people: Callable[[int], list[int]]
) -> None:
    users = people(2)
    assert processes.manage("notify", *COMMAND).wait() == 0

    other = processes.manage("notify", "Something else", *COMMAND[1:])

    assert other.wait() == 1
    assert other.output() == (
        "CommandError: Idempotency key 'news' was used for another notification. "
        "Nothing was sent.\n"
    )
    assert Ledger(sent={Notification.objects.get().pk: set(users)}).faults() == []
