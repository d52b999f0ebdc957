"""Origins of web pages: scheme, host and port, compared as browsers do."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings

Origin = tuple[str, str, int]


def is_trusted(origin: str) -> bool:
    """Whether it is one of CSRF_TRUSTED_ORIGINS."""
    return is_listed(origin, settings.CSRF_TRUSTED_ORIGINS)


def is_listed(origin: str, listed: Iterable[str]) -> bool:
    """Whether it is one of these, of which some may stand for every subdomain of a host."""
    parts = canonical(origin)
    return parts is not None and any(_matches(parts, canonical(entry)) for entry in listed)


def is_same(origin: str, scheme: str, host: str) -> bool:
    """Whether it is our own, as a request names us by its scheme and Host."""
    parts = canonical(origin)
    return parts is not None and parts == canonical(f"{scheme}://{host}")


def canonical(origin: str) -> Origin | None:
    """Scheme, host and port; None for what is no origin, such as ``null``."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    if parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _matches(origin: Origin, listed: Origin | None) -> bool:
    if listed is None or (origin[0], origin[2]) != (listed[0], listed[2]):
        return False
    # As Django has it: https://*.example.com stands for every subdomain.
    return origin[1] == listed[1] or ("*" in listed[1] and fnmatchcase(origin[1], listed[1]))
