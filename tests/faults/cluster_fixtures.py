"""Fixtures of tests that break what several processes stand on; imported where they are used."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tests.support.client import LoopThread
from tests.support.cluster import Cluster
from tests.support.own_database import own_database
from tests.support.redis_server import RedisServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django.plugin import DjangoDbBlocker

    StartCluster = Callable[..., Cluster]


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
def clients() -> Iterator[LoopThread]:
    with LoopThread() as clients:
        yield clients


@pytest.fixture
def start_cluster(
    own_home: None, clients: LoopThread, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[StartCluster]:
    """Make a cluster, ``with_redis`` or without; all ends with the test."""
    with django_db_blocker.unblock(), ExitStack() as stack:

        def start(*, with_redis: bool = False, seed: int = 0, **settings: object) -> Cluster:
            redis = stack.enter_context(RedisServer()) if with_redis else None
            cluster = Cluster(tmp_path, clients, redis=redis, seed=seed, **settings)
            return stack.enter_context(cluster)

        yield start
        stack.close()
        connection.close()
