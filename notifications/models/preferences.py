"""What the owner of an inbox wants to get, and how they want to be told of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from notifications.models.inbox import Inbox
from notifications.models.tolerance import JsonField
from notifications.wire import contract


class Preferences(models.Model):
    """What somebody has chosen, where that differs from what holds for everybody.

    Nothing here keeps a notification out of an inbox: that is ``InboxRule``, which a dispatch asks.
    """

    inbox = models.OneToOneField(
        Inbox, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    # What ``preferences.choices.Choices`` writes and reads.
    chosen = JsonField(default=dict)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of inbox {self.inbox_id}"


class InboxRuleQuerySet(models.QuerySet["InboxRule"]):
    def about(
        self, kinds: Iterable[tuple[str, str]], *, after: int, upto: int
    ) -> list[tuple[int, str]]:
        """The inbox ids and kinds of those rules, among inboxes with ``after < id <= upto``.

        Each is a range of one index, of which nobody's rule is in none.
        """
        asked = [(str(kind), value, after, upto) for kind, value in kinds]
        with connection.cursor() as cursor:
            cursor.execute(_about(len(asked)), [part for one in asked for part in one])
            return list(cursor.fetchall())


class InboxRule(models.Model):
    """What somebody lets into their inbox, or keeps out; where there is no rule, defaults hold."""

    class Kind(models.TextChoices):
        # Muted, until they say otherwise.
        CATEGORY = "category", _("Category")
        SENDER = "sender", _("Sender")
        THREAD = "thread", _("Thread")
        # A category in the table of preferences, where its default is the other way.
        OFF = "off", _("Category off")
        ON = "on", _("Category on")

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(max_length=max(contract.SENDER_MAX_LENGTH, contract.THREAD_MAX_LENGTH))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InboxRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            # In this order it also tells a dispatch who of the next inboxes has such a rule.
            models.UniqueConstraint(
                fields=["kind", "value", "inbox"], name="notifications_rule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value} of inbox {self.inbox_id}"


@cache
def _about(count: int) -> str:
    # In SQL of our own: each chunk of a dispatch asks so.
    one = (
        f"SELECT inbox_id, kind FROM {InboxRule._meta.db_table}"  # noqa: S608 (a table of ours)
        " WHERE kind = %s AND value = %s AND inbox_id > %s AND inbox_id <= %s"
    )
    return " UNION ALL ".join([one] * count)


MUTES: tuple[Any, ...] = (
    InboxRule.Kind.CATEGORY,
    InboxRule.Kind.SENDER,
    InboxRule.Kind.THREAD,
)
