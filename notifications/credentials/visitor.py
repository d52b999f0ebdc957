"""Who opens a connection: what ``sign_in`` has found out, in the ASGI scope under one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from notifications.push.connection import Login

_KEY = "notifications.visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a connection, or why that is not known."""

    # Of AUTH_USER_MODEL, or one who is not authenticated; None: nobody has looked.
    user: Any = None
    # What the connection is opened by.
    login: Login | None = None
    # The user's inbox; None: it is nobody.
    inbox_id: int | None = None
    # The token is good, but not where it came from.
    origin_refused: bool = False
    # The database did not answer.
    lookup_failed: bool = False
    # Seconds after which it may come again, where it came too often: then nothing was looked up.
    wait_s: int = 0
    # When it came (monotonic seconds); None: nobody has looked.
    came_at: float | None = None


def put(scope: dict[str, Any], visitor: Visitor) -> dict[str, Any]:
    """The scope of a connection that this visitor opens."""
    return {**scope, _KEY: visitor}


def of(scope: dict[str, Any]) -> Visitor:
    """Who opens the connection that ``scope`` is of; nobody, where nobody has looked."""
    visitor: Visitor = scope.get(_KEY, Visitor())
    return visitor
