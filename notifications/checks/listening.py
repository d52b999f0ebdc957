"""PostgreSQL's LISTEN and NOTIFY: whether processes hear at once of what others commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connection

from notifications.conf import conf
from notifications.push import layers, notifier

# A machine that answers no sooner has other troubles.
_WITHIN_S = 3.0


@checks.register()
def where_to_listen(**_kwargs: Any) -> list[checks.CheckMessage]:
    """It may hold a password, so it is not repeated."""
    if not conf.LISTEN_DATABASE or not notifier.is_wanted():
        return []
    from psycopg import ProgrammingError  # noqa: PLC0415 (who has SQLite needs no driver)
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        conninfo_to_dict(conf.LISTEN_DATABASE)
    except (ProgrammingError, TypeError):
        return [
            checks.Error(
                "NOTIFICATIONS_LISTEN_DATABASE is no connection string of PostgreSQL.",
                hint="Let it be like postgres://user:password@host:5432/name.",
                id="notifications.E016",
            )
        ]
    return []


@checks.register(deploy=True)
def no_driver_that_listens(**_kwargs: Any) -> list[checks.CheckMessage]:
    """psycopg2 has connections that nobody may wait for with a bound."""
    is_alone = connection.vendor == "postgresql" and conf.LISTEN and not layers.joins_processes()
    if not is_alone or notifier.is_wanted():
        return []
    return [
        checks.Warning(
            "PostgreSQL is used by psycopg2, and there is no channel layer: what one process "
            f"changes, the others learn within {conf.RECONCILE_S:g} s.",
            hint="Install 'psycopg[binary,pool]', which is psycopg 3; or a channel layer.",
            id="notifications.W018",
        )
    ]


@checks.register(checks.Tags.database, deploy=True)
def nothing_is_heard(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """Asks the server, so only with ``check --database``."""
    if "default" not in (databases or ()) or not notifier.is_wanted():
        return []
    reason = why_nothing_is_heard()
    if reason is None:
        return []
    return [
        checks.Warning(
            "What one process changes, the others learn from PostgreSQL within "
            f"{conf.RECONCILE_S:g} s, and not at once: {reason}",
            hint="Let NOTIFICATIONS_LISTEN_DATABASE (DATABASE_LISTEN_URL) lead to the same "
            "database directly, past a pooler that lends its connections by transaction. "
            "NOTIFICATIONS_LISTEN=0 where that is soon enough.",
            id="notifications.W001",
        )
    ]


def why_nothing_is_heard() -> str | None:
    """Notify once, and listen; None: it was heard."""
    import psycopg  # noqa: PLC0415 (as above)

    from notifications.push.reconcilers import listener  # noqa: PLC0415 (psycopg)

    try:
        took_s = listener.heard_within_s(_WITHIN_S)
    except psycopg.Error as error:
        return f"{type(error).__name__}: {str(error).strip()}"
    return "what is notified does not come through." if took_s is None else None
