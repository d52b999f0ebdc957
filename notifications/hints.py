"""What travels on the channel layer: that inboxes have changed, and what came or went.

A hint may be lost, doubled or late, and is never the only copy. It names the epoch's life, so that
a process with another view of the database does not mistake its revisions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from notifications import catching_up, frames, wire
from notifications.models import Epoch
from notifications.signals import Arrived, Edited, Removed
from notifications.stream import Hint

# The handler's name in Channels' terms; a process that does not know it lets it pass.
EVENT_TYPE = "inboxes.changed"
ACCESS_EVENT_TYPE = "access.revoked"
# The group of all hubs, for changes of many inboxes.
ALL_HUBS = "hubs"
# Up to so many recipients are told one by one, each to the group of their own.
FEW = 8

Event = dict[str, str]
"""One message of the layer: its type, and all the rest as one string that any layer carries."""


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def changed(user_id: int, revision: int) -> tuple[str, Event]:
    """An inbox has taken a revision: the group to tell, and what to tell it."""
    return user_group(user_id), _event({"rows": [[user_id, revision, 0, 0]]})


def bulk(change: Arrived | Removed | Edited) -> list[tuple[str, Event]]:
    """Many inboxes have taken a revision each: groups to tell, and what to tell each."""
    said: dict[str, str] = {}  # of an edit: no item is as it was, each in its own way; streams read
    if isinstance(change, Arrived):
        said["arrived"] = _arrival(change)
    elif isinstance(change, Removed):
        said["removed"] = str(change.notification_id)
    rows = [[i.user_id, i.revision, i.unread, i.unseen] for i in change.inboxes]
    if len(rows) > FEW:
        return [(ALL_HUBS, _event({**said, "rows": rows}))]
    return [(user_group(row[0]), _event({**said, "rows": [row]})) for row in rows]


def revoked(user_id: int, access_version: int) -> tuple[str, Event]:
    """Access may have been taken from a user: the group to tell, and what to tell it."""
    return user_group(user_id), {
        "type": ACCESS_EVENT_TYPE,
        "body": json.dumps([user_id, access_version]),
    }


def read_revoked(event: Event) -> tuple[int, int]:
    """The user and the access version of an event.

    Raises: ValueError, KeyError, TypeError: it is none of ours.
    """
    user_id, version = json.loads(event["body"])
    return int(user_id), int(version)


def read(event: Event) -> Iterator[tuple[int, Hint]]:
    """The hints of an event, by the user that each is for.

    Raises: ValueError, KeyError, TypeError: it is none of ours.
    """
    body = json.loads(event["body"])
    life = str(body["life"])
    for user_id, revision, unread, unseen in body["rows"]:
        make = _frame_maker(body, revision, frames.counts(unread, unseen))
        yield int(user_id), Hint(life, revision - 1, revision, make)


def _event(said: dict[str, Any]) -> Event:
    secret = Epoch.objects.values_list("epoch_secret", flat=True).get()
    body = {"life": catching_up.life(secret), **said}
    return {"type": EVENT_TYPE, "body": json.dumps(body, ensure_ascii=True, separators=(",", ":"))}


def _arrival(change: Arrived) -> str:
    """The notification as it came, encoded once; each recipient's revision is put before it."""
    item = dict.fromkeys(wire.ITEM) | {
        "notification_id": change.notification.pk,
        "arrived_at": change.arrived_at,
        "woken": False,
    }
    shown = wire.item(item) | wire.content(
        change.notification.pk, {name: getattr(change.notification, name) for name in wire.CONTENT}
    )
    del shown["revision"], shown["arrived_revision"]
    return wire.members(shown).decode()


def _frame_maker(body: dict[str, Any], revision: int, totals: bytes) -> Callable[[], bytes] | None:
    """Makes the frame when the first stream needs it, and once for all streams of a user."""
    if "arrived" in body:
        tail = body["arrived"].encode()

        @lru_cache(maxsize=1)
        def arrived() -> bytes:
            one = b'{"revision":%d,"arrived_revision":%d,%s}' % (revision, revision, tail)
            return frames.changes(revision - 1, revision, [one], [], totals)

        return arrived
    if "removed" in body:
        return lambda: frames.changes(revision - 1, revision, [], [body["removed"]], totals)
    return None
