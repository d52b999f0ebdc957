"""A client over WebSocket that lives longer than the processes it is connected to.

As the protocol's page has it: after a `bye` that lingers it opens the next connection, and leaves
the old one once that has said hello; after any other end it backs off and comes back. What it holds
goes with it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.exceptions import InvalidHandshake

from tests.support.client import SocketClient
from tests.support.connection import Refused
from tests.support.inbox_state import InboxState
from tests.support.judge import LINGERING
from tests.support.wire import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from tests.support.connection import LoopThread

_BACK_OFF_S = 0.05


@dataclass
class AnnouncedState(InboxState):
    """An inbox, and how often each notification was new in it."""

    announced: Counter[str] = field(default_factory=Counter)

    def apply(self, frame: Frame) -> bool:
        before = self.revision
        has_gap = super().apply(frame)
        if self.revision > before:
            self.announced.update(
                one["id"]
                for one in frame.get("notifications", ())
                if one["arrived_revision"] > before
            )
        return has_gap


class RoamingClient:
    """Holds one inbox over one connection after the other, sometimes over two."""

    def __init__(
        self, clients: LoopThread, sites: Sequence[str], headers: Iterable[tuple[str, str]]
    ) -> None:
        """Args: sites: scheme, host and port of each process; this list may change."""
        self.state = AnnouncedState()
        self.legs: list[_Leg] = []
        self._clients = clients
        self._sites = sites
        self._headers = list(headers)
        self._closing: list[asyncio.Future[None]] = []
        self._turn = 0
        self._has_left = False

    def open(self) -> Self:
        self._clients.run(self._go())
        return self

    @property
    def violations(self) -> list[str]:
        return [line for leg in self.legs for line in leg.violations]

    @property
    def closed_with(self) -> list[int]:
        """How the connections ended so far."""
        return [leg.closed[0] for leg in self.legs if leg.closed is not None]

    def close(self) -> None:
        self._has_left = True
        for leg in self.legs:
            leg.close()

    def heard(self, leg: _Leg, frame: Frame) -> None:
        if frame["type"] == "bye":
            leg.is_left = frame["code"] in LINGERING
            if leg is self.legs[-1] and leg.is_left:
                self._later(frame["after_ms"] / 1000)
        elif frame["type"] == "hello":
            for old in self.legs[:-1]:
                self._closing.append(asyncio.ensure_future(old._connection.close()))

    def ended(self, leg: _Leg) -> None:
        if leg is self.legs[-1] and not leg.is_left:
            self._later(_BACK_OFF_S)

    def _later(self, delay_s: float) -> None:
        self._clients.loop.call_later(delay_s, lambda: asyncio.ensure_future(self._go()))

    async def _go(self) -> None:
        while not self._has_left:
            self._turn += 1
            origin = self._sites[self._turn % len(self._sites)]
            leg = _Leg(self, self._clients, origin, state=self.state, headers=self._headers)
            # One inbox, whoever tells of it.
            leg.state = self.state
            try:
                await leg._open()
            except (OSError, Refused, InvalidHandshake, EOFError):
                await asyncio.sleep(_BACK_OFF_S)
            else:
                self.legs.append(leg)
                return


class _Leg(SocketClient):
    def __init__(
        self, owner: RoamingClient, clients: LoopThread, origin: str, **options: Any
    ) -> None:
        url = origin.replace("http", "ws", 1) + "/ws/notifications/"
        super().__init__(clients, url, origin=origin, **options)
        self._owner = owner
        # Whether the next one is on its way already.
        self.is_left = False

    def _received(self, message: str | bytes) -> None:
        super()._received(message)
        self._owner.heard(self, self.frames[-1])

    def _ended(self) -> None:
        super()._ended()
        self._owner.ended(self)
