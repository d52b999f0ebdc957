"""Faults are real here: processes of their own, on the database of the test."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from tests.support.cluster import Cluster
from tests.support.connection import LoopThread
from tests.support.own_database import own_database
from tests.support.postgresql_faults import PostgresqlFaults
from tests.support.processes import Processes
from tests.support.redis_server import RedisServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django.plugin import DjangoDbBlocker

    StartCluster = Callable[..., Cluster]


# A file does not restart; and where PostgreSQL writes for its clients no disk of theirs is full.
# Bytes that are no frame, and outputs that nobody takes, are the same on both.
collect_ignore = (
    ["test_postgresql_gone.py", "test_postgresql_silent.py"]
    if connection.vendor == "sqlite"
    else ["test_any_bytes.py", "test_disk_full.py", "test_failing_look.py", "test_no_output.py"]
)


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """Ended before the database is emptied, which would wait for their locks."""
    with Processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def people(transactional_db: None) -> Callable[[int], list[int]]:
    """Make users in bulk, who have no inboxes yet; returns their ids, in order."""

    def create(count: int, prefix: str = "user") -> list[int]:
        model = get_user_model()
        # No hash of a password is this: nobody can sign in.
        users = [model(username=f"{prefix}{number}", password="!") for number in range(count)]
        return sorted(user.pk for user in model.objects.bulk_create(users, batch_size=1000))

    return create


# --- Clusters on a database that may be broken ----------------------------------------------------


@pytest.fixture(scope="module")
def own_home(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """A database of the module's own, which its tests share: each has users of its own there."""
    with django_db_blocker.unblock(), own_database(tmp_path_factory.mktemp("database")):
        yield


@pytest.fixture(scope="module")
def postgresql(own_home: None) -> Iterator[PostgresqlFaults | None]:
    """What may be done to the module's own server, where there is one."""
    if connection.vendor != "postgresql":
        yield None
        return
    with PostgresqlFaults() as faults:
        yield faults


@pytest.fixture(scope="module")
def clients() -> Iterator[LoopThread]:
    with LoopThread() as clients:
        yield clients


@pytest.fixture
def start_cluster(
    postgresql: PostgresqlFaults | None,
    clients: LoopThread,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[StartCluster]:
    """Make a cluster, ``with_redis`` or without; all ends with the test."""
    with django_db_blocker.unblock(), ExitStack() as stack:

        def start(*, with_redis: bool = False, seed: int = 0, **settings: object) -> Cluster:
            redis = stack.enter_context(RedisServer()) if with_redis else None
            cluster = Cluster(
                tmp_path, clients, redis=redis, postgresql=postgresql, seed=seed, **settings
            )
            return stack.enter_context(cluster)

        yield start
        stack.close()
        connection.close()
