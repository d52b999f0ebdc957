"""API keys: what other services prove themselves by."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from notifications.credentials import revocation
from notifications.models import AccessToken, ApiKey, sql, transactions
from notifications.process import outages

logger = logging.getLogger(__name__)

# Each begins so, which lets scanners of repositories know one where it should not be.
START = "nk_"
_SECRET_BYTES = 32
_FORM = re.compile(r"(nk_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_USE_EVERY = timedelta(minutes=1)


def make(
    name: str,
    scopes: Sequence[str],
    *,
    origins: Sequence[str] = (),
    expires_at: datetime | None = None,
    created_by: AbstractBaseUser | None = None,
) -> tuple[ApiKey, str]:
    """A new key: its row, and the key itself, which cannot be had a second time."""
    row = ApiKey(
        name=name,
        scopes=list(scopes),
        origins=list(origins),
        expires_at=expires_at,
        created_by_id=None if created_by is None else created_by.pk,
    )
    key = give_secret(row)
    row.save()
    return row, key


def give_secret(row: ApiKey) -> str:
    """Give a row that is not stored yet its secret, and return the key."""
    row.prefix = f"{START}{secrets.token_hex(6)}"
    key = f"{row.prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row.key_hash = digest(key)
    return key


def find(key: str) -> ApiKey | None:
    """The row of a live key, or None."""
    form = _FORM.fullmatch(key)
    row = sql.find_one(ApiKey, "prefix", form.group(1)) if form else None
    if row is None or not row.is_live or not constant_time_compare(row.key_hash, digest(key)):
        return None
    return row


def note_use(row: ApiKey) -> None:
    """Write down that a key was used, at most once a minute."""
    now = timezone.now()
    if row.last_used_at is not None and row.last_used_at > now - _USE_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_EVERY)
    try:
        ApiKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    except DatabaseError as error:  # bookkeeping: the request itself may still succeed
        outages.tell(logger, error, "The use of a key was not written down")


def revoke(keys: QuerySet[ApiKey]) -> int:
    """Refuse these keys, and the tokens that they made, from now on.

    Returns: how many were not revoked before.
    """
    with transactions.atomic():
        pks = list(keys.filter(revoked_at=None).values_list("pk", flat=True))
        count = ApiKey.objects.filter(pk__in=pks, revoked_at=None).update(revoked_at=timezone.now())
        live = AccessToken.objects.filter(api_key__in=pks, expires_at__gt=timezone.now())
        revocation.revoke(set(live.values_list("user_id", flat=True)))
    return count


def digest(secret: str) -> str:
    """SHA-256 suffices where the secret is 256 random bits: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
