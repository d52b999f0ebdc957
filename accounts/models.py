"""Who you are: users, and the sessions that they are signed in by."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, router, transaction
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Django's user, who is saved and deleted in one transaction with what that entails."""

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save, together with what signals do: what takes access away is told with it."""
        using = options.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using, savepoint=False):
            super().save(*arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the user and all that is theirs; see Django's.

        In one transaction that begins with the row's lock: a sign-in or token that is made beside
        it waits, and fails. Django begins one only when it has looked for what is to go, and what
        came in between would keep the user from going.
        """
        using = options.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            rows = type(self)._base_manager.using(using).filter(pk=self.pk)
            list(rows.select_for_update().values_list("pk", flat=True))
            return super().delete(*arguments, **options)


class Session(AbstractBaseSession):
    """A session that knows its user, so that one query finds or ends all of a user's sessions.

    Its key is the hash of what the cookie holds: who reads the table can sign in by none of it.
    """

    session_key = models.CharField(_("session key"), max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        # No name to ask for sessions by: what narrows a list of users must not lead to them.
        related_name="+",
        null=True,
        editable=False,
    )
    # The key that the session had until it was changed, as a new password does: what was opened by
    # that key may go on by this one. It opens nothing any more.
    previous_key = models.CharField(max_length=64, null=True, editable=False, db_index=True)

    def __str__(self) -> str:
        # Never the key: the admin lists what a deletion would take along.
        return f"until {self.expire_date:%Y-%m-%d %H:%M} UTC"

    @staticmethod
    def row_key(key: str) -> str:
        """The key of the row that a cookie's key stands for.

        SHA-256 suffices: a cookie's key is 165 random bits.
        """
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """The store that reads and writes these rows."""
        from accounts.sessions import SessionStore  # noqa: PLC0415 (sessions imports this module)

        return SessionStore
