"""What a sender said, once, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from notifications.models import audiences
from notifications.models.door import BY_MAX_LENGTH, Door
from notifications.models.jobs import Leased
from notifications.models.tolerance import JsonField
from notifications.wire import content, contract


class Level(models.TextChoices):
    INFO = "info", _("Info")
    SUCCESS = "success", _("Success")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")
    WITHDRAWN = "withdrawn", _("Withdrawn")


@deconstructible
class ContentValidator:
    """A check of content.py as a field's validator."""

    def __init__(self, check: Callable[[Any], None]) -> None:
        self.check = check

    def __call__(self, value: Any) -> None:
        try:
            self.check(value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ContentValidator) and self.check is other.check

    def __hash__(self) -> int:
        return hash(self.check)


class LinesField(models.TextField):  # type: ignore[type-arg]
    """Text whose lines end in LF, whoever wrote it: browsers post a text area with CRLF."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class NotificationQuerySet(models.QuerySet["Notification"]):
    def bulk_create(self, objs: Iterable[Notification], *args: Any, **kwargs: Any) -> Any:
        """Django's, but what cannot be sent cannot be stored this way either."""
        objs = list(objs)
        for notification in objs:
            notification.validate()
        return super().bulk_create(objs, *args, **kwargs)


class Notification(Leased):
    """One row, however many recipients; the cursor of its job is that of its dispatch.

    Status moves by conditional updates only (``filter(status=OLD).update(status=NEW)``), so that
    of two processes that want to move it one wins.
    """

    title = models.CharField(
        max_length=contract.TITLE_MAX_LENGTH,
        validators=[ContentValidator(content.check_title)],
    )
    body = LinesField(
        blank=True,
        default="",
        max_length=contract.BODY_MAX_LENGTH,
        # For a TextField Django looks at the length in forms only.
        validators=[
            MaxLengthValidator(contract.BODY_MAX_LENGTH),
            ContentValidator(content.check_text),
        ],
        help_text=_("Plain text."),
    )
    level = models.CharField(max_length=8, choices=Level, default=Level.INFO)
    category = models.CharField(
        max_length=contract.CATEGORY_MAX_LENGTH,
        default=contract.DEFAULT_CATEGORY,
        validators=[ContentValidator(content.check_category)],
    )
    url = models.CharField(
        _("URL"),
        blank=True,
        default="",
        max_length=contract.URL_MAX_LENGTH,
        validators=[ContentValidator(content.check_url)],
        help_text=_("A path on this site (/orders/7) or an address that starts with https://."),
    )
    actions = JsonField(
        blank=True, default=list, validators=[ContentValidator(content.check_actions)]
    )
    sender = models.CharField(
        blank=True,
        default="",
        max_length=contract.SENDER_MAX_LENGTH,
        validators=[ContentValidator(content.check_sender)],
    )
    thread = models.CharField(
        blank=True,
        default="",
        max_length=contract.THREAD_MAX_LENGTH,
        validators=[ContentValidator(content.check_line)],
        help_text=_("Notifications of one thread fold into one row."),
    )
    data = JsonField(blank=True, default=dict, validators=[ContentValidator(content.check_data)])

    created_at = models.DateTimeField(auto_now_add=True)
    send_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When the expiry was acted upon.
    expired_at = models.DateTimeField(null=True, editable=False)

    # A rule that yields recipients (audiences.py), kept as data so that any process can dispatch.
    audience_kind = models.CharField(max_length=16)
    audience_ids = JsonField(blank=True, default=list)
    audience_label = models.CharField(_("audience"), blank=True, default="", max_length=200)

    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    # How many the audience had when the notification was accepted.
    recipient_count = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    # How many inboxes it has reached.
    item_count = models.PositiveIntegerField(_("in inboxes"), default=0, editable=False)
    # Of how many recipients it was kept out: by a mute, or by a category that they have turned off.
    muted_count = models.PositiveIntegerField(_("muted"), default=0, editable=False)
    off_count = models.PositiveIntegerField(_("category off"), default=0, editable=False)

    # The program that sent it (an API key) and may follow, edit and withdraw it; else nothing.
    sent_by = models.CharField(max_length=64, default="", editable=False)

    # Through which door it came, and who or what came through it, as far as that is known.
    door = models.CharField(max_length=8, choices=Door, default="", editable=False)
    accepted_by = models.CharField(max_length=BY_MAX_LENGTH, default="", editable=False)

    # Who may use a key again: an API key, the command, an admin user. Null where there is no key.
    idempotency_scope = models.CharField(max_length=64, default="", editable=False)
    idempotency_key = models.CharField(
        max_length=contract.IDEMPOTENCY_KEY_MAX_LENGTH,
        null=True,
        default=None,
        editable=False,
        validators=[ContentValidator(content.check_title)],
    )
    request_hash = models.CharField(max_length=64, default="", editable=False)

    # Whether who stores it lets its dispatch begin; else a receiver does, at the commit.
    is_begun = False

    objects = NotificationQuerySet.as_manager()

    class Meta:
        permissions = [("send_to_everyone", "Can send a notification to everyone")]
        indexes = [
            models.Index(fields=["status", "id"], name="notifications_status"),
            models.Index(fields=["audience_kind", "created_at"], name="notifications_audience"),
            models.Index(
                fields=["status", "send_at"],
                name="notifications_scheduled",
                condition=Q(send_at__isnull=False),
            ),
            # By these an inbox is filtered; a value that is rare leads to its few.
            models.Index(fields=["category", "level"], name="notifications_category"),
            models.Index(fields=["sender"], name="notifications_sender"),
            models.Index(fields=["level"], name="notifications_level_is"),
            # Of most there is none, and nobody looks for that.
            models.Index(fields=["thread"], name="notifications_thread"),
            # Nothing of the status here: SQLite cannot see that a parameter meets a condition.
            models.Index(
                fields=["expires_at"],
                name="notifications_expiring",
                condition=Q(expires_at__isnull=False, expired_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_scope", "idempotency_key"], name="notifications_key_once"
            ),
            models.CheckConstraint(
                condition=~Q(title="")
                & Q(LessThanOrEqual(Length("title"), contract.TITLE_MAX_LENGTH)),
                name="notifications_title_length",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("body"), contract.BODY_MAX_LENGTH),
                name="notifications_body_length",
            ),
            models.CheckConstraint(
                condition=Q(url="")
                | Q(url__startswith="https://")
                | (Q(url__startswith="/") & ~Q(url__startswith="//") & ~Q(url__startswith="/\\")),
                name="notifications_url_safe",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("url"), contract.URL_MAX_LENGTH),
                name="notifications_url_length",
            ),
            models.CheckConstraint(
                condition=Q(level__in=contract.LEVELS), name="notifications_level"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "scheduled",
                        "sending",
                        "sent",
                        "cancelled",
                        "withdrawn",
                    ]
                ),
                name="notifications_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(send_at__isnull=False),
                name="notifications_scheduled_when",
            ),
            models.CheckConstraint(
                condition=Q(idempotency_key__isnull=True) | ~Q(idempotency_scope=""),
                name="notifications_key_in_scope",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True)
                | Q(send_at__isnull=True)
                | Q(expires_at__gt=F("send_at")),
                name="notifications_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)  # which SQLite may hold as no text

    @property
    def skipped_count(self) -> int:
        """Recipients who did not want it."""
        return self.muted_count + self.off_count

    @property
    def can_be_withdrawn(self) -> bool:
        return self.status not in {Status.CANCELLED, Status.WITHDRAWN}

    def clean(self) -> None:
        if not isinstance(self.actions, list):
            raise ValidationError({"actions": _("Actions are a list.")})
        if not isinstance(self.data, dict):
            # Django lets an empty value of any type pass where a field may be blank.
            raise ValidationError({"data": _("Data is a JSON object.")})
        if self.send_at and self.expires_at and self.expires_at <= self.send_at:
            raise ValidationError({"expires_at": _("It would expire before it is sent.")})

    def validate(self) -> None:
        """Check every field and the row as a whole, without a query.

        Raises: ValidationError: with a list of messages per field.
        """
        self.clean_fields()
        self.clean()
        if self.idempotency_key == "":  # Django validates no value that is empty
            raise ValidationError({"idempotency_key": _("A key must not be empty.")})
        # Not in clean(): a form that composes a notification has fields of its own for this.
        kind = audiences.KINDS.get(self.audience_kind)
        if kind is None:
            message = _("There is no such kind of audience here; there are %(kinds)s.")
            known = {"kinds": ", ".join(audiences.KINDS)}
            raise ValidationError({"audience_kind": message % known})
        if not kind.are_ids(self.audience_ids):
            message = _("An audience's ids are a list of keys, such as its rows have.")
            raise ValidationError({"audience_ids": message})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Django's, after validation: nothing that cannot be sent is stored.

        Raises: ValidationError: with a list of messages per field.
        """
        self.validate()
        super().save(*args, **kwargs)
