"""Whose inbox a request is about."""

from typing import Any

from django.http import HttpRequest


def recipient_id(request: HttpRequest) -> Any:
    """The key of the signed-in user; call it where nobody else can come."""
    pk = request.user.pk
    assert pk is not None  # noqa: S101 (signed in)
    return pk
