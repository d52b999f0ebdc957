"""Rows, their constraints and querysets, and the invariants of one row. Nothing here sends."""

from notifications.models.edit import Edit
from notifications.models.epoch import Clock, Epoch
from notifications.models.inbox import Inbox, InboxItem, Operation
from notifications.models.lease import Leased, from_now
from notifications.models.notification import Level, Notification, Status
from notifications.models.process import Process
from notifications.models.removal import Removal
from notifications.models.stats import Figures, Tally

__all__ = [
    "Clock",
    "Edit",
    "Epoch",
    "Figures",
    "Inbox",
    "InboxItem",
    "Leased",
    "Level",
    "Notification",
    "Operation",
    "Process",
    "Removal",
    "Status",
    "Tally",
    "from_now",
]
