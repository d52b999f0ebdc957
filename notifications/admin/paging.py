"""Pages of large tables, of which nobody counts all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Model]
    _Paginator = Paginator[Any]
else:  # Django's classes take no parameter when the code runs
    _ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

# How many pages after the present one are offered, and the last that there may be.
_PAGES_AHEAD = 9
_MAX_PAGES = 2_000


class LookingAheadPaginator(_Paginator):
    """Counts as far as the links on the page lead, and no further."""

    def __init__(self, queryset: QuerySet[Any], per_page: int, page_number: int) -> None:
        super().__init__(queryset, per_page)
        self._queryset = queryset
        pages = min(max(page_number, 1) + _PAGES_AHEAD, _MAX_PAGES)
        self._most = pages * per_page

    @cached_property
    def _counted(self) -> int:
        # One more tells that there is more. In the list's own order, which an index has.
        return self._queryset[: self._most + 1].count()

    @property
    def count(self) -> int:
        return min(self._counted, self._most)

    @property
    def is_cut(self) -> bool:
        """Whether there are rows beyond those that were counted."""
        return self._counted > self._most


class BoundedAdmin(_ModelAdmin):
    """For tables that grow without end."""

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_options: Any
    ) -> LookingAheadPaginator:
        asked = request.GET.get("p", "1")
        is_number = asked.isascii() and asked.isdigit() and len(asked) <= len(str(_MAX_PAGES))
        return LookingAheadPaginator(queryset, per_page, int(asked) if is_number else 1)
