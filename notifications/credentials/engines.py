"""What sessions of Django's engines hold: many are read at once, where their engine allows it.

Nothing is written: a session that is over is left to Django.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pickle import PickleError
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import cache as in_cache
from django.contrib.sessions.backends import cached_db, db, file, signed_cookies
from django.core import signing
from django.db import router
from django.utils import timezone

# What a cache may raise where one of its values is the reason; the others can be read.
_UNREADABLE = (PickleError, zlib.error, AttributeError, EOFError, ImportError, LookupError,
               TypeError, ValueError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """What a session holds, and when it ends as far as its engine knows."""

    data: Mapping[str, Any]
    expires_at: datetime


Found = dict[str, Stored]
# A class of SessionBase's kind, of which each has more than that.
_Engine = Any
_DATABASE: _Engine = db.SessionStore


def engine() -> _Engine:
    """The project's (settings.SESSION_ENGINE): the class of its sessions."""
    return import_module(settings.SESSION_ENGINE).SessionStore


def keeps_nothing(of: type[Any]) -> bool:
    """Whether the cookie holds the session itself, so that the server cannot end it."""
    return issubclass(of, signed_cookies.SessionStore)


def has_rows(of: type[Any]) -> bool:
    """Whether each session is a row, whose deletion Django tells of."""
    return issubclass(of, db.SessionStore)


def has_short_keys(of: type[Any]) -> bool:
    """Whether the cookie holds a key, as Django's engines make them, and not a session."""
    stored = (db.SessionStore, in_cache.SessionStore, file.SessionStore)
    return issubclass(of, stored)


def read(keys: Collection[str]) -> Found:
    """The sessions of these keys that there are, of anybody and of nobody.

    Raises: whatever the engine does where it cannot tell, such as a cache that does not answer.
    """
    of = engine()
    found = _way_of(of)(of, keys) if keys else {}
    return {key: stored for key, stored in found.items() if isinstance(stored.data, Mapping)}


@cache
def _way_of(of: _Engine) -> Callable[[_Engine, Iterable[str]], Found]:
    """An engine that reads in a way of its own is left to it, one session after the other."""
    is_djangos = of.load in {_DATABASE.load, cached_db.SessionStore.load}
    if is_djangos and of._get_session_from_db is _DATABASE._get_session_from_db:
        return _rows
    if of.load is in_cache.SessionStore.load and of.cache_key is in_cache.SessionStore.cache_key:
        return _cached
    return _one_by_one


def _rows(of: _Engine, keys: Iterable[str]) -> Found:
    """By one query. Also where a cache stands before the rows: a row that was deleted stays in it.

    From the database that is written to: another may not have what was written a moment ago.
    """
    model = of.get_model_class()
    rows = model.objects.using(router.db_for_write(model)).filter(
        session_key__in=set(keys), expire_date__gt=timezone.now()
    )
    store = of()
    return {
        row.session_key: Stored(store.decode(row.session_data), row.expire_date) for row in rows
    }


def _cached(of: _Engine, keys: Iterable[str]) -> Found:
    """By one question. Django's own way would take a cache that does not answer for an empty one,
    and sign everybody out.
    """
    prefix, stored_in = of.cache_key_prefix, of()._cache
    names = {f"{prefix}{key}": key for key in keys}
    try:
        values = stored_in.get_many(list(names))
    except _UNREADABLE:
        values = {name: _value(stored_in, name) for name in names}
    return {
        names[name]: Stored(data, _expiry(of(names[name]), data))
        for name, data in values.items()
        if isinstance(data, Mapping)
    }


def _value(stored_in: Any, name: str) -> Any:
    try:
        return stored_in.get(name)
    except _UNREADABLE:
        return None


def _one_by_one(of: _Engine, keys: Iterable[str]) -> Found:
    return {key: stored for key in keys if (stored := _stored(of(key), key)) is not None}


def _stored(store: Any, key: str) -> Stored | None:
    # What finds none, or one that is over, would begin another in its place.
    store.create = lambda: None
    data = store.load()
    if not isinstance(data, Mapping) or not data:
        return None
    try:
        stored = Stored(data, _expiry(store, data, _written_at(store, key)))
    except FileNotFoundError:  # it ended meanwhile
        return None
    return stored if timezone.now() < stored.expires_at else None


def _written_at(store: Any, key: str) -> datetime:
    """When a session was written last, from which its time counts; now, where nobody knows."""
    if isinstance(store, file.SessionStore):
        return store._last_modification()  # type: ignore[attr-defined, no-any-return]
    if keeps_nothing(type(store)):
        # The signature was checked, so what it was made of is there.
        return datetime.fromtimestamp(signing.b62_decode(key.rsplit(":", 2)[1]), UTC)
    return timezone.now()


def _expiry(store: Any, data: Mapping[str, Any], written_at: datetime | None = None) -> datetime:
    store._session_cache = data
    expiry: datetime = store.get_expiry_date(modification=written_at or timezone.now())
    return expiry
