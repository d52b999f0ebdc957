"""A client of `notifications.v1` over WebSocket, written from the protocol's page alone.

It knows nothing of the server's code. Beside holding an inbox it is a judge: whatever a server
sends that the page does not allow is written into ``SocketClient.violations``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.support.holder import Holder
from tests.support.web_socket import Socket
from tests.support.wire import message_of, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from tests.support.connection import LoopThread
    from tests.support.inbox_state import InboxState
    from tests.support.wire import Frame

SUBPROTOCOL = "notifications.v1"
RESUME_PAUSE_S = 1.0


class SocketClient(Socket, Holder):
    """Holds an inbox over a WebSocket: also answers pings, and resumes after a gap."""

    def __init__(
        self,
        clients: LoopThread,
        url: str,
        *,
        state: InboxState | None = None,
        query: str | None = None,
        answers_pings: bool = True,
        judges: bool = True,
        subprotocols: Sequence[str] = (SUBPROTOCOL,),
        **options: Any,
    ) -> None:
        """Args: state: what it holds already, whose cursor goes into the URL. query: of the URL."""
        if query is None and state is not None and state.epoch is not None:
            query = f"epoch={state.epoch}&since={state.revision}"
        Holder.__init__(self, clients, state, judges=judges)
        Socket.__init__(
            self, clients, f"{url}?{query}" if query else url, subprotocols=subprotocols, **options
        )
        self.answers_pings = answers_pings
        self._resumed_at = -RESUME_PAUSE_S

    def until_answered(self) -> Self:
        """Wait until the server has dealt with all that was sent: until it answers a ping."""
        before = len(self.of_type("pong"))
        self.send({"type": "ping"})
        self.until(lambda: len(self.of_type("pong")) > before, "the server answers a ping")
        return self

    def pong(self, revision: int | None = None, epoch: str | None = None) -> None:
        self.send(
            {
                "type": "pong",
                "epoch": self.state.epoch if epoch is None else epoch,
                "revision": self.state.revision if revision is None else revision,
            }
        )

    def resume(self, since: int | None = None, epoch: str | None = None) -> None:
        """Ask to be brought up to date from there; by default from nothing."""
        self.send(self._resume(epoch, since))

    def _received(self, message: str | bytes) -> None:
        if not isinstance(message, str):
            self.violations.append(f"a binary message: {message[:100]!r}")
            return
        frame = parse(message)
        if self._take(frame, len(message.encode())):
            self._resume_when_allowed()
        if frame["type"] == "ping" and self.answers_pings:
            pong = {"type": "pong", "epoch": self.state.epoch, "revision": self.state.revision}
            self._later(pong)

    def _ended(self) -> None:
        assert self.closed is not None
        if self._judges:
            self._judge.ended(self.closed[0])

    def _resume_when_allowed(self) -> None:
        loop = self._clients.loop
        wait_s = max(0.0, self._resumed_at + RESUME_PAUSE_S - loop.time())
        self._resumed_at = loop.time() + wait_s
        frame = self._resume(self.state.epoch, self.state.revision)
        loop.call_later(wait_s, self._later, frame)

    def _resume(self, epoch: str | None, since: int | None) -> Frame:
        self._judge.resumes(since)
        return {"type": "resume", "epoch": epoch, "since": since}

    def _later(self, frame: Frame) -> None:
        sending = asyncio.ensure_future(self._send([message_of(frame)]))
        sending.add_done_callback(lambda _: None)
