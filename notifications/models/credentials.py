"""What programs prove themselves by: API keys, and the access tokens that open one inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from notifications.models.audiences import KINDS

if TYPE_CHECKING:
    from typing import Self


# What an API key may do, and how that is offered. An act names the scope that it needs.
TOKENS_SCOPE: Final = "tokens"


def _scopes() -> dict[str, Any]:
    return {audience.scope: audience.scope_title for audience in KINDS.values()} | {
        TOKENS_SCOPE: _("Make access tokens: open any user's inbox, for ten minutes each"),
    }


# Looked at when they are first needed, as KINDS is.
SCOPES: Final = cast(dict[str, Any], SimpleLazyObject(_scopes))


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> Self:
        """Keys that are neither revoked nor over."""
        not_over = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(not_over, revoked_at=None)


class ApiKey(models.Model):
    """What another service proves itself by. The key itself is stored nowhere."""

    name = models.CharField(
        max_length=100,
        help_text=_("The service that uses it. People see this as the sender of what it sends."),
    )
    # The first characters of the key: by them a row is found, and told from others by people.
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    scopes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    origins: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text=_("From then on it is refused. Empty: never.")
    )
    revoked_at = models.DateTimeField(null=True, editable=False)
    # To the minute: a busy key is not written at each request.
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_live(self) -> bool:
        """It is neither revoked nor over."""
        is_over = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not is_over

    @property
    def identity(self) -> str:
        """Who it is among all that send: its own idempotency keys, its own notifications."""
        return f"key:{self.pk}"


class AccessToken(models.Model):
    """Access to one user's inbox for a few minutes. Only its hash is stored.

    It ends with what made it: a session that has ended, a key that is revoked, a user who is
    deactivated and a new password make it void.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Where it may be used in a browser. Without an Origin it is a native client's.
    origins: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    # By what the session that made it is known to the project's engine (credentials/sessions.py),
    # sealed with the token: with most engines, who can read that can sign in by it. Text, since it
    # may be as long as a cookie.
    sealed_session = models.TextField(null=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, related_name="+")
    # Django's HMAC over the password's hash, as sessions keep it: a new password changes it.
    auth_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_session__isnull=True) ^ Q(api_key__isnull=True),
                name="notifications_token_maker",
            )
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M:%S} UTC"
