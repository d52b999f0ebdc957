"""Rows, their constraints and querysets, and the invariants of one row. Nothing here sends."""

from notifications.models.credentials import AccessToken, ApiKey
from notifications.models.epoch import ChangeCounter, Epoch
from notifications.models.history import HistorySlot
from notifications.models.inbox import Inbox, InboxItem, Operation
from notifications.models.jobs import Edit, Leased, Removal, from_now
from notifications.models.notification import Level, Notification, Status
from notifications.models.preferences import InboxRule, Preferences
from notifications.models.process import Process
from notifications.models.stats import Stats, StatsDelta
from notifications.models.stream_record import StreamRecord
from notifications.process import namesake

__all__ = [
    "AccessToken",
    "ApiKey",
    "ChangeCounter",
    "Edit",
    "Epoch",
    "HistorySlot",
    "Inbox",
    "InboxItem",
    "InboxRule",
    "Leased",
    "Level",
    "Notification",
    "Operation",
    "Preferences",
    "Process",
    "Removal",
    "Stats",
    "StatsDelta",
    "Status",
    "StreamRecord",
    "from_now",
]

# Here and not in apps.py, which may be that one's.
namesake.require_none()
