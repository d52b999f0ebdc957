"""The disk under the database is full, and then is not: a small tmpfs, and a file that fills it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.faults.scenarios import small_cluster
from tests.soak.conftest import as_root
from tests.support.history import Outcome
from tests.support.own_database import integrity, own_database
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

    from pytest_django.plugin import DjangoDbBlocker

    from tests.faults.conftest import StartCluster

SIZE = "24m"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("disk")
    as_root("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder))
    yield folder
    as_root("umount", str(folder))


@pytest.fixture(scope="module")
def own_home(
    django_db_setup: None, disk: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """In place of the one on the machine's own disk."""
    with django_db_blocker.unblock(), own_database(disk):
        yield


def write_on(file: FileIO, size: int) -> NoReturn:
    while True:
        file.write(b"x" * size)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65536, 1):
            with pytest.raises(OSError, match="No space left"):
                write_on(file, size)


def until_refused(send: Callable[[], Outcome]) -> None:
    """What room the database still has in its own files is used up."""
    for _ in range(5000):
        if send() != Outcome.ACKNOWLEDGED:
            return
    pytest.fail("The disk does not get full.")


def test_what_finds_no_room_is_refused(start_cluster: StartCluster, disk: Path) -> None:
    cluster = small_cluster(start_cluster(), TRANSPORTS)
    (user,), (server,) = cluster.users, cluster.servers
    ballast = disk / "ballast"
    fill(ballast)
    until_refused(lambda: cluster.send(user))
    assert {cluster.send(user) for _ in range(5)} == {Outcome.UNKNOWN}
    assert server.get("/api/v1/inbox", cluster.session(user)).status == 200
    ballast.unlink()

    assert cluster.send(user) == Outcome.ACKNOWLEDGED
    cluster.wait_for_quiet()
    assert [watcher.ends for watcher in cluster.watchers] == [[], [], []]
    assert cluster.faults() == []
    assert integrity() == "ok"
