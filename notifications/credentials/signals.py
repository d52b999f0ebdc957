"""What credentials say of themselves. Who listens is not their business."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with ``user_ids`` and ``using`` (the database): something that one of these users was let in
# by may be good no longer. Which it is, and whether, the rows say. It is sent in the transaction
# that ends it: what a listener writes is committed with it, and what it raises undoes it.
access_revoked = Signal()
