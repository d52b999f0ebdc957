"""Every transport, with Redis and without, by twenty seeds: all faults, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.runs import run
from tests.soak.conftest import seeds
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("with_redis", [False, True], ids=["alone", "redis"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_all_promises_are_kept(
    start_cluster: StartCluster, transport: str, *, with_redis: bool, seed: int
) -> None:
    run(start_cluster, transport, with_redis=with_redis, seed=seed)
