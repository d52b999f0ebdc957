"""Whose sessions are: the checks that Django makes of one at each request, for many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from notifications.credentials.logins import is_of_present_password

# The backend that has let them in, and the user's key.
_Who = tuple[str, Any]


def users_of(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, AbstractBaseUser]:
    """Who is signed in by each of these sessions, by its key; a session of nobody is left out.

    As ``django.contrib.auth.get_user`` does it, which may also end the session or change it.

    Args: sessions: what each holds, by its key.
    """
    who = {key: one for key, data in sessions.items() if (one := _who(data)) is not None}
    users = _users(set(who.values()))
    return {
        key: users[one]
        for key, one in who.items()
        if one in users
        and is_of_present_password(users[one], sessions[key].get(HASH_SESSION_KEY) or "")
    }


def user_key(data: Mapping[str, Any]) -> Any:
    """The key of the user whom a session names; None where it names none."""
    text = data.get(SESSION_KEY)
    try:
        return None if text is None else get_user_model()._meta.pk.to_python(text)
    except ValidationError:  # of a user model that there was before
        return None


def _who(data: Mapping[str, Any]) -> _Who | None:
    backend, pk = data.get(BACKEND_SESSION_KEY), user_key(data)
    if pk is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    return str(backend), pk


def _users(who: Collection[_Who]) -> dict[_Who, AbstractBaseUser]:
    by_backend: dict[str, list[Any]] = {}
    for path, pk in who:
        by_backend.setdefault(path, []).append(pk)
    return {
        (path, pk): user
        for path, pks in by_backend.items()
        for pk, user in _known_to(load_backend(path), pks).items()
    }


def _known_to(backend: Any, pks: Collection[Any]) -> dict[Any, AbstractBaseUser]:
    """Those whom a backend lets in: by one query, where it looks as Django's does."""
    if type(backend).get_user is not ModelBackend.get_user:
        users = {pk: backend.get_user(pk) for pk in pks}
        return {pk: user for pk, user in users.items() if user is not None}
    found = get_user_model()._default_manager.filter(pk__in=pks)
    return {user.pk: user for user in found if backend.user_can_authenticate(user)}
