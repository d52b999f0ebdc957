"""What other apps call, as ``notifications.send`` and ``notifications.asend``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias, Unpack, cast

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.db.models import Model

from notifications.models import audiences
from notifications.models.audience import Audience
from notifications.models.door import CODE, Through
from notifications.sending import acts
from notifications.sending.acts import IdempotencyKey, Sent
from notifications.wire.message import Content, Message

# `to=` of every active user.
everyone: Final = audiences.Everyone()

# Keys of Django code, apart from those of the command, the API keys and the admin's users.
_SCOPE = "code"


# What code has in its hands, and an audience is made of.
To: TypeAlias = Audience | AbstractBaseUser | Group | Iterable[AbstractBaseUser] | Iterable[Group]


def send(title: str, *, to: To, key: str | None = None, **content: Unpack[Content]) -> Sent:
    """Accept a notification: once the transaction commits, every recipient gets it exactly once.

    Args: to: a user, several users, a group, several groups, or ``everyone``. key: the same key
        and the same request send once, however often this is called. said: what a
        ``Message`` takes besides its title.
    Raises: TypeError: ``to`` is none of these. ValueError: it holds nobody, or too many. Else as
        ``sending.send``.
    """
    return send_through(CODE, title, to=to, key=key, **content)


def send_through(
    through: Through, title: str, *, to: To, key: str | None = None, **content: Unpack[Content]
) -> Sent:
    """``send``, where it is not the code itself that calls it."""
    idempotency = None if key is None else IdempotencyKey(_SCOPE, key)
    message = Message(title, **content)
    return acts.send(message, audience=audience_of(to), idempotency=idempotency, through=through)


async def asend(title: str, *, to: To, key: str | None = None, **content: Unpack[Content]) -> Sent:
    """``send`` for async code: when this has returned, it is committed (see ``sending.asend``)."""
    # All of it in the thread: `to` may be a queryset, which is read there.
    return await sync_to_async(send, thread_sensitive=True)(title, to=to, key=key, **content)


def audience_of(whom: To) -> Audience:
    """The audience of a user, several users, a group, several groups, or an audience as it is.

    Raises: TypeError: it is none of these. ValueError: it is empty, not saved yet, or more users
        than can be named.
    """
    if isinstance(whom, Audience):
        return whom
    # A row first: request.user, which is one, has every method of an iterable.
    single = isinstance(whom, Model) or not isinstance(whom, Iterable)
    chosen: list[object] = [whom] if single else list(cast(Iterable[object], whom))
    if not chosen:
        raise ValueError("Name at least one user or group to send to.")
    if any(isinstance(row, Model) and row.pk is None for row in chosen):
        raise ValueError("Save users and groups before sending to them.")
    groups = [row for row in chosen if isinstance(row, Group)]
    if len(groups) == len(chosen):
        return audiences.Groups.of_rows(groups)
    users = [row for row in chosen if isinstance(row, get_user_model())]
    if len(users) < len(chosen):
        odd = next(row for row in chosen if row not in users)
        raise TypeError(
            f"to= takes a user, users, a group, groups or notifications.everyone, not {odd!r}. "
            "Names go through audiences.ChosenUsers.named([...]) or audiences.Groups.named([...])."
        )
    return audiences.ChosenUsers.of_rows(users)
