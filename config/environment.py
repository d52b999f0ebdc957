"""Reads settings from the environment; a wrong value is refused by the name of its variable."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

from config import service_urls
from notifications.conf import Setting

T = TypeVar("T")
_COOKIE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SCRIPT_NAME = re.compile(r"(/[A-Za-z0-9._~-]+)+")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
# RFC 1123, and the underscores that there are all the same.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_HOST_MAX = 253
_QUOTES = "\"'`["


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


def of_app(declared: Iterable[Setting[Any]]) -> dict[str, Any]:
    """The app's switches and numbers, each from the variable of its name, within its bounds."""
    values: dict[str, Any] = {}
    for setting in declared:
        name, default = setting.name, setting.default
        if isinstance(default, bool):
            values[name] = boolean(name, default)
        elif isinstance(default, int | float):
            assert setting.least is not None and setting.most is not None  # noqa: S101, PT018 (declared so)
            values[name] = _number(name, default, type(default), setting.least, setting.most)
    return values


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return _read(name, default, parse, f"one of {', '.join(options)}")


def _listed(name: str, default: list[str], is_one: Callable[[str], bool], what: str) -> list[str]:
    """Entries separated by commas, each of one form; blanks around them do not count."""
    text = os.environ.get(name)
    if text is None:
        return default
    entries = [entry for entry in (part.strip() for part in text.split(",")) if entry]
    for entry in entries:
        if not is_one(entry):
            raise ImproperlyConfigured(f"{name}: {entry!r} is not {what}.")
    return entries


def secrets(name: str) -> list[str]:
    """Secrets separated by commas; none of them in quotes, which would be taken for a part of it.

    Raises: ImproperlyConfigured: it does not repeat what is secret.
    """
    entries = _listed(name, [], lambda _: True, "")
    for number, entry in enumerate(entries, 1):
        if entry[0] in _QUOTES or any(character.isspace() for character in entry):
            raise ImproperlyConfigured(f"{name}: entry {number} has quotes or blanks in it.")
    return entries


def languages(name: str, default: list[str]) -> list[tuple[str, str]]:
    """Codes of languages separated by commas, as Django's LANGUAGES: each by its own name."""
    codes = _listed(name, default, _is_language, "the code of a language, such as en or de")
    if not codes:
        raise ImproperlyConfigured(f"{name}: at least one language is needed.")
    return [(code, str(LANG_INFO[code]["name_local"])) for code in codes]


def _is_language(code: str) -> bool:
    return "name_local" in LANG_INFO.get(code, {})


def hosts(name: str, default: list[str]) -> list[str]:
    """Names of hosts as Django's ALLOWED_HOSTS takes them, separated by commas."""
    what = (
        "a host such as notify.example, .example.com, 192.0.2.1 or [2001:db8::1], without quotes, "
        "scheme, port or path"
    )
    return _listed(name, default, lambda entry: entry == "*" or _is_host(entry, "."), what)


def origins(name: str) -> list[str]:
    """Origins (scheme and host, maybe a port) separated by commas."""
    return _listed(name, [], _is_origin, "an origin such as https://notify.example")


def _is_origin(text: str) -> bool:
    scheme, separator, place = text.partition("://")
    host, _, port = place.partition("]") if place.startswith("[") else place.partition(":")
    if place.startswith("["):
        host, port = f"{host}]", port.removeprefix(":")
    # With a colon there is a port.
    return (
        scheme in {"http", "https"}
        and bool(separator)
        and not place.endswith(":")
        and (host == "*" or _is_host(host, "*."))
        and service_urls.is_port(port)
    )


def _is_host(text: str, wild: str) -> bool:
    """Args: wild: what may stand before a name, for all names that end in it."""
    if text.startswith("["):
        try:
            return text.endswith("]") and bool(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            return False
    name = text.removeprefix(wild)
    return len(name) <= _HOST_MAX and all(map(_LABEL.fullmatch, name.split(".")))


def cookie_name(name: str, default: str) -> str:
    """The name of a cookie, without a prefix such as ``__Host-``."""

    def parse(text: str) -> str:
        if not _COOKIE_NAME.fullmatch(text):
            raise ValueError(text)
        return text

    return _read(name, default, parse, "a cookie's name of letters, digits, - and _, such as shop")


def path(name: str, default: str) -> str:
    """A path such as ``/`` or ``/notify``."""

    def parse(text: str) -> str:
        if text != "/" and not _SCRIPT_NAME.fullmatch(text):
            raise ValueError(text)
        return text

    return _read(name, default, parse, "a path such as / or /notify, with no slash at its end")


def script_name(name: str) -> str | None:
    """A path such as ``/notify``, or None where the site is at the root."""

    def parse(text: str) -> str | None:
        if text and not _SCRIPT_NAME.fullmatch(text):
            raise ValueError(text)
        return text or None

    return _read(name, None, parse, "a path such as /notify, with a slash before it and none after")


def database(name: str, default: Path) -> dict[str, Any]:
    """A database from its URL: ``sqlite:////absolute/path`` or ``postgres://user:word@host/name``.

    Args: default: the path of a SQLite file, where there is no URL. It is never made one: paths
        have characters that mean something else there.
    """
    url = os.environ.get(name)
    if not url:
        return service_urls.sqlite(str(default))
    return _service(name, service_urls.database, url)


def postgresql_url(name: str) -> str:
    """The URL of a PostgreSQL database, as it stands; empty where there is none."""
    url = os.environ.get(name) or ""
    if url and _service(name, service_urls.database, url)["ENGINE"].endswith("sqlite3"):
        raise ImproperlyConfigured(f"{name} must begin with postgres:.")
    return url


def redis_url(name: str) -> str | None:
    """The URL of a Redis server, or None where there is none."""
    url = os.environ.get(name) or None
    if url is not None and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name} must begin with redis:, rediss: or unix:.")
    return url


def email(name: str, default: str) -> dict[str, Any]:
    """Where mail goes: ``smtp://user:word@host:port``, or ``consolemail://`` to print it."""
    return _service(name, service_urls.mail, os.environ.get(name) or default)


def _service(name: str, parse: Callable[[str], dict[str, Any]], url: str) -> dict[str, Any]:
    try:
        return parse(url)
    except ValueError as error:
        # The URL may hold a password, so it is not repeated.
        raise ImproperlyConfigured(f"{name} {error}.") from None


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
