"""Clients on another machine, nearly: a cable is cut, another loses every fifth packet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.soak.conftest import as_root
from tests.support.cluster import PING_INTERVAL_S
from tests.support.connection import LoopThread
from tests.support.namespace import OURS, Namespace
from tests.support.nemesis import pass_time
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster
    from tests.support.servers import Server

# A `pong` is due so long after its `ping`; then a busy machine may be late.
PONG_S, LATE_S = 10, 5
LOSSY_S = 20
_ESTABLISHED = "01"


# Of this module alone, as are the clients: their thread leaves our network for good.
@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with Namespace(as_root) as namespace:
        yield namespace


@pytest.fixture(scope="module")
def clients(namespace: Namespace) -> Iterator[LoopThread]:
    with LoopThread() as clients:
        namespace.enter(clients)
        yield clients


@pytest.fixture
def cluster(start_cluster: StartCluster) -> Cluster:
    cluster = start_cluster(ALLOWED_HOSTS=f"127.0.0.1,{OURS}")
    cluster.add_users(1)
    cluster.start_servers(1, host="0.0.0.0")
    cluster.start_dispatcher()
    for transport in TRANSPORTS:
        cluster.watch(
            cluster.users[0], transport, origin=f"http://{OURS}:{cluster.servers[0].port}"
        )
    cluster.wait_until_synced()
    return cluster


def connections_from_there(server: Server) -> int:
    """How many stand, as the kernel sees it on the server's side."""
    ours = "".join(f"{int(part):02X}" for part in reversed(OURS.split(".")))
    wanted = [f"{ours}:{server.port:04X}", _ESTABLISHED]
    lines = Path("/proc/net/tcp").read_text("utf-8").splitlines()
    return sum([line.split()[1], line.split()[3]] == wanted for line in lines)


def end_well(cluster: Cluster) -> None:
    cluster.stop_senders()
    cluster.wait_for_quiet()
    assert cluster.faults() == []


def test_a_cable_is_cut(cluster: Cluster, namespace: Namespace) -> None:
    """Neither side is told; each finds out by what does not come."""
    (server,) = cluster.servers
    sockets = [watcher for watcher in cluster.watchers if watcher.transport == WEBSOCKET]
    with namespace.dropping(100):
        before = connections_from_there(server)
        cluster.start_api_sender()
        until(
            lambda: connections_from_there(server) <= before - len(sockets),
            "the server drops the sockets",
            within_s=PING_INTERVAL_S + PONG_S + LATE_S,
        )
        until(
            lambda: all(watcher.ends for watcher in cluster.watchers),
            "the clients give up",
            within_s=PING_INTERVAL_S + PONG_S + LATE_S,
        )
    end_well(cluster)


def test_every_fifth_packet_is_lost(cluster: Cluster, namespace: Namespace) -> None:
    with namespace.dropping(20):
        cluster.start_api_sender()
        pass_time(LOSSY_S)
        cluster.stop_senders()
    end_well(cluster)
