"""All of a comparison: the server, each transport in turn, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from notifications.management.comparison import files, own_server, table
from notifications.management.comparison.access import Sender
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.measure import TRANSPORTS, Plan, measure
from notifications.management.comparison.progress import Tell
from notifications.management.comparison.results import Result
from notifications.management.comparison.site import Site

LABELS = {name: one.label for name, one in TRANSPORTS.items()}
# Within which a token's life leaves room for all.
_LONGEST_S = 500
_STARTING = "Starting a server"
LEGEND = (
    "",
    "empty: answers with nothing new. conn.: TCP connections. bytes: of both directions.",
    "CPU: of the server, the sending included, which is the same for all.",
    "delay: from the sender's request to the arrival, half of them and 99 of 100 below.",
    "radio/h: how often a phone's radio would wake in an hour; awake: the share of the time for",
    "which it would be, if it sleeps 5 s after the last packet.",
)


@dataclass(frozen=True)
class Asked:
    """What is to be compared, and where."""

    transports: Sequence[str]
    messages: int
    mean_gap_s: float
    interval_s: float
    user_count: int
    # Of a server that runs already: its address, who waits there, and an API key.
    url: str | None = None
    names: Sequence[str] = ()
    key: str = ""

    def parameters(self) -> dict[str, Any]:
        """For a file: all that is no secret."""
        return {
            "users": self.user_count,
            "messages": self.messages,
            "mean_gap_s": self.mean_gap_s,
            "interval_s": self.interval_s,
            "url": self.url,
        }

    def title(self) -> str:
        return (
            f"{self.user_count} users, {self.messages} notifications, one in {self.mean_gap_s:g} s"
            f"; polling every {self.interval_s:g} s"
        )


@dataclass(frozen=True)
class _Server:
    site: Site
    names: Sequence[str]
    key: str
    cpu_s: Callable[[], float | None]


def run(asked: Asked, tell: Tell) -> list[Result]:
    """Each transport in turn. Raises: Failed. KeyboardInterrupt: all has ended, too."""
    plan = Plan.random(asked.user_count, asked.messages, asked.mean_gap_s, asked.interval_s)
    if plan.seconds > _LONGEST_S:
        raise Failed(
            f"Each transport would take {plan.seconds:.0f} s, and {_LONGEST_S} s is the most: send "
            "fewer messages, or with smaller gaps."
        )
    with _server(asked, tell) as server:
        return asyncio.run(_run(asked.transports, plan, server, tell))


@contextmanager
def _server(asked: Asked, tell: Tell) -> Iterator[_Server]:
    if asked.url is not None:
        try:
            site = Site.at(asked.url)
        except ValueError as error:
            raise Failed(f"--url: {error}.") from None
        yield _Server(site, asked.names, asked.key, lambda: None)
        return
    tell(_STARTING, 0)
    with own_server.running(asked.user_count) as own:
        tell(_STARTING, 1)
        yield _Server(own.site, own.users, own.key, partial(own_server.cpu_s, own.pid))


async def _run(transports: Sequence[str], plan: Plan, server: _Server, tell: Tell) -> list[Result]:
    sender = Sender(server.site, server.key)
    try:
        return [
            await measure(
                TRANSPORTS[name],
                plan,
                site=server.site,
                names=server.names,
                sender=sender,
                cpu_s=server.cpu_s,
                tell=partial(tell, LABELS[name]),
            )
            for name in transports
        ]
    finally:
        await sender.close()


def report(asked: Asked, found: Sequence[Result]) -> Iterator[str]:
    """What is said of it, line by line."""
    where = asked.url or "a server of its own"
    yield f"{asked.title()}; {where}; {files.machine()}"
    yield ""
    yield from table.lines(found, LABELS)
    yield from LEGEND
    by_name = {one.transport: one for one in found}
    if (poll := by_name.get("poll")) and (socket := by_name.get("websocket")):
        yield ""
        yield _verdict(poll, socket)


def _verdict(poll: Result, socket: Result) -> str:
    share = poll.bytes_per_user_hour / max(socket.bytes_per_user_hour, 1)
    said = f"Polling moved {share:.1f} times the bytes of WebSocket"
    if poll.delay_median_ms is None or socket.delay_median_ms is None:
        return f"{said}."
    return (
        f"{said}, and was {poll.delay_median_ms - socket.delay_median_ms:,.0f} ms later (median)."
    )


def lost(found: Sequence[Result]) -> str:
    """Which did not bring all, in words; nothing, if all did."""
    counts = ", ".join(f"{count} by {LABELS[name]}" for name, count in table.lost(found))
    return f"Not all arrived: {counts} did not." if counts else ""


def draw(path: Path, asked: Asked, found: Sequence[Result]) -> None:
    """Raises: OSError."""
    from notifications.management.comparison import chart  # noqa: PLC0415 (matplotlib)

    chart.draw(path, found, LABELS, asked.title())
