"""Access tokens: one user's inbox for a few minutes, for other origins and native clients."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.conf import conf
from notifications.credentials import sessions
from notifications.credentials.keys import digest
from notifications.credentials.logins import Login, is_of_present_password
from notifications.credentials.seals import opened, sealed
from notifications.models import AccessToken, ApiKey

START = "nt_"
# A token's row, and the session that has made the token; None: a key has.
TokenLogin = tuple[int, str | None]
# 256 random bits in base64url.
_FORM = re.compile(r"nt_[A-Za-z0-9_-]{43}")


def issue(
    user: AbstractBaseUser,
    *,
    origins: Sequence[str],
    session: Login | None = None,
    api_key: ApiKey | None = None,
) -> tuple[str, int]:
    """Make a token for a user, on behalf of one of the two: a session of theirs, or a key.

    Args: origins: where it may be used in a browser.
    Returns: the token, which cannot be had a second time, and the seconds it lasts.
    """
    token = f"{START}{secrets.token_urlsafe(32)}"
    now = timezone.now()
    ends = [now + timedelta(seconds=conf.ACCESS_TOKEN_S)]
    if session is not None:
        ends += [session.expires_at, session.fresh_until or session.expires_at]
    if api_key is not None and api_key.expires_at is not None:
        ends.append(api_key.expires_at)
    expires_at = min(ends)
    AccessToken.objects.create(
        token_hash=digest(token),
        user_id=user.pk,
        origins=list(origins),
        sealed_session=None if session is None else sealed(session.session_key or "", token),
        api_key=api_key,
        auth_hash=user.get_session_auth_hash(),
        expires_at=expires_at,
    )
    return token, max(0, int((expires_at - now).total_seconds()))


def logins_of(tokens: Sequence[str]) -> list[Login | None]:
    """Whose inbox each of these tokens opens; None where it opens none.

    That is one query, and what it takes to find the sessions that have made some. A token is found
    by its hash: how long that takes tells nothing of a secret of 256 bits.
    """
    hashes = [digest(token) if _FORM.fullmatch(token) else "" for token in tokens]
    by_hash = dict(zip(hashes, tokens, strict=True))
    rows = list(_live().filter(token_hash__in=set(hashes) - {""}))
    logins = _logins(
        (row, row.sealed_session and opened(row.sealed_session, by_hash[row.token_hash]))
        for row in rows
    )
    found = {row.token_hash: logins.get(row.pk) for row in rows}
    return [found.get(token_hash) for token_hash in hashes]


def still_of(logins: Sequence[TokenLogin]) -> list[Login | None]:
    """What tokens open now by which somebody was let in; None where it is nothing.

    Args: logins: the key of each token's row, and the session that has made the token: what the
        row says of that one only the token itself opens.
    """
    by_pk = dict(logins)
    still = _logins((row, by_pk[row.pk]) for row in _live().filter(pk__in=set(by_pk)))
    return [still.get(pk) for pk, _ in logins]


def _live() -> QuerySet[AccessToken]:
    now = timezone.now()
    by_key = Q(api_key__revoked_at=None) & (
        Q(api_key__expires_at=None) | Q(api_key__expires_at__gt=now)
    )
    return AccessToken.objects.select_related("user").filter(
        Q(api_key=None) | by_key, expires_at__gt=now
    )


def _logins(rows: Iterable[tuple[AccessToken, str | None]]) -> dict[int, Login]:
    """What these rows open, by their keys; what opens nothing is left out.

    Args: rows: each with the key of the session that has made it.
    """
    good = [
        (row, session_key)
        for row, session_key in rows
        if row.user.is_active and is_of_present_password(row.user, row.auth_hash)
    ]
    owners = _owners({session_key for _, session_key in good if session_key is not None})
    return {
        row.pk: _login(row, session_key)
        for row, session_key in good
        if session_key is None or owners.get(session_key) == row.user_id
    }


def find(token: str) -> Login | None:
    """Whose inbox this token opens, or None."""
    return logins_of([token])[0]


def forget_old(most: int = 1000) -> int:
    """Delete up to ``most`` tokens that are over."""
    old = AccessToken.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")
    pks = list(old.values_list("pk", flat=True)[:most])
    # Nothing refers to a token, and nobody listens to the end of one that is over.
    return AccessToken.objects.filter(pk__in=pks)._raw_delete("default") if pks else 0


def left_over() -> int:
    """How many tokens a dispatcher should have deleted an hour ago."""
    return AccessToken.objects.filter(expires_at__lt=timezone.now() - timedelta(hours=1)).count()


def _owners(session_keys: Iterable[str]) -> dict[str, Any]:
    """Whose the sessions of these keys are. One that goes on under another key is over."""
    keys = list(session_keys)
    logins = sessions.finder().still_of(keys) if keys else []
    return {
        key: login.user.pk
        for key, login in zip(keys, logins, strict=True)
        if login is not None and login.session_key == key
    }


def _login(row: AccessToken, session_key: str | None) -> Login:
    origins = tuple(row.origins)
    return Login(row.user, session_key, row.expires_at, token_id=row.pk, origins=origins)
