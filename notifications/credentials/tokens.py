"""Access tokens: one user's inbox for a few minutes, for other origins and native clients."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.conf import conf
from notifications.credentials import sessions
from notifications.credentials.keys import digest
from notifications.credentials.logins import Login, is_of_present_password
from notifications.models import AccessToken, ApiKey

START = "nt_"
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
        ends.append(session.expires_at)
    if api_key is not None and api_key.expires_at is not None:
        ends.append(api_key.expires_at)
    expires_at = min(ends)
    AccessToken.objects.create(
        token_hash=digest(token),
        user_id=user.pk,
        origins=list(origins),
        session_key=None if session is None else session.session_key,
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
    rows = _live().filter(token_hash__in=set(hashes) - {""})
    logins = {row.token_hash: login for row, login in _logins(rows)}
    return [logins.get(token_hash) for token_hash in hashes]


def still_of(token_ids: Sequence[int]) -> list[Login | None]:
    """Whose inbox the tokens of these rows open now; None where they open none."""
    logins = {row.pk: login for row, login in _logins(_live().filter(pk__in=set(token_ids)))}
    return [logins.get(pk) for pk in token_ids]


def _live() -> QuerySet[AccessToken]:
    now = timezone.now()
    by_key = Q(api_key__revoked_at=None) & (
        Q(api_key__expires_at=None) | Q(api_key__expires_at__gt=now)
    )
    return AccessToken.objects.select_related("user").filter(
        Q(api_key=None) | by_key, expires_at__gt=now
    )


def _logins(rows: Iterable[AccessToken]) -> Iterator[tuple[AccessToken, Login]]:
    """The rows that open an inbox, with whose that is."""
    good = [
        row
        for row in rows
        if row.user.is_active and is_of_present_password(row.user, row.auth_hash)
    ]
    owners = _owners({row.session_key for row in good if row.session_key is not None})
    for row in good:
        if row.session_key is None or owners.get(row.session_key) == row.user_id:
            yield row, _login(row)


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


def _login(row: AccessToken) -> Login:
    return Login(
        row.user, row.session_key, row.expires_at, token_id=row.pk, origins=tuple(row.origins)
    )
