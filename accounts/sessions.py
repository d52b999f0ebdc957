"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with their user."""

import re
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from accounts.models import Session, User

if TYPE_CHECKING:
    _DatabaseSessionStore = DatabaseSessionStore[Session]
else:
    _DatabaseSessionStore = DatabaseSessionStore


# As Django makes them (``SessionBase._get_new_session_key``).
_KEY = re.compile(r"[a-z0-9]{32}")


def is_key(text: str) -> bool:
    """Whether a cookie's value can be a session's key. What is none needs no look-up.

    It may be anything: PostgreSQL refuses a query that has a NUL in it, and with it all that is
    asked together.
    """
    return _KEY.fullmatch(text) is not None


class SessionStore(_DatabaseSessionStore):
    """Writes the signed-in user of a session into its row, and nobody for an anonymous one."""

    _previous_key: str | None = None

    def _validate_session_key(self, key: str | None) -> bool:
        # Django takes any text of eight characters.
        return key is not None and is_key(key)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The model of the rows, also for ``clearsessions``."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row that stands for ``data``, not yet saved."""
        session = super().create_model_instance(data)
        return self._completed(session, data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """See ``create_model_instance``."""
        session = await super().acreate_model_instance(data)
        return self._completed(session, data)

    def cycle_key(self) -> None:
        """Give the session another key, which the row remembers the one before by."""
        self._previous_key = self.session_key
        super().cycle_key()

    async def acycle_key(self) -> None:
        """See ``cycle_key``."""
        self._previous_key = self.session_key
        await super().acycle_key()

    def _completed(self, session: Session, data: dict[str, Any]) -> Session:
        session.user_id = _user_id(data)
        session.previous_key = self._previous_key
        return session


def _user_id(data: dict[str, Any]) -> int | None:
    # Django keeps the primary key as text, since a session holds nothing but JSON.
    text = data.get(SESSION_KEY)
    user_id: int | None = None if text is None else User._meta.pk.to_python(text)
    return user_id
