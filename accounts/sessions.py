"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with their user."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from accounts.models import Session, User

if TYPE_CHECKING:
    _DatabaseSessionStore = DatabaseSessionStore[Session]
else:
    _DatabaseSessionStore = DatabaseSessionStore


class SessionStore(_DatabaseSessionStore):
    """Writes the signed-in user of a session into its row, and nobody for an anonymous one."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The model of the rows, also for ``clearsessions``."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row that stands for ``data``, not yet saved."""
        session = super().create_model_instance(data)
        session.user_id = _user_id(data)
        return session

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """See ``create_model_instance``."""
        session = await super().acreate_model_instance(data)
        session.user_id = _user_id(data)
        return session


def _user_id(data: dict[str, Any]) -> int | None:
    # Django keeps the primary key as text, since a session holds nothing but JSON.
    text = data.get(SESSION_KEY)
    user_id: int | None = None if text is None else User._meta.pk.to_python(text)
    return user_id
