"""Somebody floods the server by all that they have; whoever else is there is served as before."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from tests.faults.scenarios import LATE_S, pause_most_s, small_cluster
from tests.support.client import SocketClient
from tests.support.cluster import PING_INTERVAL_S
from tests.support.history import Outcome
from tests.support.processes import until
from tests.support.servers import SESSION_COOKIE
from tests.support.watchers import SSE, WEBSOCKET

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster
    from tests.support.connection import LoopThread

FLOODS, FRAMES = 20, 2000
GROWTH_MAX_BYTES = 30_000_000
DELIVERED_S = 3


def flood(cluster: Cluster, clients: LoopThread, user: int, ended: threading.Event) -> None:
    """Come, send as much as one may not, and come again."""
    (server,) = cluster.servers
    cookie = ("Cookie", f"{SESSION_COOKIE}={cluster.session(user)}")
    frames = [json.dumps({"type": "ping"})] * FRAMES
    while not ended.is_set():
        client = SocketClient(
            clients, server.url(), origin=server.origin, headers=[cookie], judges=False
        ).open()
        client.send(*frames)
        client.send('{"type": "resume", "epoch": null, "since": null}', "no JSON", b"\0" * 4000)
        client.abort()


def test_a_flood_is_its_own_affair(start_cluster: StartCluster, clients: LoopThread) -> None:
    cluster = small_cluster(start_cluster(), [WEBSOCKET, SSE])
    alice, mallory = cluster.add_users(1)
    (server,) = cluster.servers
    before_bytes, began_at = server.rss_bytes(), time.monotonic()
    ended = threading.Event()
    flooding = threading.Thread(target=flood, args=(cluster, clients, mallory, ended))
    flooding.start()
    try:
        for revision in range(1, FLOODS + 1):
            assert cluster.send(alice) == Outcome.ACKNOWLEDGED
            for watcher in cluster.watchers:
                until(
                    lambda w=watcher, r=revision: w.where[1] == r,  # type: ignore[misc]
                    f"{watcher} is served",
                    within_s=DELIVERED_S,
                )
        assert pause_most_s(cluster.watchers, began_at) < PING_INTERVAL_S + LATE_S
    finally:
        ended.set()
        flooding.join()
    assert server.rss_bytes() - before_bytes < GROWTH_MAX_BYTES
    cluster.wait_for_quiet()
    assert [watcher.ends for watcher in cluster.watchers] == [[], []]
    assert cluster.faults() == []
