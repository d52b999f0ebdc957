"""What the streams over HTTP have in common: who may ask, and from where on."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer

from notifications.consumers.base import StreamConsumer, tell_refusal
from notifications.consumers.responses import HttpTransport, whole
from notifications.process import metrics
from notifications.push import drain, hub, limits
from notifications.wire import contract, frames, problems, queries
from notifications.wire.frames import Cursor
from notifications.wire.problems import Problem

# Whoever asks for something that is not there, or makes no sense, is not refused.
_REFUSALS = {401, 403, 429, 503}
# Until one of the others has ended, maybe.
_TOO_MANY_RETRY_S = 10


async def forbid(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer the request of another site's page."""
    for event in whole(problems.response(403, "Another site may not ask for this.")):
        await send(event)


class HttpStreamConsumer(StreamConsumer):
    """One request of one signed-in user."""

    is_answered = False
    # What a query may have.
    parameters = frozenset({"epoch", "since"})
    transport: HttpTransport

    async def http_request(self, _event: dict[str, Any]) -> None:
        if hasattr(self, "transport"):
            return  # the rest of a body that nobody asked for
        self.transport = self.new_transport()
        try:
            user_id = self._user_id()
            query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            queries.require_known(query, self.parameters)
            cursor = self.ask(query)
        except Problem as problem:
            if problem.status in _REFUSALS:
                tell_refusal(problem.detail)
            self.transport.answer(problem.response())
        else:
            self.transport.open()
            self.open_stream(user_id, cursor)

    async def http_disconnect(self, _event: dict[str, Any]) -> None:
        self.close_stream()
        raise StopConsumer

    def new_transport(self) -> HttpTransport:
        """Where this request is answered."""
        raise NotImplementedError

    def ask(self, query: dict[str, list[str]]) -> Cursor | None:
        """Take from the query what is asked for; the cursor.

        Raises: Problem
        """
        return cursor(query.get("epoch", [""])[0], query.get("since", [""])[0])

    def _user_id(self) -> int:
        """Raises: Problem: nobody is to be answered, or not now."""
        if self.scope["method"] != "GET":
            raise Problem(405, "This method is not allowed here.")
        if hub.current().is_draining:
            raise Problem(503, drain.REASON)
        if wait_s := self.scope.get("wait_s"):
            metrics.connections_refused.labels("rate").inc()
            raise Problem(429, "Too many requests came from this address.", retry_after_s=wait_s)
        if self.scope.get("lookup_failed"):
            raise Problem(503, "The database does not answer.")
        if self.scope.get("origin_refused"):
            raise Problem(403, "This token may not be used from that origin.")
        user = self.scope["user"]
        if not user.is_authenticated:
            raise Problem(401, "Sign in first.")
        found: int = user.pk
        if hub.current().connection_counter.is_full():
            raise Problem(503, limits.FULL)
        if reason := self.refusal(found):
            raise Problem(429, reason, retry_after_s=_TOO_MANY_RETRY_S)
        return found


def cursor(epoch: str, since: str) -> Cursor | None:
    """A cursor, or None where there is none; an epoch that cannot be ours is as good as none.

    Raises: Problem: half of one, or no revision.
    """
    if not (epoch or since):
        return None
    if not epoch:
        raise Problem(422, "A revision is one of an epoch.", {"epoch": ["missing"]})
    if contract.revision(since) is None:
        fault = f"not an integer from 0 to {contract.INTEGER_MAX}"
        raise Problem(422, "That is no revision.", {"since": [fault]})
    return frames.cursor(epoch, since)
