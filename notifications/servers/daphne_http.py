"""How much Daphne reads of a request, and for how long: it would take in whatever comes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import reactor
from twisted.web.http import HTTPChannel

from notifications.servers import bodies


class Factory(HTTPFactory):  # type: ignore[misc]
    """Daphne's, with the connections and requests of this module."""

    def buildProtocol(self, addr: Any) -> HTTPChannel:  # noqa: N802 (Twisted's)
        # Not the wrapper of Twisted's factory: what it is for, HTTP/2, comes by TLS only.
        channel = Channel()
        channel.factory = self
        channel.timeOut = self.timeOut
        channel.requestFactory = Request
        return channel


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, on which requests come in time, however busy it looks."""

    _due: Any = None
    _is_refused = False

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()
        self._expect_within(bodies.comes_within_s())

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self._is_refused:
            super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._expect_within(bodies.comes_within_s())
        super().allHeadersReceived()

    def allContentReceived(self) -> None:  # noqa: N802
        if not self._is_refused:
            self._expect_within(None)
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._expect_within(bodies.comes_within_s())
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._expect_within(None)
        super().connectionLost(reason)

    def refuse(self, status: int) -> None:
        """Answer, and take in nothing more; the rest has a little time to come."""
        self._is_refused = True
        start, body = bodies.refusal(status)
        self.writeHeaders(
            b"HTTP/1.1",
            str(int(status)).encode(),
            HTTPStatus(status).phrase.encode(),
            [*start["headers"], (b"connection", b"close")],
        )
        self.write(body["body"])
        self.transport.loseWriteConnection()
        self._expect_within(bodies.REST_S)

    def _expect_within(self, seconds: float | None) -> None:
        """End the connection then, unless something else is expected first."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if seconds is not None:
            self._due = reactor.callLater(seconds, self._too_late)  # type: ignore[arg-type]

    def _too_late(self) -> None:
        self._due = None
        self.transport.abortConnection()


class Request(WebRequest):  # type: ignore[misc]
    """A request, whose body is counted as it comes."""

    def __init__(self, channel: Channel, *args: Any, **kwargs: Any) -> None:
        super().__init__(channel, *args, **kwargs)
        self._channel = channel
        self._body = bodies.Body(channel.transport.abortConnection)
        self._is_refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        if bodies.is_too_large(length or 0):
            self._refuse(bodies.refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        status = bodies.here.took(self._body, len(data)) if data else None
        if status is None:
            super().handleContentChunk(data)
        else:
            self._refuse(status)

    def process(self) -> Any:
        self._body.is_whole = True
        if self.requestHeaders.hasHeader(b"Upgrade"):
            # A socket's request never ends; what it brings along is read on as frames.
            bodies.here.end(self._body)
        return super().process()

    def finish(self) -> None:
        bodies.here.end(self._body)
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        bodies.here.end(self._body)
        super().connectionLost(reason)

    def _refuse(self, status: int) -> None:
        self._is_refused = True
        bodies.here.end(self._body)
        self._channel.refuse(status)
