import pytest
from channels.layers import channel_layers

from notifications.models import Notification, audiences
from notifications.push.memory_layer import MemoryLayer
from notifications.sending import acts
from notifications.wire.message import Message


@pytest.fixture
def layer():
    """A layer in memory that nothing else uses."""
    layer = MemoryLayer()
    before = channel_layers.backends.get("default")
    channel_layers.set("default", layer)
    yield layer
    channel_layers.backends.pop("default", None)
    if before is not None:
        channel_layers.set("default", before)


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    """Send to users by object, and let the commit's consequences happen, as outside a test."""

    def act(title="Hello", to=(), *, audience=None, idempotency=None, **fields):
        audience = audience or audiences.ChosenUsers([user.pk for user in to], "chosen")
        with django_capture_on_commit_callbacks(execute=True):
            sent = acts.send(Message(title, **fields), audience=audience, idempotency=idempotency)
        return Notification.objects.get(pk=sent.notification.pk)

    return act


@pytest.fixture
def withdraw(django_capture_on_commit_callbacks):
    def act(notification):
        with django_capture_on_commit_callbacks(execute=True):
            return acts.withdraw(notification.pk)

    return act
