"""The HTTP API. Parse, permit, call an act or a read, render: nothing is decided here.

Acts and reads ask of a request only ``request.user``, whose inbox it is about, and, where
notifications are sent, that ``request.auth`` is a ``Sender``. Who that may be is said here, by the
classes of authentication.py that each router is given.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.parser import Parser

from notifications.api import (
    diagnostics,
    document,
    errors,
    inbox,
    notifications,
    preferences,
    tokens,
    traces,
)
from notifications.api.authentication import ApiKeyAuth, SessionAuth, TokenAuth, TokenMakerAuth
from notifications.wire import queries, strict_json
from notifications.wire.problems import Problem


class StrictParser(Parser):
    """Refuses what two parsers would read differently, and what would have to be unpacked first."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Raises: ValueError: the body is not JSON, or not such JSON. Problem: it is packed."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Problem(415, "Send the body as it is, without Content-Encoding.")
        return strict_json.loads(request.body)


def make() -> NinjaAPI:
    """The API, to be mounted once."""
    api = document.Api(
        title="Notifications",
        version="1",
        # Within ours: a project may have an API of its own, which Ninja would call "api-1" too.
        urls_namespace="notifications:api",
        description="Inboxes, and sending to them. Errors are problem documents (RFC 9457).",
        # The bundled pages of documentation fetch their scripts from another site.
        docs_url=None,
        docs_decorator=document.rendered_once,
        parser=StrictParser(),
    )
    errors.handle(api)
    api.add_decorator(queries.known_only)
    # In this order: a bearer beats a cookie.
    api.add_router("", inbox.router, auth=[TokenAuth(), SessionAuth()])
    api.add_router("", diagnostics.router, auth=[TokenAuth(), SessionAuth()])
    api.add_router("/preferences", preferences.router, auth=[TokenAuth(), SessionAuth()])
    api.add_router("/notifications", notifications.router, auth=[ApiKeyAuth()])
    api.add_router("/notifications", traces.router, auth=[ApiKeyAuth()])
    api.add_router("/tokens", tokens.router, auth=[TokenMakerAuth(), SessionAuth()])
    return api
