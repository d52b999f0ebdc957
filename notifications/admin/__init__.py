"""Django's admin: compose, review, send, follow and withdraw. Writes no rows itself."""

from notifications.admin.items import InboxItemAdmin
from notifications.admin.keys import ApiKeyAdmin
from notifications.admin.notifications import NotificationAdmin

__all__ = ["ApiKeyAdmin", "InboxItemAdmin", "NotificationAdmin"]
