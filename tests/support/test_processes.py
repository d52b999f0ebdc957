"""Child processes of the tests: they use the test's database, and do not outlive it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from notifications.models import Inbox
from tests.support.processes import Processes, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_works_on_the_database_of_the_test(tmp_path: Path, alice) -> None:  # type: ignore[no-untyped-def]
    with Processes(tmp_path) as processes:
        assert processes.manage("notify", "A title", "--user", "alice").wait() == 0

    assert Inbox.objects.get(user=alice).unread_count == 1


def test_children_are_gone_afterwards_though_they_stand_still(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.dispatcher()
        child.freeze()
        assert is_there(child.pid)

    assert not is_there(child.pid)


def test_a_traceback_in_a_log_is_a_failure(tmp_path: Path) -> None:
    def run() -> None:
        with Processes(tmp_path) as processes:
            child = processes.actor("follow", journal=tmp_path / "none", unknown="argument")
            processes.begin(child)
            child.wait()

    with pytest.raises(AssertionError, match="exit status 1:\\nready\\nTraceback"):
        run()


def test_waiting_ends_when_a_child_fails(tmp_path: Path) -> None:
    def run() -> None:
        with Processes(tmp_path) as processes:
            processes.manage("notify", "A title", "--user", "nobody")
            processes.until(lambda: False, "what never comes")

    with pytest.raises(AssertionError, match="Unknown user: 'nobody'"):
        run()


def test_waiting_says_what_for() -> None:
    with pytest.raises(TimeoutError, match="Not within 0 s: the moon"):
        until(lambda: False, "the moon", within_s=0)
