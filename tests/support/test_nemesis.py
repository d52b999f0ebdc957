"""The nemesis does by a seed what it did before, and leaves nothing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import nemesis
from tests.support.cluster import Cluster
from tests.support.connection import LoopThread
from tests.support.nemesis import ENVIRONMENT, Nemesis, seed_of_run
from tests.support.redis_server import RedisServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cluster(transactional_db: None, tmp_path: Path) -> Iterator[Cluster]:
    """One in which nothing has been started."""
    with (
        RedisServer() as redis,
        LoopThread() as clients,
        Cluster(tmp_path, clients, redis=redis) as cluster,
    ):
        yield cluster


def test_the_same_seed_brings_the_same_faults(cluster: Cluster) -> None:
    plans = [Nemesis(cluster, seed).plan(20) for seed in (1, 1, 2)]

    assert plans[0] == plans[1] != plans[2]


def test_none_comes_twice_before_all_have_come(cluster: Cluster) -> None:
    some = Nemesis(cluster, 1)
    every = some.faults()

    planned = some.plan(2 * len(every))

    assert set(planned[: len(every)]) == set(planned[len(every) :]) == set(every)


def test_redis_fails_only_where_there_is_one(cluster: Cluster) -> None:
    assert nemesis.kill_redis in Nemesis(cluster, 1).faults()
    cluster.redis = None
    assert nemesis.kill_redis not in Nemesis(cluster, 1).faults()


def test_the_seed_is_that_of_the_environment_and_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT, "7")

    assert seed_of_run() == 7
    assert capsys.readouterr().out == "SEED=7\n"
