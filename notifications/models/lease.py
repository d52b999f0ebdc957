"""The columns of work that is done chunk by chunk and outlives the process that does it."""

from __future__ import annotations

from django.db import models


class Leased(models.Model):
    """A walk over inboxes in the order of their ids: how far it is, and who walks.

    Whoever walks holds a lease and writes its token; the token and the cursor together are the
    fence: a process that lost its lease finds either of them changed, and stops.
    """

    # The last inbox id (which is a user id) that is done with.
    cursor = models.BigIntegerField(default=0, editable=False)
    # The last inbox id of the walk; null until the walk is accepted.
    upto = models.BigIntegerField(null=True, editable=False)
    lease = models.CharField(max_length=32, default="", editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
