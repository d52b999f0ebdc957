"""The admin's site: each list answers the look-ups that it names, and no other.

Django's own lists take any column of their rows, and some of rows that those lead to, as a filter
in the address. So who may see a list could ask for what it never shows, letter by letter: the hash
of a password, the key of a session.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from notifications.identity.site import Identity

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's class takes no parameter when the code runs
    _ModelAdmin = admin.ModelAdmin

# What filters and a list's dates put after the name of their column.
_ASKED = ("exact", "in", "isnull", "isempty", "gte", "lt")
_DATES = ("year", "month", "day", "gte", "lt")


class ListedLookups(_ModelAdmin):
    """Lets the address of a list ask for what its filters ask for.

    An admin whose pages link to more names that in ``listed_lookups``.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a list may be narrowed by this; a 400 where not."""
        return lookup in self._listed(request) and super().lookup_allowed(lookup, value, request)

    def _listed(self, request: HttpRequest) -> set[str]:
        listed: set[str] = set(getattr(self, "listed_lookups", ()))
        for entry in self.get_list_filter(request):
            if isinstance(entry, type) and issubclass(entry, admin.SimpleListFilter):
                listed.add(str(entry.parameter_name))
            else:
                path = entry[0] if isinstance(entry, list | tuple) else entry
                listed.update(self._of_column(str(path)))
        if self.date_hierarchy:
            listed.update(_followed_by(self.date_hierarchy, _DATES))
        return listed

    def _of_column(self, path: str) -> Iterable[str]:
        yield path
        yield from _followed_by(path, _ASKED)
        column: Any = get_fields_from_path(self.model, path)[-1]
        if column.is_relation:  # by the key of what it leads to, and by nothing else of that
            for key in ("pk", column.target_field.name):
                yield from _followed_by(f"{path}{LOOKUP_SEP}{key}", _ASKED)


class AdminSite(admin.AdminSite):
    """Registers every admin, also those of other packages, as one with ``ListedLookups``.

    It bears the name of the site.
    """

    index_title = "Administration"

    @property
    def site_header(self) -> str:  # type: ignore[override]
        """In the head of each page, beside the site's logo."""
        return Identity().name

    @property
    def site_title(self) -> str:  # type: ignore[override]
        """At the end of each page's title."""
        return f"{Identity().name} admin"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        base = admin_class or admin.ModelAdmin
        narrow = types.new_class(base.__name__, (ListedLookups, base))
        narrow.__module__ = base.__module__  # by which checks and reprs name it
        super().register(model_or_iterable, narrow, **options)


class AdminConfig(DjangoAdminConfig):
    """Django's app ``admin``, with our site (settings.INSTALLED_APPS)."""

    default_site = "config.admin_site.AdminSite"


def _followed_by(path: str, names: Iterable[str]) -> Iterable[str]:
    return (f"{path}{LOOKUP_SEP}{name}" for name in names)
