"""Which installation this is: a copy of the database elsewhere is another one.

Staging that was restored from production has production's ids, revisions and epoch, and maybe its
Redis too. What processes tell each other through the channel layer is therefore sealed by a key
that also rests on what a copy does not take along: which server, or which file, it is read from.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from notifications.conf import conf
from notifications.models import Epoch

Event = dict[str, str]
"""One message of the layer: its type, and all the rest as one string that any layer carries."""

_GROUP_LENGTH = 16

# In SQL of our own: it is asked within each change of an inbox, whose row is locked meanwhile, and
# most of the time would be the ORM's. No other server of PostgreSQL began in this microsecond,
# however it came by the same files.
_TABLE = Epoch._meta.db_table
_READ = {
    "sqlite": f"SELECT epoch_secret FROM {_TABLE}",  # noqa: S608 (a table of ours)
    "postgresql": (
        f"SELECT epoch_secret, current_database(), pg_postmaster_start_time() FROM {_TABLE}"  # noqa: S608
    ),
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What its processes have in common, and no other's have."""

    # What the names of its groups begin with.
    group: str
    # The first seals; the others are those of a secret key that was the present one before.
    _keys: tuple[bytes, ...] = field(repr=False)

    def seal(self, kind: str, body: Any) -> Event:
        """An event of this type, which every process of this installation believes."""
        text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
        return {"type": kind, "body": text, "seal": _seal(self._keys[0], kind, text)}

    def opened(self, event: object) -> Any | None:
        """The body of an event that was sealed here; None for any other."""
        if not isinstance(event, Mapping):
            return None
        kind, text, seal = (event.get(name) for name in ("type", "body", "seal"))
        if not (isinstance(kind, str) and isinstance(text, str) and isinstance(seal, str)):
            return None
        if not any(_is_sealed_by(key, kind, text, seal) for key in self._keys):
            return None
        return json.loads(text)


def here() -> Installation:
    """The one of Django's default connection, by one query.

    Raises: Epoch.DoesNotExist: the database is being flushed.
    """
    return at(*read())


def read() -> tuple[str, str]:
    """The epoch's secret, and where the database is; in one statement.

    Raises: Epoch.DoesNotExist: the database has not been migrated, or is being flushed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ[connection.vendor])
        row = cursor.fetchone()
    if row is None:
        raise Epoch.DoesNotExist
    if connection.vendor == "sqlite":
        return row[0], place_of_file(connection.settings_dict["NAME"])
    secret, name, started_at = row
    return secret, f"{name} {started_at.timestamp():.6f}"


def place_of_file(name: str | Path) -> str:
    """Which file it is; one that takes its place under the same name is another."""
    path = Path(name)
    try:
        stat = path.stat()
    except OSError:  # in memory, as in some tests
        return str(name)
    return f"{path.resolve()} {stat.st_dev} {stat.st_ino}"


def at(epoch_secret: str, place: str) -> Installation:
    """The installation whose database has this epoch and is there."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _derived(epoch_secret, place, conf.INSTALLATION, secrets)


@lru_cache(maxsize=16)
def _derived(
    epoch_secret: str, place: str, name: str, secret_keys: tuple[str | bytes, ...]
) -> Installation:
    identity = json.dumps([epoch_secret, place, name]).encode()
    # A new secret key leaves the groups: while it is rolled out, old and new processes are in them.
    group = hashlib.sha256(b"notifications.group " + identity).hexdigest()[:_GROUP_LENGTH]
    keys = tuple(
        hmac.digest(_bytes(key), b"notifications.hints " + identity, "sha256")
        for key in secret_keys
    )
    return Installation(group, keys)


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _seal(key: bytes, kind: str, text: str) -> str:
    return hmac.digest(key, f"{kind}\0{text}".encode(), "sha256").hex()


def _is_sealed_by(key: bytes, kind: str, text: str, seal: str) -> bool:
    # As bytes: text that is not ASCII would raise.
    sealed = seal.encode("utf-8", "surrogatepass")
    try:
        return hmac.compare_digest(sealed, _seal(key, kind, text).encode())
    except UnicodeEncodeError:  # surrogates in what somebody else made up
        return False
