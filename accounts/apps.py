"""Wires the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who you are: users, their sessions, signing in and out."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the receivers, register the checks."""
        from accounts import checks, devices  # noqa: F401, PLC0415 (models can be imported only now)
