"""Whom the live dashboard's pages are shown to, and what its script is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control

from notifications.dashboard import access
from notifications.wire import problems

View = Callable[..., HttpResponse]


def for_watchers(view: View) -> View:
    """A page: whoever is not signed in is asked to, and who may not watch is refused."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.may_watch(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    page: View = cache_control(private=True, no_store=True, no_cache=True)(login_required(seen))
    return page


def for_scripts(view: View) -> View:
    """What the page's script asks: no page answers it that it does not expect."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return problems.response(401, "Sign in first.")
        if not access.may_watch(request.user):
            return problems.response(403, "You may not watch this.")
        return view(request, *args, **kwargs)

    answer: View = cache_control(private=True, no_store=True, no_cache=True)(answered)
    return answer
