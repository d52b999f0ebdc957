"""A connection that does not wait for ever, and how one is had from the pool."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.errors import _WaitTimeout
from psycopg_pool import ConnectionPool, PoolTimeout

from config.postgresql import reachability

# psycopg's: how often a wait looks for Ctrl-C.
_INTERVAL_S = 0.1
# How long a connection of the pool may take to say that it lives; it is not asked where it has said
# so just now, and nothing has come since, as its end would.
_LIVES_WITHIN_S, _JUST_NOW_S = 2.0, 1.0
# Once PostgreSQL has been away for so long, who wants a connection waits for this long only: the
# requests that come meanwhile would take all threads, and are better told so soon.
_AWAY_LONG_S, _IMPATIENT_S = 5.0, 1.0


class Connection(psycopg.Connection[Any]):
    """A connection that ends where the server says nothing for ``answer_s`` seconds.

    The server keeps a bound of its own (``statement_timeout``), which is shorter: so whoever says
    nothing is gone, stopped, or behind something that drops packets, and so are the connections
    that the pool holds.
    """

    # None: however long it takes. The kernel's own bounds, such as TCP's, hold all the same.
    answer_s: float | None = None
    _opened_at = 0.0
    # When the server has answered last.
    _answered_at = float("-inf")

    @classmethod
    def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, answer_s: float | None = None, **parameters: Any
    ) -> Self:
        """Connect, and remember whether that was possible.

        Raises: psycopg.Error
        """
        began_at = time.monotonic()
        try:
            made = super().connect(conninfo, **parameters)
        except psycopg.Error as error:
            reachability.PROCESS.failed(str(error), began_at)
            raise
        reachability.PROCESS.answered()
        made.answer_s = answer_s
        made._opened_at = made._answered_at = time.monotonic()
        return made

    def wait(self, gen: Any, interval: float = _INTERVAL_S, timeout: float | None = None) -> Any:
        """Wait for what ``gen`` does, but no longer than ``answer_s``.

        Raises: psycopg.OperationalError: nothing came; the connection is closed.
        """
        if timeout is not None:  # psycopg's own, which it knows to handle
            return super().wait(gen, interval, timeout)
        try:
            answer = super().wait(gen, interval, self.answer_s)
        except _WaitTimeout:
            raise psycopg.OperationalError(self._give_up()) from None
        self._answered_at = time.monotonic()
        return answer

    def lives(self) -> bool:
        """Whether it has answered just now, and nothing has come from the server since."""
        if time.monotonic() > self._answered_at + _JUST_NOW_S:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            return not selector.select(0)

    def _give_up(self) -> str:
        assert self.answer_s is not None  # noqa: S101 (else nothing ends)
        # Before it is closed: closing takes it out of the pool that it belongs to.
        pool = self._pool
        self.close()
        why = f"no answer within {self.answer_s:g} s"
        reachability.PROCESS.failed(why, time.monotonic() - self.answer_s)
        if isinstance(pool, Pool):
            pool.distrust(self._opened_at)
        return why

    @contextmanager
    def answering_within(self, seconds: float) -> Iterator[None]:
        """A shorter bound, where there is one."""
        before = self.answer_s
        self.answer_s = seconds if before is None else min(before, seconds)
        try:
            yield
        finally:
            self.answer_s = before


class Pool(ConnectionPool[Connection]):
    """psycopg's pool, of which all connections go once one of them has fallen silent."""

    _distrusted_at = 0.0

    def distrust(self, opened_at: float) -> None:
        """Close the connections that are as old as one that was opened then, or older."""
        if opened_at > self._distrusted_at:  # else they have gone with another one
            self._distrusted_at = time.monotonic()
            self.drain()

    def lend(self) -> Connection:
        """A connection that lives.

        Raises: psycopg.OperationalError: there is none in time; with the cause, where it is known.
        """
        seen = reachability.PROCESS
        patience_s = _IMPATIENT_S if seen.away_s() > _AWAY_LONG_S else self.timeout
        try:
            return self.getconn(timeout=min(patience_s, self.timeout))
        except PoolTimeout as error:
            raise psycopg.OperationalError(seen.why() or str(error)) from None


def check(connection: Connection) -> None:
    """Whether a connection of the pool lives, for ``Pool``: else a restart of PostgreSQL fails one
    request for each that it holds.

    Raises: psycopg.Error: it does not.
    """
    if connection.lives():
        return
    with connection.answering_within(_LIVES_WITHIN_S):
        Pool.check_connection(connection)
    reachability.PROCESS.answered()
