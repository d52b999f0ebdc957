"""One user who polls and has a WebSocket open, while somebody records it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from notifications.management.comparison import own_server, recording
from notifications.management.comparison.access import Sender
from notifications.management.comparison.clients import ConditionalPolling, Pass
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.own_server import Own
from notifications.management.comparison.web_socket import RECEIPT_S, WebSocket

# Soon enough that a short recording has some.
_PING_INTERVAL_S = 1.0
_READY_S = 20.0


@dataclass(frozen=True)
class Captured:
    port: int
    upgrades: int
    polls: int
    # That were sent meanwhile.
    notifications: int


def run(path: Path, polls: int, interval_s: float) -> Captured:
    """Record it. Raises: Failed: it could not be, or not all of it is in the file."""
    with own_server.running(1, ping_interval_s=_PING_INTERVAL_S) as own:
        who = asyncio.run(_enter(own))
        with recording.of_port(own.site.port, path):
            sent = asyncio.run(_talk(own, who, polls, interval_s))
    upgrades, found = recording.counts(path, recording.UPGRADE, recording.POLL)
    if (upgrades, found) != (1, polls):
        raise Failed(
            f"{path} has {upgrades} upgrades and {found} polls, where 1 and {polls} were made: the "
            "machine was too busy to record all."
        )
    return Captured(own.site.port, upgrades, found, sent)


async def _enter(own: Own) -> Pass:
    sender = Sender(own.site, own.key)
    try:
        return await sender.enter(own.users[0], 0)
    finally:
        await sender.close()


async def _talk(own: Own, who: Pass, polls: int, interval_s: float) -> int:
    """Poll that often, and send something before each second poll; how much was sent."""
    sender, sent = Sender(own.site, own.key), 0
    poller = ConditionalPolling(own.site, who, lambda _: None, interval_s=interval_s, phase=0)
    socket = WebSocket(own.site, who, lambda _: None, interval_s=interval_s, phase=0)
    open_socket = asyncio.create_task(socket.run())
    try:
        await _until_ready(socket)
        for number in range(polls):
            if number % 2:
                await sender.send("Your order has been shipped", who.name)
                sent += 1
            await poller.poll()
            await asyncio.sleep(interval_s)
        # Until the client has said what it holds, too.
        await asyncio.sleep(RECEIPT_S)
    finally:
        open_socket.cancel()
        await asyncio.gather(open_socket, poller.close(), sender.close(), return_exceptions=True)
    return sent


async def _until_ready(socket: WebSocket) -> None:
    try:
        async with asyncio.timeout(_READY_S):
            await socket.ready.wait()
    except TimeoutError:
        raise Failed(f"There is no WebSocket within {_READY_S:.0f} s.") from None
