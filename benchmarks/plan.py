"""Which benchmarks there are, in which order, what each is told, and how long it may take.

In the order in which they are missed the most, should there be no time for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A run of one.

    Args:
    name: of the module.
    about: what it is to show, in a line or two.
    limit_s: for that long it may run.
    variant: which of several runs of the same module.
    """

    name: str
    about: str
    limit_s: float
    arguments: Sequence[str] = ()
    variant: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.variant}" if self.variant else self.name


_FAN_OUT = "One message to every socket, beside nginx's nchan and others"
# What takes long for a single figure.
_THRICE = ("--rounds", "3")
_FEW = ("--runs", "10", "--naive-runs", "1")
# Two servers, and three: their client may have 20,000 files open.
_TWO = ("--only", "nchan", "--only", "hub, uvicorn")
_THREE = (*_TWO, "--only", "hub, Daphne")

PLAN = (
    Step("fanout", _FAN_OUT, 150, ("--sockets", "1000"), "1000"),
    Step("everyone", "A notification to everyone that another process commits", 130),
    Step("push", "From a commit in another process to the frame of one user", 180),
    Step("storm", "All clients of a killed process come back at once", 180),
    Step("handshakes", "Handshakes with login, and the memory of a socket", 80),
    Step("idle", "10,000 sockets that have nothing to do", 150, ("--seconds", "10")),
    Step("fanout", _FAN_OUT, 110, ("--sockets", "5000", *_THREE), "5000"),
    Step("dispatch", "A notification to 100,000 people", 220, ("--rounds", "2")),
    Step("sends", "Sends by the API of one process, and by the command", 120),
    Step("browser", "What a page costs a browser, and when a toast shows", 130),
    Step("growth", "How the cost grows with 2, 4 and 8 times as much", 240),
    Step("depth", "A dispatch to inboxes that hold much already", 120),
    Step("dashboard", "What the live dashboard costs a server", 30),
    Step("start_up", "How long a command takes to start", 30),
    Step("parts", "Single parts of the way from a commit to a socket", 60),
    Step("cores", "What each of several processes does for the same sends", 120, _THRICE),
    Step("transports", "The same stream by polling, long poll, SSE and WebSocket", 100, _THRICE),
    Step("search", "A page of a search in 100,000 items", 150, _FEW),
    Step("fanout", _FAN_OUT, 110, ("--sockets", "9900", *_THRICE, *_TWO), "9900"),
    Step("listen", "PostgreSQL alone: what NOTIFY brings and takes", 100, _THRICE),
)
# What --long asks for instead.
LONG = {
    "storm": ("--rounds", "5"),
    "idle": ("--only", "uvicorn", "--only", "Daphne"),
    "dispatch": ("--recipients", "1000000", "--rounds", "5"),
    "cores": ("--processes", "1", "2", "4", "8", "16"),
    "transports": ("--interval", "5", "--messages", "15", "--mean-gap", "2"),
    "search": ("--runs", "20"),
    "listen": ("--seconds", "5"),
}
