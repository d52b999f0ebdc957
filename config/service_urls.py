"""URLs of the services that we use, as the settings of Django that lead there.

What is wrong with one is a ``ValueError`` that never repeats it: it may hold a password.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

_PORT_MAX = 65_535
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# How mail goes by the scheme of its URL: what Django is to do, and the port where none is said.
_MAIL: dict[str, tuple[dict[str, Any], int]] = {
    "smtp": ({}, 25),
    "smtp+tls": ({"EMAIL_USE_TLS": True}, 587),
    "smtp+ssl": ({"EMAIL_USE_SSL": True}, 465),
}
_NO_MAIL = f"is no e-mail URL such as smtp://user:password@host:port ({', '.join(_MAIL)})"


def is_port(text: str) -> bool:
    """Whether it is one, or none is said."""
    return not text or (text.isascii() and text.isdigit() and 0 < int(text) <= _PORT_MAX)


# --- Databases ------------------------------------------------------------------------------------


def sqlite(path: str) -> dict[str, Any]:
    """The database in a file."""
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path}


def database(url: str) -> dict[str, Any]:
    """A database from its URL: ``sqlite:////absolute/path`` or ``postgres://user:word@host/name``.

    Raises: ValueError: with what is wrong.
    """
    scheme = url.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(f"must begin with sqlite: or postgres:, not {scheme!r}")
    if "#" in url or _BAD_ESCAPE.search(url) or (scheme == "sqlite" and "?" in url):
        raise ValueError(
            "has a path, name or password in which % is not %25, # not %23 or ? not %3F"
        )
    database = _of_file(url) if scheme == "sqlite" else _of_server(url)
    if not database["NAME"] or database["NAME"] == ":memory:":
        raise ValueError("names no database (one in memory cannot be shared)")
    return database


def _of_file(url: str) -> dict[str, Any]:
    place = url.removeprefix("sqlite://")
    if place == ":memory:":
        return sqlite(place)
    if not url.startswith("sqlite://") or not place.startswith("/"):
        raise ValueError("names a file, which is written sqlite:////absolute/path")
    return sqlite(unquote(place[1:]))


def _of_server(url: str) -> dict[str, Any]:
    # Only here: who has SQLite needs no driver. What a URL means is for libpq to say.
    from psycopg import ProgrammingError  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        parameters = conninfo_to_dict(url)
    except ProgrammingError:
        raise ValueError("is not a database URL") from None
    port = str(parameters.pop("port", ""))
    if not all(map(is_port, port.split(","))):  # one for each host
        raise ValueError(f"has a port that is no number from 1 to {_PORT_MAX}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.pop("dbname", ""),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": port,
        "OPTIONS": parameters,
    }


# --- Mail -----------------------------------------------------------------------------------------


def mail(url: str) -> dict[str, Any]:
    """Where mail goes: ``smtp://user:word@host:port``, or ``consolemail://`` to print it.

    With ``smtp+tls`` the connection turns to TLS (STARTTLS), with ``smtp+ssl`` it begins so.

    Raises: ValueError: with what is wrong.
    """
    if url == "consolemail://":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    try:
        parsed = urlsplit(url)
        how, usual_port = _MAIL[parsed.scheme]
        port = usual_port if parsed.port is None else parsed.port
    except (KeyError, ValueError):
        raise ValueError(_NO_MAIL) from None
    if not parsed.hostname or parsed.path.strip("/") or not port:
        raise ValueError(_NO_MAIL)
    if parsed.query or parsed.fragment or _BAD_ESCAPE.search(url):
        raise ValueError("has a name or password in which % is not %25, # not %23 or ? not %3F")
    return how | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parsed.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parsed.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parsed.password or ""),
    }
