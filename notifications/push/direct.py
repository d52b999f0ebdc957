"""Connections to PostgreSQL of our own, beside Django's: to LISTEN by, and to NOTIFY by.

Nothing waits for such a connection for long: what it carries is worth a moment only. psycopg is
loaded with this module, so import it where PostgreSQL is the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg import pq, sql

from notifications.conf import conf

# What an answer may take; who needs longer is taken for gone.
ANSWER_S = 3.0
# psycopg's: how often a wait looks for Ctrl-C, which is none of a thread's business.
_INTERVAL_S = 1.0
# The kernel notices that the other end has gone, though nobody has said so.
_BOUNDS = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
# Nobody waits for the disk: a NOTIFY holds a lock that all others who NOTIFY want, until it is
# committed. By the statement, since a pooler lends another connection for the next.
_NOTIFY = (
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%s, said.one) "
    "FROM unnest(%s::text[]) said(one)"
)


class DirectConnection(psycopg.Connection[Any]):
    """Gives an answer up after ``ANSWER_S``; whoever meets an error closes it."""

    def wait(self, gen: Any, interval: float = _INTERVAL_S, timeout: float | None = None) -> Any:
        """psycopg's, with a bound.

        Raises: psycopg.OperationalError: nothing came in time.
        """
        return super().wait(gen, interval, ANSWER_S if timeout is None else timeout)

    def listen(self, channel: str) -> None:
        """Have what is notified there.

        Raises: psycopg.Error
        """
        self.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

    def unlisten(self, channel: str) -> None:
        """Have it no longer.

        Raises: psycopg.Error
        """
        self.execute(sql.SQL("UNLISTEN {}").format(sql.Identifier(channel)))

    def notify(self, channel: str, payloads: list[str]) -> None:
        """Tell those who listen there, in this order.

        Raises: psycopg.Error
        """
        self.execute(_NOTIFY, [channel, payloads])

    def heard(self, within_s: float) -> list[tuple[str, str]]:
        """Channels and payloads: what has come; none where nothing comes within the time.

        Raises: psycopg.Error
        """
        told = self.notifies(timeout=within_s, stop_after=1)
        return [(one.channel, one.payload) for one in told]


@contextmanager
def listening() -> Iterator[DirectConnection]:
    """A connection for LISTEN: to where the settings say, else to Django's default database.

    Raises: psycopg.Error
    """
    opened = _connect(conf.LISTEN_DATABASE, "notifications LISTEN")
    try:
        yield opened
    finally:
        opened.close()


def notifying() -> DirectConnection:
    """A connection for NOTIFY, to Django's default database.

    Raises: psycopg.Error
    """
    return _connect("", "notifications NOTIFY")


def _connect(conninfo: str, name: str) -> DirectConnection:
    parameters = {} if conninfo else of_django()
    bounds = {**_BOUNDS, "application_name": name}
    return DirectConnection.connect(conninfo, **{**parameters, **bounds}, autocommit=True)


def of_django() -> dict[str, Any]:
    """What the default connection is made with, as far as libpq knows it.

    Of the rest, some is psycopg's and of no use here, some a database backend's own.
    """
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    parameters: dict[str, Any] = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name in known}
