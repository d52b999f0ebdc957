"""The channel layers by which hints travel: the project's, else one of this process alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from channels.layers import channel_layers
from django.conf import settings

from notifications.push.memory_layer import MemoryLayer

OURS = f"{MemoryLayer.__module__}.{MemoryLayer.__qualname__}"


def backends() -> dict[str, str]:
    """The layers that there are: the path of the class of each, by its alias."""
    configured: dict[str, dict[str, Any]] = getattr(settings, "CHANNEL_LAYERS", {})
    return {"default": OURS} | {alias: layer["BACKEND"] for alias, layer in configured.items()}


def receiving() -> Any:
    """The layer that hints come by."""
    return _layer("default")


def publishing() -> Any:
    """The layer that takes hints."""
    # An alias of its own: on Redis, publishing and subscribing would wait for one lock.
    return _layer("publishing" if "publishing" in backends() else "default")


def _layer(alias: str) -> Any:
    is_configured = alias in getattr(settings, "CHANNEL_LAYERS", {})
    return channel_layers[alias] if is_configured else _own()


@cache
def _own() -> MemoryLayer:
    # A project that has no layer may have no use for one, so Channels is not told of it.
    return MemoryLayer()
