"""Why a connection may not be opened: decided here for all transports, and rendered by each."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from notifications.credentials import visitor
from notifications.credentials.visitor import Visitor
from notifications.process import metrics
from notifications.process.log_limits import once_a_minute
from notifications.push import drain, runtime
from notifications.push.hub import Hub
from notifications.push.limits import address_of
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

# Until the database answers again, some have left, or one of the user's others has ended, maybe.
_DATABASE_RETRY_S = 2
_FULL_AFTER_MS, _FULL_RETRY_S = 5000, 2
_TOO_MANY_RETRY_S = 10


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, as a socket says it before it closes and as HTTP answers it."""

    code: CloseCode
    status: int
    # In words of ours: nothing that a client says.
    reason: str
    # When to come back: in a `bye`, and in a header; 0: nothing is said of that.
    after_ms: int = 0
    retry_after_s: int = 0
    # The limit that was reached, for those who count.
    limit: str = ""

    @property
    def cause(self) -> str:
        """What it is counted by."""
        return self.limit or self.code.name.lower()


def admit(
    scope: dict[str, Any], *, knows_version: bool = True, what: str = "requests came"
) -> int | Refusal:
    """The id of the inbox that the connection may follow, or why it may follow none.

    A refusal is counted and logged. What says less of who is here comes first.

    Args: knows_version: whether we speak a protocol that its client offers. what: it does too
        often, in a sentence about its address.
    """
    verdict = _verdict(scope, knows_version=knows_version, what=what)
    if isinstance(verdict, Refusal):
        _tell(verdict)
    return verdict


def _verdict(scope: dict[str, Any], *, knows_version: bool, what: str) -> int | Refusal:
    hub = runtime.current()
    if hub.is_draining:
        delay = (drain.refused_after_ms(), drain.REFUSED_RETRY_S)
        return Refusal(CloseCode.RESTART, 503, drain.REASON, *delay)
    if not knows_version:
        reason = "No version of the protocol that we know was offered."
        return Refusal(CloseCode.VERSION, 400, reason)
    known = visitor.of(scope)
    if refusal := _of_visitor(known, what):
        return refusal
    inbox_id = known.inbox_id
    if inbox_id is None:
        return Refusal(CloseCode.SIGNED_OUT, 401, "Sign in first.")
    return _of_limits(hub, inbox_id, address_of(scope)) or inbox_id


def _of_visitor(known: Visitor, what: str) -> Refusal | None:
    """Why it is not known who it is, or does not count."""
    if known.wait_s:
        reason = f"Too many {what} from this address."
        delay = (known.wait_s * 1000, known.wait_s)
        return Refusal(CloseCode.RATE_LIMIT, 429, reason, *delay, limit="rate")
    if known.lookup_failed:
        delay = (_DATABASE_RETRY_S * 1000, _DATABASE_RETRY_S)
        return Refusal(CloseCode.OVERLOADED, 503, "The database does not answer.", *delay)
    if known.origin_refused:
        reason = "This token may not be used from that origin."
        return Refusal(CloseCode.NOT_ALLOWED, 403, reason)
    return None


def _of_limits(hub: Hub, inbox_id: int, address: str) -> Refusal | None:
    """Whether it is one too many for this process, its user or its address."""
    counter = hub.connection_counter
    if counter.is_full():
        reason = "The server has as many connections as it may have."
        delay = (_FULL_AFTER_MS, _FULL_RETRY_S)
        return Refusal(CloseCode.OVERLOADED, 503, reason, *delay, limit="process")
    excess = counter.excess(address, hub.streams.get(inbox_id, ()))
    if excess is None:
        return None
    code = CloseCode.TOO_MANY_CONNECTIONS
    delay = (0, _TOO_MANY_RETRY_S)
    return Refusal(code, 429, excess.reason, *delay, limit=excess.limit)


def _tell(refusal: Refusal) -> None:
    metrics.connections_refused.labels(refusal.cause).inc()
    text = "A connection was refused: %s"
    extra = {"cause": refusal.cause}
    once_a_minute(logger, logging.INFO, refusal.reason, text, refusal.reason, extra=extra)
