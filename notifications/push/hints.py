"""What travels on the channel layer: that inboxes have changed, and what came or went.

A hint may be lost, doubled or late, and is never the only copy. It names the epoch's tag, so that
a process with another view of the database does not mistake its revisions; and it is sealed, so
that another installation on the same Redis is not believed (``installation.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from notifications.models.epoch import epoch_tag as tag_of
from notifications.push import installation
from notifications.push.installation import Event, Installation
from notifications.sending.signals import Arrived, Change, Removed
from notifications.wire import frames, serializers
from notifications.wire.read import Row

# The handler's name in Channels' terms; a process that does not know it lets it pass.
EVENT_TYPE = "inboxes.changed"
ACCESS_EVENT_TYPE = "access.revoked"
# Up to so many recipients are told one by one, each to the group of their own.
FEW = 8
_ROW = ("inbox_id", "revision", "unread", "unseen")


def inbox_group(here: Installation, inbox_id: int) -> str:
    return f"{here.group}.inbox.{inbox_id}"


def all_hubs(here: Installation) -> str:
    """The group of all hubs, for changes of many inboxes."""
    return f"{here.group}.hubs"


def told_by(group: str) -> tuple[str, int | None]:
    """Which installation a group is of, and which inbox it is about; None: many."""
    installation_group, _, rest = group.partition(".")
    kind, _, pk = rest.partition(".")
    return installation_group, int(pk) if kind == "inbox" else None


def changed(inbox_id: int, revision: int) -> tuple[str, Event]:
    """An inbox has taken a revision: the group to tell, and what to tell it."""
    secret, place = installation.read()
    here = installation.at(secret, place)
    rows = [[inbox_id, revision, 0, 0]]
    body = {"epoch_tag": tag_of(secret), "at": time.time(), "rows": rows}
    return inbox_group(here, inbox_id), here.seal(EVENT_TYPE, body)


def bulk(changes: Sequence[Change]) -> list[tuple[str, Event]]:
    """By each of these changes inboxes have taken a revision each.

    Returns: groups to tell, and what to tell each, in the order of the changes.
    """
    secret, place = installation.read()
    here, epoch_tag = installation.at(secret, place), tag_of(secret)
    return [hint for change in changes for hint in _hints(here, epoch_tag, change)]


def _hints(here: Installation, epoch_tag: str, change: Change) -> list[tuple[str, Event]]:
    body: dict[str, Any] = {"epoch_tag": epoch_tag, "at": time.time()}
    # Of what was edited or woken: no item is as it was, each in its own way: streams read.
    if isinstance(change, Arrived):
        notification = change.notification
        content = {name: getattr(notification, name) for name in serializers.CONTENT}
        body["arrived"] = arrival(notification.pk, change.arrived_at, content)
    elif isinstance(change, Removed):
        body["removed"] = str(change.notification_id)
    rows = list(change.inboxes)
    if len(rows) > FEW:
        return [(all_hubs(here), here.seal(EVENT_TYPE, {**body, "rows": rows}))]
    return [
        (inbox_group(here, row[0]), here.seal(EVENT_TYPE, {**body, "rows": [row]})) for row in rows
    ]


def revoked(inbox_ids: Iterable[int]) -> list[tuple[str, Event]]:
    """Access to these inboxes may have been taken: groups to tell, and what to tell each."""
    here = installation.here()
    return [(inbox_group(here, pk), here.seal(ACCESS_EVENT_TYPE, pk)) for pk in inbox_ids]


def read(body: Any, present: Container[int]) -> Iterator[tuple[int, int, bytes | None]]:
    """What an event's body says of inboxes: which one, the revision that it has taken, and the
    frame that tells its streams so, where it says what has changed. What is none is passed over.

    Args: present: those followed here. Of all others, which may be thousands, nothing but that is
        looked at.
    Raises: LookupError, TypeError, ValueError: it says nothing of any.
    """
    say = _sayer(body)
    for row in body["rows"]:
        if row[0] not in present or len(row) != len(_ROW):
            continue
        inbox_id, revision, unread, unseen = row
        if type(inbox_id) is type(revision) is type(unread) is type(unseen) is int:
            yield inbox_id, revision, None if say is None else say(revision, unread, unseen)


def age_s(body: Any) -> float | None:
    """How long ago what a hint's body tells of was about to be committed, by our clock; None: it
    does not say.
    """
    at = body.get("at") if isinstance(body, dict) else None
    return time.time() - at if isinstance(at, float) else None


def arrival(notification_id: int, arrived_at: datetime, content: Row) -> str:
    """A notification as it came, encoded once; each recipient's revision is put before it.

    Args: content: its values, by the names of ``serializers.CONTENT``.
    """
    item = dict.fromkeys(serializers.ITEM) | {
        "notification_id": notification_id,
        "arrived_at": arrived_at,
    }
    shown = serializers.item(item) | serializers.content(notification_id, content)
    del shown["revision"], shown["arrived_revision"]
    return serializers.members(shown).decode()


def _sayer(body: dict[str, Any]) -> Callable[[int, int, int], bytes] | None:
    """Makes frames of what a hint's body says, by revision, unread and unseen; None: it does not
    say what has changed.
    """
    if "arrived" in body:
        return frames.one_change(body["arrived"].encode(), ())
    if "removed" in body:
        return frames.one_change(None, (body["removed"],))
    return None
