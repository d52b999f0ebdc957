"""What accounts say of themselves. Who listens is not their business."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after the commit with ``user_ids`` and ``using`` (the database): something that one of these
# users was let in by may be good no longer. Which it is, and whether, the rows say.
access_revoked = Signal()
