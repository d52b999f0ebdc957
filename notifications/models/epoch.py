"""Two tables of one row each: the database's identity, and its counter of changes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import connections, models
from django.db.models import F, Q

from notifications.wire import opaque_ids


class Epoch(models.Model):
    """The life of the database, as long as its revisions can be trusted.

    A restored backup begins a new epoch. What goes over the wire is derived from the secrets,
    differently for each user.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch_secret = models.CharField(max_length=64, default=opaque_ids.new_secret, editable=False)
    # Names users for good: a new epoch leaves it alone.
    user_secret = models.CharField(max_length=64, default=opaque_ids.new_secret, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="notifications_epoch_single")]

    def __str__(self) -> str:
        return "The database's epoch"

    @classmethod
    def renew(cls, old_secret: str) -> bool:
        """Begin a new epoch, unless somebody else has already ended the one of ``old_secret``."""
        renewed = cls.objects.filter(epoch_secret=old_secret).update(
            epoch_secret=opaque_ids.new_secret()
        )
        return renewed == 1


class ChangeCounter(models.Model):
    """SQLite only: counts the changes of all inboxes, so that one number tells what is new.

    Writers are serial on SQLite, so the change_seq of an inbox orders its change among all others.
    On other databases the row would make all writers wait for each other; it stays at 0 there.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    change_seq = models.PositiveBigIntegerField(default=0)
    # How many inboxes have gone with their users: those have no row that could carry a number.
    gone_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="notifications_counter_single")
        ]

    def __str__(self) -> str:
        return f"{self.change_seq} changes"

    @classmethod
    def next(cls, using: str) -> int:
        """The number of a change; call it in the change's transaction, after its lock is held."""
        if connections[using].vendor != "sqlite":
            return 0
        cls.objects.using(using).filter(pk=1).update(change_seq=F("change_seq") + 1)
        change_seq: int = cls.objects.using(using).values_list("change_seq", flat=True).get(pk=1)
        return change_seq

    @classmethod
    def count_gone(cls, using: str) -> None:
        """An inbox is being deleted; call it in that transaction."""
        if connections[using].vendor == "sqlite":
            cls.objects.using(using).filter(pk=1).update(gone_count=F("gone_count") + 1)


def epoch_tag(epoch_secret: str) -> str:
    """A name of the epoch that processes may tell each other, and that tells nothing else."""
    return hashlib.sha256(epoch_secret.encode()).hexdigest()[:16]


def present_tag() -> str | None:
    """That of the epoch that is; None: the database is being flushed.

    Raises: DatabaseError
    """
    secret = Epoch.objects.values_list("epoch_secret", flat=True).first()
    return None if secret is None else epoch_tag(secret)


def create_single_rows(using: str, **_kwargs: Any) -> None:
    """After migrate and after flush: a database without its rows begins a life of its own."""
    if Epoch._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated back to before there was anything
    Epoch.objects.using(using).bulk_create([Epoch()], ignore_conflicts=True)
    ChangeCounter.objects.using(using).bulk_create([ChangeCounter()], ignore_conflicts=True)
