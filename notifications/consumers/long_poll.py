"""The inbox, asked for again and again: `GET /api/v1/inbox/poll`."""

from __future__ import annotations

import time

from notifications.consumers.http import HttpStreamConsumer
from notifications.consumers.responses import LongPollTransport
from notifications.consumers.transports import Transport
from notifications.stream.long_poll import LongPoll
from notifications.stream.messages import Limits
from notifications.wire import contract
from notifications.wire.frames import Cursor
from notifications.wire.problems import Problem


class LongPollConsumer(HttpStreamConsumer):
    """One request, held until there is something to say or its wait is over."""

    kind = "poll"
    says_when = False
    parameters = HttpStreamConsumer.parameters | {"wait"}

    def __init__(self) -> None:
        super().__init__()
        self._wait_s = contract.POLL_DEFAULT_S

    def new_transport(self) -> LongPollTransport:
        return LongPollTransport(self.scope, self.base_send)

    def new_stream(self, transport: Transport, limits: Limits) -> LongPoll:
        return LongPoll(time.monotonic(), self._wait_s, limits)

    def ask(self, query: dict[str, list[str]]) -> Cursor | None:
        self._wait_s = _wait_s(query.get("wait", [""])[0] or str(contract.POLL_DEFAULT_S))
        return super().ask(query)


def _wait_s(text: str) -> int:
    wait_s = contract.revision(text)
    if wait_s is None or wait_s > contract.POLL_MAX_S:
        fault = f"not an integer from 0 to {contract.POLL_MAX_S}"
        raise Problem(422, "That is no time to wait.", {"wait": [fault]})
    return wait_s
