"""The place of the site on its host, for all that asks: below FORCE_SCRIPT_NAME, if that is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

Application = Callable[[Any, Any, Any], Any]


def placed(application: Application) -> Application:
    """Give each scope its ``root_path``, and a path that begins with it.

    So pages, streams, sockets and health checks find what they are asked for alike, whether the
    proxy in front keeps the prefix, cuts it off, or the server was told of it (``root_path``).
    """

    async def place(scope: Any, receive: Any, send: Any) -> None:
        root = (settings.FORCE_SCRIPT_NAME or scope.get("root_path") or "").rstrip("/")
        if root and scope["type"] in {"http", "websocket"}:
            path = scope["path"]
            if not f"{path}/".startswith(f"{root}/"):
                path = root + path
            scope = {**scope, "root_path": root, "path": f"{root}/" if path == root else path}
        await application(scope, receive, send)

    return place
