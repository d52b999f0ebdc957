"""Ports of this machine: one that is free, and whether somebody listens on one."""

from __future__ import annotations

import socket
import threading
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
# Below those that the kernel gives to clients, and above those of services that are well known.
_FIRST, _END = 20_000, 32_000
_BLOCK = 200
# Of threads that ask at once each would claim a block, and `next` is for one at a time.
_one_asks = threading.Lock()


class _Block:
    """Ports that no other process of the tests, of this run or of another, hands out.

    A port that was free a moment ago may be another's by the time that it is listened on: other
    workers look for theirs, and each connection takes one. So each process has ports of its own,
    claimed by a name which the kernel frees when the process ends.
    """

    def __init__(self) -> None:
        self._claim, first = _claim()
        self._ports: Iterator[int] = cycle(range(first, first + _BLOCK))

    def next(self) -> int:
        tried = (next(self._ports) for _ in range(_BLOCK))
        found = next(filter(_is_free, tried), None)
        if found is None:
            raise RuntimeError(f"All {_BLOCK} ports of this process are in use.")
        return found


def free_port() -> int:
    """One that nobody listens on, and that this process alone hands out.

    Raises: RuntimeError: there is none.
    """
    with _one_asks:
        return _own_block().next()


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


@cache
def _own_block() -> _Block:
    return _Block()


def _claim() -> tuple[socket.socket, int]:
    """Returns: what holds the claim while it is open, and the first port of the block."""
    for first in range(_FIRST, _END, _BLOCK):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0ports of the tests from {first}")
        except OSError:
            claim.close()
        else:
            return claim, first
    raise RuntimeError("Too many processes hand out ports for tests.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers bind: what waits for the last packets of a connection is in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
