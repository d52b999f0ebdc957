"""Whatever befalls the servers, nothing acknowledged is lost, and every client ends at the head.

One seed and a few combinations; `make soak` runs all of them, with 20 seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.runs import run
from tests.support.nemesis import seed_of_run
from tests.support.watchers import POLL, SSE, WEBSOCKET

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

FAULTS = 4


@pytest.mark.parametrize(
    ("transport", "with_redis"), [(WEBSOCKET, True), (SSE, False), (POLL, False)]
)
def test_all_promises_are_kept(
    start_cluster: StartCluster,
    transport: str,
    *,
    with_redis: bool,
) -> None:
    seed = seed_of_run()
    cluster = run(
        start_cluster, transport, with_redis=with_redis, seed=seed, fault_count=FAULTS, lasts_s=1
    )
    assert len(cluster.acknowledged()) > FAULTS
