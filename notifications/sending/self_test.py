"""A notification that people send to themselves, to see that one comes and how."""

from __future__ import annotations

import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.models import Notification, audiences
from notifications.sending import acts
from notifications.sending.acts import IdempotencyKey, Sent
from notifications.wire.message import Message

# One test in so many seconds: whoever presses again gets no second one.
EVERY_S = 10
# What whoever did is told.
TOO_SOON = gettext_lazy("A test was sent just now. Wait a few seconds.")


def send(user: Any, inbox_id: int) -> Sent:
    """Send one to the user whose inbox this is; not ``created`` where one was sent just now."""
    message = Message(_("This is a test"), body=_("So you are told of a notification."), sender="")
    audience = audiences.ChosenUsers([user.pk], user.get_username()[:200])
    key = IdempotencyKey(_scope(inbox_id), str(int(time.time()) // EVERY_S))
    return acts.send(message, audience=audience, idempotency=key)


def sent(inbox_id: int, pk: int) -> Notification | None:
    """A test of that inbox; None: it is none, or somebody else's."""
    return Notification.objects.filter(pk=pk, idempotency_scope=_scope(inbox_id)).first()


def _scope(inbox_id: int) -> str:
    return f"test:{inbox_id}"
