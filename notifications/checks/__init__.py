"""Rules for ``manage.py check``: settings that break what is promised, or cost more than meant.

An error stops every command. Warnings are about how a site is run or put together, and most are
told by ``check --deploy`` alone: a sender's cron job need not hear of it each time.
``docs/reference/checks.md`` lists all of them.
"""

from notifications.checks import (
    credentials,
    identity,
    layers,
    listening,
    pooler,
    preferences,
    project,
    serving,
    storage,
)

__all__ = [
    "credentials",
    "identity",
    "layers",
    "listening",
    "pooler",
    "preferences",
    "project",
    "serving",
    "storage",
]
