"""The channel layer: which ones lose hints or sockets."""

from __future__ import annotations

from typing import Any

from django.core import checks

from notifications.process import extras
from notifications.push.layers import OURS, backends

IN_MEMORY = "channels.layers.InMemoryChannelLayer"
CORE = "channels_redis.core.RedisChannelLayer"
PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"
# From here on, idle receives of the core layer end after 5 seconds.
_REDIS_TOO_NEW = 8


def _each(backend: str, what: str, **warning: str) -> list[checks.CheckMessage]:
    """A warning for each layer of that kind: no layer can lose more than a hint."""
    return [
        checks.Warning(f"CHANNEL_LAYERS[{alias!r}] is {what}", **warning)
        for alias, configured in backends().items()
        if configured == backend
    ]


@checks.register()
def in_memory_layer(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Each of its receives walks over all channels and groups, and what is over 100 is dropped."""
    return _each(
        IN_MEMORY,
        "Channels' in-memory layer, whose cost grows with the square of the open sockets.",
        hint=f"Use {OURS!r}, or set REDIS_URL.",
        id="notifications.W023",
    )


@checks.register()
def core_layer(**_kwargs: Any) -> list[checks.CheckMessage]:
    """It closes every socket when Redis dies."""
    return _each(
        CORE,
        "the core Redis layer: when Redis stops, it closes every socket, and of a burst it drops "
        "what is over its capacity.",
        hint=f"Use {PUBSUB!r}, as REDIS_URL does.",
        id="notifications.W024",
    )


@checks.register()
def core_layer_with_new_redis(**_kwargs: Any) -> list[checks.CheckMessage]:
    """redis-py 8 ends each idle receive of the core layer after 5 seconds (channels_redis#422)."""
    if CORE not in backends().values() or not extras.is_there("redis"):
        return []
    import redis  # noqa: PLC0415 (it takes a sixth of a second, in each command)

    if int(redis.__version__.split(".")[0]) < _REDIS_TOO_NEW:
        return []
    return _each(
        CORE,
        f"the core Redis layer on redis-py {redis.__version__}, which closes every socket that is "
        "idle for 5 seconds.",
        hint=f"Use {PUBSUB!r}, and install 'redis<8' as requirements.txt does.",
        id="notifications.W025",
    )


@checks.register(deploy=True)
def one_redis_layer_for_both(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Subscribing holds a lock of the layer, and publishing waits for it."""
    if backends()["default"] != PUBSUB or "publishing" in backends():
        return []
    return [
        checks.Warning(
            "CHANNEL_LAYERS has a Redis layer and no second one to publish by: sends wait while "
            "sockets subscribe.",
            hint="Add the alias 'publishing' with the same configuration.",
            id="notifications.W002",
        )
    ]
