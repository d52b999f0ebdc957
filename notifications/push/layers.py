"""The channel layers by which hints travel: the project's, else one of this process alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from channels.layers import InMemoryChannelLayer, channel_layers
from django.conf import settings

from notifications.push.memory_layer import MemoryLayer

OURS = f"{MemoryLayer.__module__}.{MemoryLayer.__qualname__}"


def backends() -> dict[str, str]:
    """The layers that there are: the path of the class of each, by its alias."""
    named = {alias: layer["BACKEND"] for alias, layer in _configured().items()}
    return {"default": OURS} | named


def receiving() -> Any:
    """The layer that hints come by."""
    return channel_layers["default"] if "default" in _configured() else _own()


def publishing() -> Any:
    """The layer that takes hints."""
    # An alias of its own: on Redis, publishing and subscribing would wait for one lock.
    return channel_layers["publishing"] if "publishing" in _configured() else receiving()


def joins_processes() -> bool:
    """Whether what one process publishes reaches the others."""
    return not isinstance(publishing(), InMemoryChannelLayer)


def _configured() -> dict[str, dict[str, Any]]:
    layers: dict[str, dict[str, Any]] = getattr(settings, "CHANNEL_LAYERS", {})
    return layers


@cache
def _own() -> MemoryLayer:
    # A project that has no layer may have no use for one, so Channels is not told of it.
    return MemoryLayer()
