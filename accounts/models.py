"""Who you are: users and the sessions they are signed in with."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class User(AbstractUser):
    """Django's user, as a model of our own so that columns can be added later."""


class Session(AbstractBaseSession):
    """A session that knows its user, so that one query finds or ends all of a user's sessions."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sessions",
        null=True,
        editable=False,
    )

    def __str__(self) -> str:
        # Never the key: the admin lists what a deletion would take along, and whoever reads a
        # session's key there could sign in with it.
        return f"until {self.expire_date:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """The store that reads and writes these rows."""
        from accounts.sessions import SessionStore  # noqa: PLC0415 (sessions imports this module)

        return SessionStore
