"""What the streams over HTTP have in common: who may ask, and from where on."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer

from notifications.consumers import admission
from notifications.consumers.admission import Refusal
from notifications.consumers.base import StreamConsumer
from notifications.consumers.responses import HttpTransport, whole
from notifications.wire import contract, frames, problems, queries
from notifications.wire.frames import Cursor
from notifications.wire.problems import Problem


async def forbid(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer the request of another site's page."""
    for event in whole(problems.response(403, "Another site may not ask for this.")):
        await send(event)


class HttpStreamConsumer(StreamConsumer):
    """One request of one signed-in user."""

    is_answered = False
    # What a query may have.
    parameters = frozenset({"epoch", "since"})

    async def http_request(self, _event: dict[str, Any]) -> None:
        if self.transport is not None:
            return  # the rest of a body that nobody asked for
        transport = self.transport = self.new_transport()
        try:
            inbox_id = self._inbox_id()
            query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            queries.require_known(query, self.parameters)
            cursor = self.ask(query)
        except Problem as problem:
            transport.answer(problem.response())
        else:
            transport.open()
            self.open_stream(transport, inbox_id, cursor)

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

    def _inbox_id(self) -> int:
        """Raises: Problem: nobody is to be answered, or not now."""
        if self.scope["method"] != "GET":
            raise Problem(405, "This method is not allowed here.")
        verdict = admission.admit(self.scope)
        if isinstance(verdict, Refusal):
            after_s = verdict.retry_after_s
            raise Problem(verdict.status, verdict.reason, retry_after_s=after_s)
        return verdict


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
