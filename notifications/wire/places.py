"""Where we are: the path below which a project includes our urls, and the site's own."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

# From where our urls begin.
API = "api/v1/"
SOCKETS = "ws/"


def root() -> str:
    """Where our urls begin, from where the site begins: ``/``, or ``/news/``."""
    return _root(settings.ROOT_URLCONF)


@cache
def _root(urlconf: Any) -> str:
    try:
        api = reverse("notifications:api:api-root", urlconf=urlconf)
    except NoReverseMatch:
        return "/"  # nowhere, which a check tells of
    return "/" + api.removeprefix(get_script_prefix()).removesuffix(API)


def api_root() -> str:
    """Where the API begins, from where the site begins."""
    return f"{root()}{API}"


def is_of_api(path: str) -> bool:
    """Whether a path (from where the site begins) is one of our API, and of no other."""
    return path.startswith(api_root())


def path_of(scope: dict[str, Any]) -> str:
    """The path of a connection, from where the site begins."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
