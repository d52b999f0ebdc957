"""What other apps call, as ``notifications.send`` and ``notifications.asend``."""

from __future__ import annotations

from typing import Final, Unpack

from asgiref.sync import sync_to_async

from notifications.models import audiences
from notifications.models.audiences import To
from notifications.sending import acts
from notifications.sending.acts import IdempotencyKey, Sent
from notifications.wire.message import Content, Message

# `to=` of every active user.
everyone: Final = audiences.Everyone()

# Keys of Django code, apart from those of the command, the API keys and the admin's users.
_SCOPE = "code"


def send(title: str, *, to: To, key: str | None = None, **said: Unpack[Content]) -> Sent:
    """Accept a notification: once the transaction commits, every recipient gets it exactly once.

    Args: to: a user, several users, a group, several groups, or ``everyone``. key: the same key
        and the same request send once, however often this is called. said: what a
        ``Message`` takes besides its title.
    Raises: TypeError: ``to`` is none of these. ValueError: it holds nobody, or too many. Else as
        ``sending.send``.
    """
    idempotency = None if key is None else IdempotencyKey(_SCOPE, key)
    message = Message(title, **said)
    return acts.send(message, audience=audiences.to(to), idempotency=idempotency)


async def asend(title: str, *, to: To, key: str | None = None, **said: Unpack[Content]) -> Sent:
    """``send`` for async code: when this has returned, it is committed (see ``sending.asend``)."""
    # All of it in the thread: `to` may be a queryset, which is read there.
    return await sync_to_async(send, thread_sensitive=True)(title, to=to, key=key, **said)
