"""One of two servers dies, and whoever was there comes to the other, all at once but for jitter."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from tests.faults.scenarios import small_cluster
from tests.support.client import SocketClient
from tests.support.connection import LoopThread
from tests.support.history import Outcome
from tests.support.processes import until
from tests.support.servers import SESSION_COOKIE
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

# Clients, servers and the test share two cores here; benchmarks measure how many there can be.
SOCKETS, USERS, AT_ONCE = 1000, 100, 50
# The first delay of section 6 of the protocol.
JITTER_S = 0.5
BACK_S = 30
HEALTHY_S = 3


def make(cluster: Cluster, clients: LoopThread, user: int, number: int) -> SocketClient:
    server = cluster.servers[number]
    cookie = ("Cookie", f"{SESSION_COOKIE}={cluster.session(user)}")
    return SocketClient(clients, server.url(), origin=server.origin, headers=[cookie], judges=False)


def open_all(waiting: list[SocketClient], pause_s: float) -> None:
    """Open them, so many at once, each after a random pause."""
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                client = waiting.pop()
            threading.Event().wait(random.uniform(0, pause_s))
            client.open().until_synced()

    workers = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_all_are_back_and_a_healthy_user_is_served_meanwhile(
    start_cluster: StartCluster, clients: LoopThread
) -> None:
    cluster = small_cluster(start_cluster(with_redis=True), TRANSPORTS[:1], server_count=2)
    (alice,) = cluster.users
    crowd = cluster.add_users(USERS)[1:]
    lost = [make(cluster, clients, crowd[n % USERS], 0) for n in range(SOCKETS)]
    open_all(list(lost), 0)
    healthy = cluster.watchers[1]

    cluster.servers[0].child.kill()
    for client in lost:
        client.until_closed()
    back = [make(cluster, clients, crowd[n % USERS], 1) for n in range(SOCKETS)]
    began_at = time.monotonic()
    storm = threading.Thread(target=open_all, args=(list(back), JITTER_S))
    storm.start()
    slowest_s = 0.0
    while storm.is_alive():
        sent_at = time.monotonic()
        revision = healthy.where[1] + 1
        assert cluster.send(alice, server=1) == Outcome.ACKNOWLEDGED
        until(lambda r=revision: healthy.where[1] >= r, f"{healthy}", within_s=60)  # type: ignore[misc]
        slowest_s = max(slowest_s, time.monotonic() - sent_at)
    took_s = time.monotonic() - began_at
    print(f"{SOCKETS} sockets were back after {took_s:.1f} s; slowest delivery {slowest_s:.2f} s")
    assert all(client.synced_times for client in back)
    assert took_s < BACK_S
    assert slowest_s < HEALTHY_S
    cluster.restart(cluster.servers[0])
    for client in back:
        client.close()
    cluster.wait_for_quiet()
    assert cluster.faults() == []
