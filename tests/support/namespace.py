"""A network namespace, joined to ours by a cable: clients in it are on another machine, nearly.

Needs root, ``ip`` and ``nft``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    from tests.support.connection import LoopThread

NEW_NETWORK = 0x40000000
# Of a range that nobody routes (RFC 2544).
OURS, THEIRS = "198.18.77.1", "198.18.77.2"


class Namespace:
    """Made on entering the context, by ``run``, which says why it cannot be."""

    def __init__(self, run: Callable[..., None]) -> None:
        self._run = run
        self.name = f"faults-{os.getpid()}"
        self._ends = (f"f{os.getpid()}a", f"f{os.getpid()}b")

    def __enter__(self) -> Self:
        ours, theirs = self._ends
        self._run("ip", "netns", "add", self.name)
        self._run("ip", "link", "add", ours, "type", "veth", "peer", theirs, "netns", self.name)
        self._run("ip", "address", "add", f"{OURS}/30", "dev", ours)
        self._run("ip", "link", "set", ours, "up")
        for command in (
            f"ip address add {THEIRS}/30 dev {theirs}",
            f"ip link set {theirs} up",
            "nft add table inet faults",
            "nft add chain inet faults in { type filter hook input priority 0 ; }",
            "nft add chain inet faults out { type filter hook output priority 0 ; }",
        ):
            self._run("ip", "netns", "exec", self.name, *command.split())
        return self

    def __exit__(self, *_error: object) -> None:
        # The cable goes with one of its ends.
        self._run("ip", "netns", "delete", self.name)

    def enter(self, clients: LoopThread) -> None:
        """Let these clients open their connections from there, from now on."""

        async def enter() -> None:
            self._enter_here()

        clients.run(enter())

    def listener(self) -> socket.socket:
        """A socket that listens there, on a free port; what it accepts is used from here."""

        def make() -> socket.socket:
            self._enter_here()
            return socket.create_server((THEIRS, 0))

        # A thread of its own, which leaves our network for good.
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(make).result()

    def _enter_here(self) -> None:
        """Let this thread open sockets there, from now on."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{self.name}", "rb") as file:  # noqa: PTH123 (no disk)
            if libc.setns(file.fileno(), NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    @contextlib.contextmanager
    def dropping(self, percent: int) -> Iterator[None]:
        """Of all packets, both ways."""
        what = f"numgen random mod 100 < {percent} drop" if percent < 100 else "drop"
        with self._ruled({"in": what, "out": what}):
            yield

    @contextlib.contextmanager
    def dropping_of(self, ports: Iterable[int]) -> Iterator[None]:
        """All packets of the connections that come from these ports of ours."""
        those = f"{{ {', '.join(map(str, ports))} }} drop"
        with self._ruled({"in": f"tcp sport {those}", "out": f"tcp dport {those}"}):
            yield

    @contextlib.contextmanager
    def _ruled(self, rules: dict[str, str]) -> Iterator[None]:
        for chain, what in rules.items():
            self._nft("add", "rule", "inet", "faults", chain, *what.split())
        try:
            yield
        finally:
            self._nft("flush", "table", "inet", "faults")

    def _nft(self, *words: str) -> None:
        self._run("ip", "netns", "exec", self.name, "nft", *words)
