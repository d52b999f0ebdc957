"""PostgreSQL's parameters, which a pooler such as PgBouncer may keep from where they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError, InterfaceError, connection

# What each is where nobody has set it, and what a role should be given.
_MISSING = {
    "lock_timeout": ("0", "8s"),
    "idle_in_transaction_session_timeout": ("0", "60s"),
    "jit": ("on", "off"),
}


@checks.register(checks.Tags.database, deploy=True)
def parameters_not_in_force(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """Asks the server, so only with ``check --database``.

    Each connection sets them once it is there. A pooler that lends its own connections by
    transaction lends others afterwards, which have what the role has.
    """
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    try:
        has_pooler, missing = _asked()
    except (DatabaseError, InterfaceError):
        return []  # which E009 tells of
    if not missing:
        return []
    acts = " ".join(f"ALTER ROLE … SET {name} = '{_MISSING[name][1]}';" for name in missing)
    where = "PostgreSQL is behind a pooler, where the role" if has_pooler else "The connection"
    return [
        checks.Warning(
            f"{where} has no {', '.join(missing)}: locks may be waited for without an end, and "
            "catching up may take a third of a second instead of a millisecond.",
            hint=acts,
            id="notifications.W011",
        )
    ]


def _asked() -> tuple[bool, list[str]]:
    """Whether somebody stands between us and the server, and what is missing there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), name, setting, reset_val FROM pg_settings "
            "WHERE name = ANY(%s) ORDER BY name",
            [list(_MISSING)],
        )
        rows = cursor.fetchall()
    assert connection.connection is not None  # noqa: S101 (it has just answered)
    # A pooler gives a number of its own at the start, by which to cancel.
    has_pooler = rows[0][0] != connection.connection.info.backend_pid
    return has_pooler, [
        name
        for _, name, setting, of_role in rows
        if (of_role if has_pooler else setting) == _MISSING[name][0]
    ]
