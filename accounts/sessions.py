"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with their user.

What the cookie holds is stored nowhere: a row is found by its hash (``Session.row_key``).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from accounts.models import Session, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
    """Writes the signed-in user of a session into its row, and nobody for an anonymous one.

    ``session_key`` is the cookie's, as everywhere in Django; only here it becomes the row's.
    """

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

    def exists(self, session_key: str) -> bool:
        """Whether there is a session by this key."""
        return super().exists(Session.row_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        """See ``exists``."""
        return await super().aexists(Session.row_key(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key; None: this one."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(Session.row_key(key))

    async def adelete(self, session_key: str | None = None) -> None:
        """See ``delete``."""
        key = session_key or self.session_key
        if key is not None:
            await super().adelete(Session.row_key(key))

    def cycle_key(self) -> None:
        """Give the session another key, which the row remembers the one before by."""
        self._note_key()
        super().cycle_key()

    async def acycle_key(self) -> None:
        """See ``cycle_key``."""
        self._note_key()
        await super().acycle_key()

    def _note_key(self) -> None:
        self._previous_key = Session.row_key(self.session_key) if self.session_key else None

    def _get_session_from_db(self) -> Session | None:
        session = self._rows().first()
        if session is None:
            self._session_key = None
        return session

    async def _aget_session_from_db(self) -> Session | None:
        session = await self._rows().afirst()
        if session is None:
            self._session_key = None
        return session

    def _rows(self) -> QuerySet[Session]:
        key = Session.row_key(self.session_key or "")
        return Session.objects.filter(pk=key, expire_date__gt=timezone.now())

    def _completed(self, session: Session, data: dict[str, Any]) -> Session:
        session.session_key = Session.row_key(session.session_key)
        session.user_id = _user_id(data)
        session.previous_key = self._previous_key
        return session


def forget_old(most: int = 1000) -> int:
    """Delete up to ``most`` sessions that are over."""
    old = Session.objects.filter(expire_date__lte=timezone.now()).order_by("expire_date")
    pks = list(old.values_list("pk", flat=True)[:most])
    # Once more whether it is over: one that is prolonged just now stays. The tokens that it made
    # are void without it, and streams end by themselves when a session does, so nobody need hear.
    over = Session.objects.filter(pk__in=pks, expire_date__lte=timezone.now())
    return over._raw_delete("default") if pks else 0


def left_over() -> int:
    """How many sessions a dispatcher should have deleted an hour ago."""
    return Session.objects.filter(expire_date__lt=timezone.now() - timedelta(hours=1)).count()


def _user_id(data: dict[str, Any]) -> int | None:
    # Django keeps the primary key as text, since a session holds nothing but JSON.
    text = data.get(SESSION_KEY)
    user_id: int | None = None if text is None else User._meta.pk.to_python(text)
    return user_id
