"""One inbox per user, and the notifications in it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from notifications.models import sql, transactions
from notifications.models.epoch import ChangeCounter
from notifications.models.notification import Notification
from notifications.wire import contract

if TYPE_CHECKING:
    from typing import Self

# Conditions of partial indexes, and of the querysets that must match them to use one.
LISTED = {"removed_at": None, "archived_at": None, "snoozed_until": None}
UNDELIVERED = {"removed_at": None, "delivered_at": None}
# Of one transaction: on SQLite nobody else writes as long as it lasts.
_MADE_AT_ONCE = 1000


class InboxNow(NamedTuple):
    """Where an inbox stands."""

    inbox_id: int
    revision: int
    unread: int
    unseen: int


class InboxQuerySet(models.QuerySet["Inbox"]):
    def ensure(self, users: models.QuerySet[Any]) -> None:
        """Make the inboxes that these users have not got, some at a time.

        Those who are just being deleted are waited for, and are not there then: an inbox that is
        made beside that would keep either of the two from committing.
        """
        has_one = Inbox.objects.filter(user_id=OuterRef("pk"))
        missing = users.using(self.db).filter(~Exists(has_one)).order_by("pk")
        rest = missing.values_list("pk", flat=True)
        # Looked at first: on SQLite a transaction that finds nothing has waited for the write lock.
        while some := list(rest[:_MADE_AT_ONCE]):
            self._make(users.model._base_manager.using(self.db).filter(pk__among=frozenset(some)))
            rest = missing.filter(pk__gt=some[-1]).values_list("pk", flat=True)

    def ensure_of(self, user_ids: Collection[Any]) -> None:
        """Make the inboxes that the users of these keys have not got, where there are such."""
        wanted = list(user_ids)
        theirs = Inbox.objects.using(self.db).filter(user__among=frozenset(wanted))
        if missing := set(wanted).difference(theirs.values_list("user_id", flat=True)):
            # Not the default manager: whom that hides may have got in all the same.
            users = get_user_model()._base_manager.using(self.db)
            self.ensure(users.filter(pk__among=missing))

    def _make(self, users: models.QuerySet[Any]) -> None:
        with transactions.atomic(self.db, savepoint=False):
            # A statement of its own, so that on PostgreSQL the next sees what this one waited for.
            locked = users.order_by("pk").select_for_update(no_key=True)
            list(locked.values_list("pk", flat=True))
            sql.insert_from(Inbox, users.order_by("pk"), ignore_conflicts=True, user_id=F("pk"))

    def raise_access_version(self) -> list[int]:
        """Let all processes look again who may read these inboxes; their ids.

        In the transaction that takes the access, so that both are committed, or neither is. Rows
        are locked in the order of ids, as in every other change.
        """
        with transactions.atomic(self.db, savepoint=False):
            rows = self.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
            pks = list(rows)
            if pks:
                Inbox.objects.using(self.db).filter(pk__among=frozenset(pks)).update(
                    access_version=F("access_version") + 1,
                    change_seq=ChangeCounter.next(self.db),
                )
            return pks

    def now(self) -> list[InboxNow]:
        """Where these inboxes stand."""
        rows = self.values_list("pk", "revision", "unread_count", "unseen_count")
        return list(map(InboxNow._make, sql.raw_values(rows)))


class Inbox(models.Model):
    """A user's state with a revision: every committed change takes the next one, without gaps.

    The row's lock is what makes it so. Locks are taken in the order: notification, inboxes by
    id, items; an act on one inbox never writes a notification.

    It has a key of its own: a number, in the order in which inboxes were made, whatever the keys
    of the project's users are. Jobs, hints and streams go by that.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications_inbox",
    )
    revision = models.PositiveBigIntegerField(default=0)
    unread_count = models.PositiveIntegerField(default=0)
    unseen_count = models.PositiveIntegerField(default=0)
    # How often access was taken away from the user: it rises, so that every process looks again
    # whose streams are still allowed.
    access_version = models.PositiveBigIntegerField(default=0)
    # The revision by which the user's preferences changed last.
    preferences_revision = models.PositiveBigIntegerField(default=0)
    # The clock's count at the last change (SQLite only).
    change_seq = models.PositiveBigIntegerField(default=0, db_index=True)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "inboxes"
        constraints = [
            models.CheckConstraint(
                # What is unseen is unread: reading implies seeing.
                condition=Q(unseen_count__gte=0, unseen_count__lte=F("unread_count")),
                name="notifications_inbox_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"Inbox {self.pk} of {self.user_id} at {self.revision}"

    @classmethod
    def lock(cls, user_id: Any) -> Inbox:
        """The user's inbox, locked until the transaction ends; made where it is missing."""
        locked = cls.objects.select_for_update(no_key=True)
        try:
            return locked.get(user_id=user_id)
        except cls.DoesNotExist:
            cls.objects.ensure_of([user_id])
            return locked.get(user_id=user_id)

    def advance(self, *, unread: int, unseen: int) -> None:
        """Take the next revision, and move the counters by the given differences.

        Call it on a row from ``lock()``: the lock lasts until commit, so revisions commit in
        order and without a gap.
        """
        self.revision += 1
        self.unread_count += unread
        self.unseen_count += unseen
        self.change_seq = ChangeCounter.next(self._state.db or "default")
        self.save(update_fields=["revision", "unread_count", "unseen_count", "change_seq"])


class InboxItemQuerySet(models.QuerySet["InboxItem"]):
    def present(self) -> Self:
        return self.filter(removed_at=None)

    def listed(self) -> Self:
        return self.filter(**LISTED)

    def unread(self) -> Self:
        return self.listed().filter(read_at=None)

    def unseen(self) -> Self:
        # Unseen implies unread; saying so lets the index of the unread serve here too.
        return self.unread().filter(seen_at=None)

    def archived(self) -> Self:
        return self.present().filter(archived_at__isnull=False)

    def snoozed(self) -> Self:
        return self.present().filter(snoozed_until__isnull=False)

    def due(self, now: datetime) -> Self:
        """Those whose snooze is over."""
        return self.snoozed().filter(snoozed_until__lte=now)

    def saved(self) -> Self:
        # Archived and snoozed ones, too.
        return self.present().filter(saved_at__isnull=False)


class InboxItem(models.Model):
    """One notification in one inbox. No content is copied into it.

    ``arrived_revision`` is unique within an inbox, for each arrival takes a revision of its own;
    lists are ordered by it, since clocks may jump.
    """

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="items", db_index=False)
    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    # The inbox's revision at this item's last change.
    revision = models.PositiveBigIntegerField()
    arrived_revision = models.PositiveBigIntegerField()
    arrived_at = models.DateTimeField()
    # When a client was known to hold it. What is seen is delivered: the acts see to it.
    delivered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    # Until then it is not listed; a dispatcher wakes it. What is archived is not snoozed.
    snoozed_until = models.DateTimeField(null=True)
    # Whether it has come back from a snooze; then its arrival is that of its last return.
    woken = models.BooleanField(default=False)
    saved_at = models.DateTimeField(null=True)
    # A tombstone: clients are told that the notification has gone.
    removed_at = models.DateTimeField(null=True)

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        constraints = [
            # In this order it also serves walks over the items of one notification.
            models.UniqueConstraint(
                fields=["notification", "inbox"], name="notifications_item_once"
            ),
            models.CheckConstraint(
                condition=Q(arrived_revision__gte=1, arrived_revision__lte=F("revision")),
                name="notifications_item_revisions",
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(seen_at__isnull=False),
                name="notifications_item_read_seen",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until__isnull=True) | Q(archived_at__isnull=True),
                name="notifications_item_snoozed",
            ),
        ]
        indexes = [
            models.Index(fields=["inbox", "revision"], name="notifications_item_changes"),
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_listed",
                condition=Q(**LISTED),
            ),
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_unread",
                condition=Q(**LISTED, read_at=None),
            ),
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_archived",
                condition=Q(removed_at=None, archived_at__isnull=False),
            ),
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_asleep",
                condition=Q(removed_at=None, snoozed_until__isnull=False),
            ),
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_saved",
                condition=Q(removed_at=None, saved_at__isnull=False),
            ),
            # What is to be woken, whoever's it is.
            models.Index(
                fields=["snoozed_until"],
                name="notifications_item_waking",
                condition=Q(removed_at=None, snoozed_until__isnull=False),
            ),
            # What receipts have still to say.
            models.Index(
                fields=["inbox", "arrived_revision"],
                name="notifications_item_undelivered",
                condition=Q(**UNDELIVERED),
            ),
        ]

    def __str__(self) -> str:
        return f"Notification {self.notification_id} in inbox {self.inbox_id}"


class Operation(models.Model):
    """The answer to an act that its client named: a retry is answered, not done again."""

    inbox = models.ForeignKey(
        Inbox, on_delete=models.CASCADE, related_name="operations", db_index=False
    )
    op_id = models.CharField(max_length=contract.ID_MAX_LENGTH)
    request_hash = models.CharField(max_length=64)
    answer: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbox", "op_id"], name="notifications_operation_once"),
        ]

    def __str__(self) -> str:
        return f"Operation {self.op_id} in inbox {self.inbox_id}"
