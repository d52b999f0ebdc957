"""The project's users, of whom the app asks for no more than any user model has."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models


def user_classes() -> list[type[models.Model]]:
    """The user model, with its proxies and what extends it: signals name the class that is used."""
    user = get_user_model()
    return [model for model in apps.get_models() if issubclass(model, user)]
