"""The columns of work that is done chunk by chunk and outlives the process that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now


def from_now(seconds: float) -> ExpressionWrapper[Any]:
    """The moment so many seconds from now, by the clock of the database: all processes share it."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


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
