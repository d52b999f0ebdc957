"""Bytes that are no WebSocket and no HTTP: the server ends that connection, and nobody else's."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.scenarios import small_cluster
from tests.support.examples import times
from tests.support.history import Outcome
from tests.support.servers import SESSION_COOKIE
from tests.support.watchers import WEBSOCKET

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

PATIENCE_S = 30
INTERNAL_ERROR = 1011
CLOSE = 8

# Anything, and what begins as a frame does: an opcode, a length, a mask.
header = st.builds(bytes, st.tuples(st.integers(0, 255), st.integers(0, 255)))
something = st.one_of(
    st.binary(max_size=200), st.builds(bytes.__add__, header, st.binary(max_size=80))
)
given_bytes = given(pieces=st.lists(something, min_size=1, max_size=5))
few = settings(max_examples=times(60), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def cluster(start_cluster: StartCluster) -> Cluster:
    return small_cluster(start_cluster(), [WEBSOCKET])


def exchange(port: int, *pieces: bytes) -> bytes:
    """Send these bytes, and nothing after them; all that comes back."""
    answer = b""
    # It may be ended before everything is said.
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_S) as opened,
        contextlib.suppress(OSError),
    ):
        for piece in pieces:
            opened.sendall(piece)
        opened.shutdown(socket.SHUT_WR)
        while part := opened.recv(65536):
            answer += part
    return answer


def handshake(cluster: Cluster) -> bytes:
    (server,) = cluster.servers
    lines = [
        "GET /ws/notifications/ HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Origin: {server.origin}",
        f"Cookie: {SESSION_COOKIE}={cluster.session(cluster.users[0])}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: notifications.v1",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def close_codes(answer: bytes) -> list[int]:
    """Codes of the close frames after the head of a handshake's answer."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert not head or head.startswith((b"HTTP/1.1 101", b"HTTP/1.1 4")), head
    codes = []
    while head.startswith(b"HTTP/1.1 101") and len(rest) >= 2:
        start, size = 2, rest[1] & 127
        if size > 125:
            start += 2 if size == 126 else 8
            size = int.from_bytes(rest[2:start], "big")
        if rest[0] & 15 == CLOSE:
            codes.append(int.from_bytes(rest[start : start + 2], "big"))
        rest = rest[start + size :]
    return codes


def others_are_served(cluster: Cluster) -> None:
    assert cluster.send(cluster.users[0]) == Outcome.ACKNOWLEDGED
    cluster.wait_for_quiet()
    (watcher,) = cluster.watchers
    assert watcher.ends == []
    assert cluster.faults() == []


def test_after_the_handshake(cluster: Cluster) -> None:
    (server,) = cluster.servers

    @few
    @given_bytes
    def anything(pieces: list[bytes]) -> None:
        answer = exchange(server.port, handshake(cluster), *pieces)
        assert INTERNAL_ERROR not in close_codes(answer)

    anything()
    others_are_served(cluster)


def test_instead_of_a_request(cluster: Cluster) -> None:
    (server,) = cluster.servers

    @few
    @given_bytes
    def anything(pieces: list[bytes]) -> None:
        answer = exchange(server.port, *pieces)
        assert not answer or answer.startswith(b"HTTP/1.1 4")

    anything()
    others_are_served(cluster)


# A reserved opcode; a text of one byte that is no UTF-8, under a mask of zeros.
@pytest.mark.parametrize("piece", [b"\xff\xff", b"\x81\x81\0\0\0\0\xff"])
def test_by_a_client_that_does_not_wait_for_the_handshake(cluster: Cluster, piece: bytes) -> None:
    (server,) = cluster.servers
    for _ in range(5):
        answer = exchange(server.port, handshake(cluster) + piece)
        assert INTERNAL_ERROR not in close_codes(answer)

    others_are_served(cluster)
