"""Reads settings from the environment; a wrong value is refused by the name of its variable."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_env = environ.Env()
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _read(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return parse(text.strip())
    except ValueError:
        raise ImproperlyConfigured(f"{name}={text!r} is not {expected}.") from None


def boolean(name: str, default: bool) -> bool:  # noqa: FBT001 (a value, not a switch)
    """True for 1, true, yes, on; False for 0, false, no, off and the empty string."""

    def parse(text: str) -> bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError(text)

    return _read(name, default, parse, "a boolean (1, true, yes, on, 0, false, no, off)")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``."""
    return int(_number(name, default, int, least, most))


def seconds(name: str, default: float, *, least: float, most: float) -> float:
    """A finite number of seconds from ``least`` to ``most``."""
    return _number(name, default, float, least, most)


def _number(
    name: str, default: float, kind: Callable[[str], float], least: float, most: float
) -> float:
    def parse(text: str) -> float:
        number = kind(text)
        if not math.isfinite(number) or not least <= number <= most:
            raise ValueError(text)
        return number

    noun = "a whole number" if kind is int else "a number"
    return _read(name, default, parse, f"{noun} from {least} to {most}")


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return _read(name, default, parse, f"one of {', '.join(options)}")


def words(name: str, default: list[str]) -> list[str]:
    """Words separated by commas; blanks around them do not count."""
    return _read(
        name, default, lambda text: [w for w in (p.strip() for p in text.split(",")) if w], "a list"
    )


def origins(name: str) -> list[str]:
    """Origins (scheme and host, maybe a port) separated by commas."""
    found = words(name, [])
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise ImproperlyConfigured(
                f"{name}: {origin!r} is not an origin such as https://notify.example."
            )
    return found


def database(name: str, default: Path) -> dict[str, Any]:
    """A database from its URL: ``sqlite:////absolute/path`` or ``postgres://user:word@host/name``."""
    url = os.environ.get(name) or f"sqlite:///{default}"
    scheme = url.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        # The URL may hold a password, so it is not repeated.
        raise ImproperlyConfigured(f"{name} must begin with sqlite: or postgres:, not {scheme!r}.")
    try:
        parsed: dict[str, Any] = _env.db_url_config(url)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is not a database URL.") from None
    if not parsed["NAME"] or parsed["NAME"] == ":memory:":
        raise ImproperlyConfigured(f"{name} names no database (one in memory cannot be shared).")
    return parsed


def redis_url(name: str) -> str | None:
    """The URL of a Redis server, or None where there is none."""
    url = os.environ.get(name) or None
    if url is not None and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name} must begin with redis:, rediss: or unix:.")
    return url


def email(name: str, default: str) -> dict[str, Any]:
    """Where mail goes: ``smtp://user:word@host:port``, or ``consolemail://`` to print it."""
    try:
        parsed: dict[str, Any] = _env.email_url_config(os.environ.get(name) or default)
    except (KeyError, ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is not an e-mail URL.") from None
    return parsed


def secret_key(name: str, file: Path, *, debug: bool) -> str:
    """The secret key: from the environment, else from the file that ``make run`` made.

    Raises: ImproperlyConfigured: neither is there and DEBUG is off.
    """
    if key := os.environ.get(name):
        return key
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    if debug:
        return "not-secret-because-DEBUG-is-on"
    raise ImproperlyConfigured(
        f"{name} is not set and {file} does not exist. Set it to a long random string, "
        "or let `make run` make that file."
    )


def text(name: str, default: str) -> str:
    """The text as it stands."""
    return os.environ.get(name, default)
