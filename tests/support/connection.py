"""Connections of the tests' clients: where they live, how a test waits for them, and refusals."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Self

# Far more than anything here takes, so that a slow machine is not a failure.
PATIENCE_S = 60


class Refused(Exception):
    """The handshake or request was answered with an HTTP status that opens nothing."""

    def __init__(self, status: int, headers: Any = (), body: bytes = b"") -> None:
        super().__init__(f"HTTP {status}: {body[:300]!r}")
        self.status = status
        self.headers = {name.lower(): value for name, value in dict(headers).items()}
        self.body = body


class LoopThread:
    """The event loop of all clients, on a thread of its own: tests themselves are synchronous."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="clients", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any], within_s: float = PATIENCE_S) -> Any:
        """What the coroutine returns or raises; it is cancelled where that takes longer."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(within_s)
        except TimeoutError:
            future.cancel()
            raise


class Waiting:
    """Something that happens on the clients' loop, and that a test waits for."""

    def __init__(self, clients: LoopThread) -> None:
        # Code and reason of how it ended (1006: the server said neither), once it has.
        self.closed: tuple[int, str] | None = None
        self._clients = clients
        self._changed = threading.Condition()

    def until(self, condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
        """Wait until ``condition`` holds, and return what it gave; looked at after each message.

        Raises: TimeoutError. ConnectionError: the connection has ended, and it does not hold.
        """
        deadline = time.monotonic() + within_s
        with self._changed:
            while not (value := condition()):
                if self.closed is not None:
                    raise ConnectionError(f"Closed before: {what}. {self}")
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"Not within {within_s} s: {what}. {self}")
        return value

    def until_closed(self, within_s: float = PATIENCE_S) -> int:
        """The close code of the server."""
        code, _ = self.until(lambda: self.closed, "the server closes", within_s)
        return int(code)
