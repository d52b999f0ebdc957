"""Finds users by name for those who may send, whether or not they may look at users.

Django's own search answers only who may view users. Here a name is all that is asked and told: the
form's values are names too, so that no number which somebody makes up is turned into one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from notifications.models.audiences import active

_PAGE_SIZE = 20
_LAST_PAGE = 100
# Who may not view users types at least so much of a name: there is no list of all of them.
_LEAST_TYPED = 2
_TERM_MAX_LENGTH = 100


def may_view_users(request: HttpRequest) -> bool:
    """Whether the person may see who there is."""
    options = get_user_model()._meta
    codename = get_permission_codename("view", options)
    return request.user.has_perm(f"{options.app_label}.{codename}")


class UserSearch(AutocompleteSelectMultiple):
    """A search box that asks the server: a plain ``<select>`` would load every user."""

    # Else it has a button to clear it, which Select2 puts into a list as no item of it.
    is_required = True
    least_typed = 0
    # The users who are chosen, where the form has looked them up already.
    found: Iterable[Any] | None = None

    def get_url(self) -> str:
        return reverse(f"{self.admin_site.name}:notifications_notification_users")

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        attributes: dict[str, Any] = super().build_attrs(*args, **kwargs)
        return attributes | {"data-minimum-input-length": self.least_typed}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # PostgreSQL would fail on what no name holds.
        chosen = super().value_from_datadict(data, files, name)
        return [value for value in chosen if "\0" not in value]

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        """The chosen users, which is all that a page has of them."""
        users = self.found
        if users is None:
            by_name = f"{get_user_model().USERNAME_FIELD}__in"
            users = self.choices.queryset.filter(**{by_name: value}) if value else []
        chosen = [
            self.create_option(name, user.get_username(), str(user), selected=True, index=n)
            for n, user in enumerate(users)
        ]
        return [(None, chosen, 0)]


def user_search(request: HttpRequest, relation: Any, admin_site: Any, choices: Any) -> UserSearch:
    """The search box of this person's form.

    Args: relation: a relation to the user model, of which Django's box names the field.
    """
    search = UserSearch(relation, admin_site, choices=choices)
    search.least_typed = 0 if may_view_users(request) else _LEAST_TYPED
    return search


def found(request: HttpRequest) -> JsonResponse:
    """A page of the active users whose names hold each word of ``term``, as Select2 has it."""
    term = request.GET.get("term", "")[:_TERM_MAX_LENGTH].strip()
    if len(term) < _LEAST_TYPED and not may_view_users(request):
        return JsonResponse({"results": [], "pagination": {"more": False}})
    first = (_page(request.GET.get("page", "1")) - 1) * _PAGE_SIZE
    users = list(_named_like(term)[first : first + _PAGE_SIZE + 1])
    return JsonResponse(
        {
            "results": [
                {"id": user.get_username(), "text": str(user)} for user in users[:_PAGE_SIZE]
            ],
            "pagination": {"more": len(users) > _PAGE_SIZE},
        }
    )


def _named_like(term: str) -> QuerySet[Any]:
    model = get_user_model()
    names = [model.USERNAME_FIELD, *filter(_has, ("first_name", "last_name"))]
    users = active(model._default_manager.all())
    for word in term.split():
        like = Q()
        for name in names:
            like |= Q(**{f"{name}__icontains": word})
        users = users.filter(like)
    return users.order_by(model.USERNAME_FIELD)


def _has(name: str) -> bool:
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PAGE))
    return min(max(int(text), 1), _LAST_PAGE) if is_number else 1
