"""Queries of the API: what a URL says beside its path, each of it known and said once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from notifications.wire.problems import Problem

View = Callable[..., HttpResponse]


def require_known(
    query: Mapping[str, list[str]], names: Collection[str], lists: Collection[str] = ()
) -> None:
    """Refuse what would be ignored: whoever misspells a name would not notice.

    Args: lists: the names that may be given more than once.
    Raises: Problem
    """
    errors = {name: ["There is no such parameter."] for name in query if name not in names}
    twice = {
        name: ["Given more than once."]
        for name in query
        if len(query[name]) > 1 and name not in lists
    }
    if errors or twice:
        raise Problem(422, "The query is not valid; see errors.", twice | errors)


def known_only(view: View) -> View:
    """Let an operation of the API, once it is known who asks, refuse what it does not know."""
    models = view._ninja_operation.models  # type: ignore[attr-defined]
    ours = [query_model for query_model in models if query_model.__ninja_param_source__ == "query"]
    names = {name for model in ours for name in model.__ninja_flatten_map__}
    lists = {name for model in ours for name in model.__ninja_collection_fields__}

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_known(dict(request.GET.lists()), names, lists)
        return view(request, *args, **kwargs)

    return checked
