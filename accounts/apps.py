"""Wires the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who you are: users, their sessions, signing in and out."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the receivers, register the checks."""
        # Models can be imported only now.
        from accounts import checks, devices, groups, sign_in_cookie  # noqa: F401, PLC0415

        groups.connect()
