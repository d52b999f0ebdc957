"""Views of Django's admin that read and then write, in transactions of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse

from notifications.models import transactions

View = TypeVar("View", bound=Callable[..., HttpResponse])


def writing_first(view: View) -> View:
    """Of a ``ModelAdmin``: what is posted to it is done in one transaction of ours.

    Django begins one itself, as the project's settings say, and reads in it before it writes. To be
    shown, a page only reads: that waits for no writer.
    """

    @wraps(view)
    def within(self: Any, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        if request.method != "POST":
            return view(self, request, *arguments, **options)
        with transactions.atomic():
            return view(self, request, *arguments, **options)

    return cast("View", within)
