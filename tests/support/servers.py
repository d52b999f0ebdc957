"""Server processes on free ports, shared by tests that ask for the same settings."""

from __future__ import annotations

import http.client
import json
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from tests.support.leaks import leaks, no_events
from tests.support.ports import free_port, listens
from tests.support.processes import Child, Processes, Tail, until

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DAPHNE, UVICORN = "daphne", "uvicorn"
_COMMANDS = {
    DAPHNE: lambda port: ("runserver", "--noreload", f"127.0.0.1:{port}"),
    UVICORN: lambda port: ("serve", "--port", str(port)),
}
# What a server without settings of its own is known by: its kind and its number.
_PLAIN = 2
# They serve and do not dispatch: what is sent is dispatched by who sends it, for which its audience
# must fit one chunk. Everyone is whomever the tests before have made.
_SETTINGS = {"NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 10_000}
STARTUP_S = 120
SHUTDOWN_S = 60
# As many characters as Django's own CSRF secrets have.
_CSRF = "csrf" * 8
SESSION_COOKIE = settings.SESSION_COOKIE_NAME
CSRF_COOKIE = settings.CSRF_COOKIE_NAME
# A state, in /proc/net/tcp.
_ESTABLISHED = "01"

# What no server ever logs, and what one logs only where something is wrong around it.
_FAULT = re.compile(r"Traceback| (ERROR|CRITICAL) ")
# Not that: Daphne warns of each 4xx that is answered.
_REFUSAL = r"(?!django\.channels\.server HTTP \S+ \S+ 4\d\d )"
_COMPLAINT = re.compile(rf"Traceback|database is locked| (WARNING|ERROR|CRITICAL) {_REFUSAL}")


@dataclass(frozen=True)
class Answer:
    status: int
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A server process that listens on 127.0.0.1, and HTTP requests to it."""

    def __init__(self, kind: str, child: Child, port: int) -> None:
        self.kind = kind
        self.child = child
        self.port = port
        # Whether what is around it is broken on purpose, so that it may warn.
        self.may_warn = False
        self._new = Tail(child.log)

    def __str__(self) -> str:
        return f"{self.kind}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str = "/ws/notifications/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def get(self, path: str, session: str | None = None) -> Answer:
        return self._request("GET", path, session)

    def call(self, method: str, path: str, bearer: str, body: Any = None, **headers: str) -> Answer:
        """A request with a key or token."""
        sent = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", **headers}
        return self._send(method, path, sent, body)

    def act(self, session: str, op: str, *ids: int | str, **fields: Any) -> dict[str, Any]:
        """Act on an inbox; the server's answer, which must be good."""
        chosen = {"notifications": [str(one) for one in ids]} if ids else {"all": True}
        answer = self._request(
            "POST", "/api/v1/inbox/actions", session, {"op": op, **chosen, **fields}
        )
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.json()
        return found

    def rss_bytes(self) -> int:
        status = Path(f"/proc/{self.child.pid}/status").read_text("utf-8")
        found = re.search(r"^VmRSS:\s*(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found.group(1)) * 1024

    def holds(self, peer_port: int) -> bool:
        """Whether its connection with that port of 127.0.0.1 stands, as the kernel sees it.

        One that the server has left while data waits stands for the client, but not here.
        """
        found = [line.split() for line in Path("/proc/net/tcp").read_text("utf-8").splitlines()]
        ours, theirs = (f"0100007F:{port:04X}" for port in (self.port, peer_port))
        return [ours, theirs, _ESTABLISHED] in [line[1:4] for line in found]

    def new_complaints(self) -> list[str]:
        """Lines about errors, and warnings without a cause, since this was last called."""
        new = self._new.read()
        pattern = _FAULT if self.may_warn else _COMPLAINT
        found = [f"{self}: {new[-4000:]}"] if pattern.search(new) else []
        found += [f"{self} has logged a secret: {line}" for line in leaks(new)]
        return found + [f"{self} has logged no event: {line}" for line in no_events(new)]

    def stop(self) -> int:
        """Send SIGTERM; the exit status, negative where it was the signal's own."""
        return self.child.terminate(SHUTDOWN_S)

    def _request(
        self, method: str, path: str, session: str | None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        headers = {"Content-Type": "application/json", "X-CSRFToken": _CSRF}
        cookies = f"{CSRF_COOKIE}={_CSRF}"
        headers["Cookie"] = f"{cookies}; {SESSION_COOKIE}={session}" if session else cookies
        return self._send(method, path, headers, body)

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STARTUP_S)
        try:
            connection.request(method, path, json.dumps(body) if body else None, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        finally:
            connection.close()


class Servers:
    """Starts each server when it is first asked for; ``stop_all`` ends them."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self._processes = Processes(folder)
        self._settings = _SETTINGS | settings
        self._running: dict[tuple[object, ...], Server] = {}
        self._children: list[Child] = []

    def running(self) -> list[Server]:
        return list(self._running.values())

    def get(self, kind: str, *, replica: int = 0, **settings: object) -> Server:
        """A server with these settings, by their names in the environment.

        Args: replica: servers of different numbers are different processes.
        """
        key = (kind, replica, *sorted(settings.items()))
        if key not in self._running:
            self._running[key] = self.start(kind, **settings)
        return self._running[key]

    def start(self, kind: str, **settings: object) -> Server:
        """Start a server that nobody shares and whoever starts it stops."""
        port = free_port()
        child = self.manage(*_COMMANDS[kind](port), **settings)

        def is_up() -> bool:
            assert child.status is None, child.report()
            return listens(port)

        until(is_up, f"{kind} listens", within_s=STARTUP_S)
        return Server(kind, child, port)

    def manage(self, *arguments: str, **settings: object) -> Child:
        """Start a management command."""
        child = self._processes.manage(*arguments, **self._settings | settings)
        self._children.append(child)
        return child

    def complaints(self) -> list[str]:
        return [line for server in self.running() for line in server.new_complaints()]

    def stop_special(self) -> None:
        """Ask those with settings of their own to end: all that are up look at each commit."""
        special = {key: server for key, server in self._running.items() if len(key) > _PLAIN}
        for key in special:
            del self._running[key]
        _end(special.values())

    def stop_all(self) -> None:
        """Ask all servers to end, which they must; then kill whatever else was started."""
        servers, self._running = self.running(), {}
        try:
            _end(servers)
        finally:
            for child in self._children:
                child.kill()


def _end(servers: Collection[Server]) -> None:
    for server in servers:
        server.child.send(signal.SIGTERM)
    ended = {str(server): server.child.wait(SHUTDOWN_S) for server in servers}
    assert set(ended.values()) <= {0, -signal.SIGTERM}, ended
