"""What NOTIFY tells other processes: that something was committed, and in which inboxes.

It may be lost, late, doubled or made up by anybody who may use the database: whoever hears it looks
there, and does nothing else. So it costs a read at most, and is not sealed as hints are.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from uuid import uuid4

_PREFIX = "notifications"
# PostgreSQL takes 7999 bytes, and who has to look at so many may as well look at all.
_MOST = 200

_run = uuid4().hex[:12]

Inboxes = Collection[int] | None
"""Of whom something may be new; None: of anybody."""


def channel(installation_group: str) -> str:
    """The channel of an installation: others in this database have others."""
    return f"{_PREFIX}_{installation_group}"


def private_channel() -> str:
    """A channel that nobody else uses."""
    return f"{_PREFIX}_{uuid4().hex}"


def together(first: Inboxes, second: Inboxes) -> Inboxes:
    """Of whom something may be new, if both are so."""
    if first is None or second is None:
        return None
    both = {*first, *second}
    return both if len(both) <= _MOST else None


def payload(inboxes: Inboxes) -> str:
    """As NOTIFY carries it."""
    return f"{_sender()}:{' '.join(map(str, sorted(inboxes or ())))}"


def is_ours(payload: str) -> bool:
    """Whether this very process has sent it: its streams were told in memory."""
    return payload.partition(":")[0] == _sender()


def inboxes(payload: str) -> Inboxes:
    """Of whom something may be new, by what NOTIFY has carried; nonsense is of anybody."""
    named = payload.partition(":")[2].split()
    try:
        return set(map(int, named)) or None
    except ValueError:
        return None


def _sender() -> str:
    # With the process's number: those that were forked have the rest in common.
    return f"{_run}{os.getpid()}"
