"""The backend: ``ENGINE = "config.postgresql"``.

Besides those of Django, ``OPTIONS`` has

- ``answer_s``: seconds after which a process that serves gives up a statement;
- ``session``: parameters of the session, by name. They are set once a connection is there, and not
  as startup parameters, which PgBouncer refuses.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from config.postgresql import process
from config.postgresql.connection import Connection, Pool, check

# The server ends a statement so much earlier than we give it up: then its reason is told.
_EARLIER_S = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections that do not wait for ever."""

    @property
    def pool(self) -> Pool | None:
        """The pool of this process; None: each connection is made for whoever needs it."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options or not process.has_pool():
            return None
        pools: dict[str, Pool] = self._connection_pools  # type: ignore[attr-defined]
        if self.alias not in pools:
            made = Pool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                connection_class=Connection,
                configure=self._configure_connection,  # type: ignore[arg-type]
                check=check,
                **options,
            )
            # Of two threads that make one the first wins; none is open yet.
            pools.setdefault(self.alias, made)
        return pools[self.alias]

    def get_connection_params(self) -> dict[str, Any]:
        """What ``Connection.connect`` takes."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters.pop("session", None)
        answer_s = parameters.pop("answer_s", None)
        parameters["answer_s"] = answer_s if process.is_bounded() else None
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """A connection of the pool, or one that is made here.

        Raises: psycopg.Error
        """
        if "isolation_level" in self.settings_dict["OPTIONS"]:
            raise ImproperlyConfigured("The isolation level is READ COMMITTED; leave it out.")
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        if (pool := self.pool) is None:
            return Connection.connect(**conn_params)
        pool.open()
        return pool.lend()

    def _configure_connection(self, connection: Connection) -> bool:
        parameters = dict(self.settings_dict["OPTIONS"].get("session", {}))
        if connection.answer_s is not None:
            most_ms = round(max(connection.answer_s - _EARLIER_S, connection.answer_s / 2) * 1000)
            parameters["statement_timeout"] = f"{most_ms}ms"
        if parameters:
            sets = ", ".join(["set_config(%s, %s, false)"] * len(parameters))
            values = [word for pair in parameters.items() for word in pair]
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {sets}", values)
        changed: bool = super()._configure_connection(connection)  # type: ignore[misc]
        return changed or bool(parameters)
