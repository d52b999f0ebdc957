"""Wires the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who you are: users, their sessions, signing in and out."""

    name = "accounts"
