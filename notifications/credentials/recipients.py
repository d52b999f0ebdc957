"""Whose inbox a request is about."""

from django.http import HttpRequest


def recipient_id(request: HttpRequest) -> int:
    """The id of the signed-in user; call it where nobody else can come."""
    pk = request.user.pk
    assert isinstance(pk, int)  # noqa: S101 (signed in, and user ids are whole numbers)
    return pk
