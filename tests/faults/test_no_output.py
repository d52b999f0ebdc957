"""Nobody takes what a command prints: its work is done all the same, and its status says so."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from notifications.management.output import Output
from notifications.models import Epoch, Notification, Status
from tests.support.processes import database_url, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)

# How long a command may take on a machine that has much to do.
LONG_S = 120


def started(*arguments: str, shell: str) -> subprocess.Popen[bytes]:
    """Run a command with its output where the shell says."""
    environment = {**os.environ, "DATABASE_URL": database_url()}
    command = f'exec "$@" {shell}'
    words = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(["sh", "-c", command, "sh", *words], env=environment)


@contextmanager
def nobody_at_the_other_end() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("shell", [">/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"])
def test_notify_has_sent_and_says_so_by_its_status(shell: str, people: object) -> None:
    people(2)  # type: ignore[operator]
    child = started("notify", "Hello", "--everyone", shell=shell)
    assert child.wait(LONG_S) == 0
    assert Notification.objects.get().status == Status.SENT


def test_a_pipe_that_nobody_reads_ends_no_work(people: object) -> None:
    people(2)  # type: ignore[operator]
    with nobody_at_the_other_end() as writer:
        words = [sys.executable, "manage.py", "notify", "Hello", "--everyone"]
        environment = {**os.environ, "DATABASE_URL": database_url()}
        child = subprocess.Popen(words, env=environment, stdout=writer)
        assert child.wait(LONG_S) == 0
    assert Notification.objects.get().status == Status.SENT


def test_what_was_not_sent_is_told_by_the_status_too() -> None:
    child = started("notify", "Hello", "--user", "nobody", shell=">/dev/full 2>/dev/full")
    assert child.wait(LONG_S) == 1


def test_a_dispatcher_dispatches_and_obeys(people: object) -> None:
    people(2)  # type: ignore[operator]
    Notification.objects.bulk_create(
        [Notification(title="Due", audience_kind="everyone", status=Status.SENDING)]
    )
    child = started("dispatcher", shell=">/dev/full 2>/dev/full")
    try:
        sent = Notification.objects.filter(status=Status.SENT)
        until(sent.exists, "it is dispatched", within_s=LONG_S)
        child.send_signal(signal.SIGTERM)
        assert child.wait(LONG_S) == 0
    finally:
        child.kill()


class Full(io.StringIO):
    """Takes nothing, as a file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_new_epoch_begins_and_the_doctor_looks_whoever_listens() -> None:
    before = Epoch.objects.get().epoch_secret
    call_command("new_epoch", stdout=Full())
    assert Epoch.objects.get().epoch_secret != before
    call_command("doctor", stdout=Full())
    Notification.objects.bulk_create(
        [Notification(title="Old", audience_kind="everyone", status=Status.SENDING)]
    )
    Notification.objects.update(created_at="2020-01-01T00:00:00Z")
    with pytest.raises(CommandError, match="1 found"):
        call_command("doctor", stdout=Full())


def test_demo_users_whose_passwords_nobody_could_read_are_not_made() -> None:
    with pytest.raises(CommandError, match="Nobody was created"):
        call_command("demo_users", stdout=Full())
    assert not User.objects.exists()


def test_an_output_that_failed_once_is_left_alone() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed, None):
        output = Output(stream)
        output.write("a line")
        output.write("another")
        assert not output.isatty()
