"""What one read of the database tells a client, its notifications decoded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notifications.inbox import reading
from notifications.models import Inbox
from notifications.push.catch_up import Ask, catch_up
from notifications.wire.frames import Cursor

if TYPE_CHECKING:
    from notifications.stream.messages import Loaded


@dataclass(frozen=True)
class Told:
    """Changes after ``since``, or where that is None a snapshot, of which there may be ``more``."""

    epoch: str
    revision: int
    counts: dict[str, int]
    since: int | None
    notifications: list[dict[str, Any]]
    removed: list[str]
    more: bool


def told(user_id: int, since: int | None = None, *, epoch: str | None = None) -> Told:
    """What a user's client is told that is at ``since``, or holds nothing.

    Args: epoch: that of its cursor, if not the present one.
    """
    cursor = None if since is None else Cursor(epoch or reading.head(user_id).epoch, since)
    (found,) = catch_up([Ask(Inbox.objects.get(user=user_id).pk, cursor)])
    assert found is not None
    return _decoded(found)


def _decoded(found: Loaded) -> Told:
    present = [entry.encoded for entry in found.changes if entry.encoded is not None]
    return Told(
        epoch=found.epoch,
        revision=found.revision,
        counts={"unread": found.unread, "unseen": found.unseen},
        since=found.since,
        notifications=[json.loads(one) for one in (found.listed or present)],
        removed=[entry.id for entry in found.changes if entry.encoded is None],
        more=found.more,
    )
