"""The project's users, of whom the app asks for no more than any user model has."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import FieldDoesNotExist
from django.db import models


def user_classes() -> list[type[models.Model]]:
    """The user model, with its proxies and what extends it: signals name the class that is used."""
    user = get_user_model()
    return [model for model in apps.get_models() if issubclass(model, user)]


def active(users: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of the users who are active.

    Where that is no column, everybody who is there: the database cannot be asked. Who may not sign
    in does not see it, either.
    """
    return users.filter(is_active=True) if _has_column("is_active") else users


def _has_column(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.concrete_fields)


def field_of_groups() -> Any:
    """The relation from users to groups; None: the project's user model has none."""
    try:
        field = get_user_model()._meta.get_field("groups")
    except FieldDoesNotExist:
        return None
    return field if field.many_to_many and field.related_model is Group else None
