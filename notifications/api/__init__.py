"""The HTTP API. Parse, permit, call an act or a read, render: nothing is decided here.

Who may call it is the project's to say: config/urls.py gives each router the classes that know
(``make``). So this app knows nothing of sessions, tokens and keys; it asks of a request only
``request.user``, whose inbox it is about, and, where notifications are sent, that ``request.auth``
is a ``Sender``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI, Router
from ninja.parser import Parser

from notifications.api import document, errors, inbox, notifications
from notifications.wire import queries, strict_json
from notifications.wire.problems import Problem

Auth = Sequence[Callable[[HttpRequest], Any]]


class StrictParser(Parser):
    """Refuses what two parsers would read differently, and what would have to be unpacked first."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Raises: ValueError: the body is not JSON, or not such JSON. Problem: it is packed."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Problem(415, "Send the body as it is, without Content-Encoding.")
        return strict_json.loads(request.body)


def make(
    *, inbox_auth: Auth, sending_auth: Auth, others: Mapping[str, tuple[Router, Auth]]
) -> NinjaAPI:
    """The API, to be mounted once.

    Args: inbox_auth: who may see and change an inbox, as django-ninja takes them: the first that
        knows whose request it is. sending_auth: who may send. others: routers of other apps, by
        their paths, with who may call them.
    """
    api = document.Api(
        title="Notifications",
        version="1",
        description="Inboxes, and sending to them. Errors are problem documents (RFC 9457).",
        # The bundled pages of documentation fetch their scripts from another site.
        docs_url=None,
        docs_decorator=document.rendered_once,
        parser=StrictParser(),
    )
    errors.handle(api)
    api.add_decorator(queries.known_only)
    api.add_router("", inbox.router, auth=inbox_auth)
    api.add_router("/notifications", notifications.router, auth=sending_auth)
    for path, (router, auth) in others.items():
        api.add_router(path, router, auth=auth)
    return api
