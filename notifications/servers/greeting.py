"""What a server tells of itself as it starts."""

from __future__ import annotations

import logging

from django.db import connection

from notifications.conf import conf
from notifications.push import layers

logger = logging.getLogger(__name__)


def tell(address: str) -> None:
    """Log where it serves, and what it works with; without any password.

    Args: address: where clients reach it, as its server is told.
    """
    logger.info(
        "Serving on %s, as one of %s. Database: %s. Channel layer: %s. Dispatches: %s.",
        address,
        conf.SERVER_PROCESSES,
        _database(),
        layers.backends()["default"].rpartition(".")[2],
        "here" if conf.DISPATCH_IN_SERVER else "elsewhere",
    )


def _database() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"SQLite, {known['NAME']}"
    place = f"{known['HOST'] or 'a local socket'}:{known['PORT'] or 'default'}"
    return f"PostgreSQL, {known['NAME']} at {place}"
