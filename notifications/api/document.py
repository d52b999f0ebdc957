"""The OpenAPI document: what django-ninja knows of the API, and what it does not.

Anybody may ask for it, so it is rendered once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from django.utils.cache import get_conditional_response
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from notifications.api.errors import STREAM_PROBLEMS
from notifications.wire import contract, problems

View = Callable[..., HttpResponse]

_PROBLEM = {"$ref": "#/components/schemas/ProblemOut"}
# Long enough for who reads it again and again, and soon enough after an update.
_AGE_S = 300
_PREFIXES_MAX = 8


class Api(NinjaAPI):
    """An API whose document says of errors what they are, and tells of the streams too."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        acts = next(path for path in document["paths"] if path.endswith("/inbox/actions"))
        inbox = acts.removesuffix("/actions")
        security = document["paths"][acts]["post"]["security"]
        for name, stream in _streams().items():
            document["paths"][f"{inbox}/{name}"] = {"get": stream | {"security": security}}
        for operations in document["paths"].values():
            for operation in operations.values():
                _say_of_problems_what_they_are(operation["responses"])
        return document


def rendered_once(view: View) -> View:
    """Keep what a view answers, which is the same for everybody, with an ETag."""
    # It names paths, so each prefix that we are mounted at has one of its own.
    rendered: dict[str, tuple[bytes, str]] = {}

    def kept(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        prefix = get_script_prefix()
        if prefix not in rendered:
            if len(rendered) >= _PREFIXES_MAX:
                rendered.clear()
            content = view(request, **kwargs).content
            rendered[prefix] = content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        content, etag = rendered[prefix]
        answer = HttpResponse(content, content_type="application/json")
        answer.headers["ETag"] = etag
        answer.headers["Cache-Control"] = f"public, max-age={_AGE_S}"
        conditional = get_conditional_response(request, etag=etag, response=answer)
        assert conditional is not None  # noqa: S101 (the answer, or one that says the same in less)
        return conditional

    return kept


def _say_of_problems_what_they_are(answers: dict[Any, Any]) -> None:
    """django-ninja says of each answer that it is `application/json`."""
    for answer in answers.values():
        content = answer.get("content", {})
        if content.get("application/json", {}).get("schema") == _PROBLEM:
            content[problems.CONTENT_TYPE] = content.pop("application/json")


def _streams() -> dict[str, dict[str, Any]]:
    """What consumers answer, not views: see docs/reference/protocol.md."""
    longest = {"type": "integer", "minimum": 0, "maximum": contract.POLL_MAX_S}
    wait = longest | {"default": contract.POLL_DEFAULT_S}
    last = {"in": "header", "name": "Last-Event-ID", "required": False, "schema": _TEXT}
    polled = {"application/json": {"schema": _POLLED}}
    return {
        "events": _stream(
            "events",
            "The inbox as server-sent events",
            {"text/event-stream": {"schema": _TEXT}},
            last | {"description": "`E.R`: epoch and revision. It wins over the query."},
        ),
        "poll": _stream("poll", "Wait for a change", polled, _query("wait", wait)),
    }


def _stream(name: str, summary: str, content: Any, *parameters: Any) -> dict[str, Any]:
    cursor = {"type": "integer", "minimum": 0, "maximum": contract.INTEGER_MAX}
    refused = {
        status: {"description": "Problem", "content": {"application/json": {"schema": _PROBLEM}}}
        for status in STREAM_PROBLEMS
    }
    return {
        "operationId": f"inbox_{name}",
        "summary": summary,
        "tags": ["Inbox"],
        "parameters": [_query("epoch", _TEXT), _query("since", cursor), *parameters],
        "responses": {200: {"description": "OK", "content": content}} | refused,
    }


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": schema}


_TEXT = {"type": "string"}
_POLLED = {
    "type": "object",
    "required": ["user", "epoch", "revision", "counts", "floor", "frames"],
    "properties": {
        "user": _TEXT,
        "epoch": _TEXT,
        "revision": {"type": "integer"},
        "counts": {"$ref": "#/components/schemas/Counts"},
        "floor": {"type": "integer"},
        "frames": {"type": "array", "items": {"type": "object"}},
    },
}
