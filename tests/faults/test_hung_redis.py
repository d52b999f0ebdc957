"""Redis hangs: a save waits for it at most once, by the clock of the process that saves."""

from __future__ import annotations

import time
from statistics import quantiles
from typing import TYPE_CHECKING

from tests.faults.scenarios import small_cluster
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

SAVE_MAX_S = 1.2
# With the breaker open: by so much a save then takes longer than with a Redis that is well. The
# quickest quarter is compared, since a busy machine is not Redis's doing.
SAVE_BROKEN_S = 0.05
# By then a first hint has failed, and the breaker is open.
OPENS_S = 1.5
SAVES = 30


def quick_s(took_s: list[float]) -> float:
    """What the quickest quarter of saves took at most."""
    return quantiles(took_s, n=4)[0]


def test_a_save_is_not_held_up(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(with_redis=True), TRANSPORTS)
    cluster.start_sender(pause_s=0.01)

    def since(moment: float) -> list[float]:
        return [took for send in cluster.sends() if send.told_at > moment for took in send.took_s]

    until(lambda: len(since(0)) >= SAVES, "it sends")
    well_s = quick_s(since(0))
    assert cluster.redis is not None
    with cluster.redis.frozen():
        began_at = time.monotonic()
        until(lambda: len(since(began_at + OPENS_S)) >= SAVES, "it sends on", within_s=60)
        cluster.stop_senders()
        assert max(since(began_at)) < SAVE_MAX_S
        assert quick_s(since(began_at + OPENS_S)) - well_s < SAVE_BROKEN_S
        # And it arrives all the same.
        cluster.wait_for_quiet()
    assert cluster.faults() == []
