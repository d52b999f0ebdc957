"""A TCP proxy between a browser and a server, which does to them what networks do."""

from __future__ import annotations

import contextlib
import enum
import re
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.processes import until

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_CHUNK_BYTES = 65536
# Browsers do not pipeline: a request begins what they send.
_REQUEST = re.compile(rb"^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S+) HTTP/1\.1\r\n")
_REFUSAL = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n"
    b"X-Refused-By: proxy\r\n\r\n"
)
# SO_LINGER of zero seconds: closing sends RST.
_LINGER_NOT = struct.pack("ii", 1, 0)


class Fault(enum.Enum):
    """What happens to connections whose request is for a path."""

    REFUSE = "the request is answered with 403"
    RESET = "the connection is reset"
    BLACK_HOLE = "nothing gets through, either way"
    SWALLOW = "the head of the response gets through, and nothing after it"
    BUFFER = "the response gets through once it is complete"
    DELAY = "everything gets through later, and in its order"


@dataclass(frozen=True)
class Tally:
    """What went over some connections."""

    connections: int
    requests: int
    bytes_up: int
    bytes_down: int


class Proxy:
    """Listens on a port of 127.0.0.1, and passes everything to another one, but for the faults."""

    def __init__(
        self,
        target_port: int,
        *,
        listener: socket.socket | None = None,
        delay_s: float = 0.25,
    ) -> None:
        """Args: listener: instead of a port of 127.0.0.1. delay_s: by the fault ``DELAY``."""
        self.delay_s = delay_s
        self._target_port = target_port
        self._faults: dict[str, Fault] = {}
        self._links: set[_Link] = set()
        # Those that have ended too.
        self._all: list[_Link] = []
        self._seen: list[str] = []
        # Bytes by the path that they are about, to the server and from it.
        self._passed: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not close alone: a thread that is in accept would hold it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def fault(self, prefix: str, fault: Fault | None) -> None:
        """Begin a fault for paths with that prefix, also on what is open; None ends it."""
        with self._lock:
            if fault is None:
                self._faults.pop(prefix, None)
            else:
                self._faults[prefix] = fault

    def cut(self, prefix: str = "/") -> None:
        """Reset what is open."""
        for link in self._links_to(prefix):
            link.reset()

    def silence(self) -> int:
        """Let nothing through any more on what is open, in neither direction; how many these are.

        What is opened afterwards works.
        """
        links = self._links_to("")
        for link in links:
            link.is_silent = True
        return len(links)

    def clients(self) -> list[int]:
        """The ports that what is open comes from."""
        return [link.client_port for link in self._links_to("")]

    def open_count(self, prefix: str) -> int:
        """How many connections are open whose last request was for such a path."""
        return len(self._links_to(prefix))

    def request_count(self, prefix: str) -> int:
        """How many requests for such paths there were."""
        with self._lock:
            return sum(path.startswith(prefix) for path in self._seen)

    def bytes_of(self, prefix: str) -> tuple[int, int]:
        """What has passed for requests of such paths: to the server, and from it."""
        with self._lock:
            found = [count for path, count in self._passed.items() if path.startswith(prefix)]
        return sum(up for up, _ in found), sum(down for _, down in found)

    def passed(self, path: str, up: int, down: int) -> None:
        with self._lock:
            before = self._passed.get(path, (0, 0))
            self._passed[path] = before[0] + up, before[1] + down

    def tally(self, prefix: str) -> Tally:
        """What went over the connections whose first request was for such a path."""
        with self._lock:
            found = [link for link in self._all if link.first_path.startswith(prefix)]
        return Tally(
            len(found),
            sum(link.request_count for link in found),
            sum(link.bytes_up for link in found),
            sum(link.bytes_down for link in found),
        )

    def until_open(self, prefix: str, count: int) -> None:
        until(
            lambda: self.open_count(prefix) == count,
            f"{count} connections to {prefix} are open, not {self.open_count(prefix)}",
        )

    def fault_of(self, path: str) -> Fault | None:
        with self._lock:
            found = [fault for prefix, fault in self._faults.items() if path.startswith(prefix)]
        return found[0] if found else None

    def requested(self, path: str) -> None:
        with self._lock:
            self._seen.append(path)

    def ended(self, link: _Link) -> None:
        with self._lock:
            self._links.discard(link)

    def _links_to(self, prefix: str) -> list[_Link]:
        with self._lock:
            return [link for link in self._links if link.path.startswith(prefix)]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                client.close()
                continue
            link = _Link(self, client, server)
            with self._lock:
                self._links.add(link)
                self._all.append(link)
            link.start()


class _Link:
    """One connection of the browser's, and ours to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._held = b""
        self._has_head = False
        self._is_reset = False
        self._has_ended = threading.Event()
        self.path = self.first_path = ""
        self.request_count = self.bytes_up = self.bytes_down = 0
        self.is_silent = False
        self.client_port: int = client.getpeername()[1]

    def start(self) -> None:
        threading.Thread(target=self._pump_up, daemon=True).start()
        threading.Thread(target=self._pump_down, daemon=True).start()

    def reset(self) -> None:
        self._is_reset = True
        with contextlib.suppress(OSError):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self._client.shutdown(socket.SHUT_RD)
        self._end()

    def _pump_up(self) -> None:
        """From the browser to the server."""
        try:
            while data := self._client.recv(_CHUNK_BYTES):
                self.bytes_up += len(data)
                if match := _REQUEST.match(data):
                    self.path = match.group(1).decode()
                    self.first_path = self.first_path or self.path
                    self.request_count += 1
                    self._has_head = False
                    self._proxy.requested(self.path)
                self._delay()
                match self._fault():
                    case Fault.REFUSE:
                        self._client.sendall(_REFUSAL)
                        return None
                    case Fault.RESET:
                        return self.reset()
                    case Fault.BLACK_HOLE:
                        continue
                self._server.sendall(data)
                self._proxy.passed(self.path, len(data), 0)
        except OSError:
            pass
        finally:
            self._end()

    def _pump_down(self) -> None:
        """From the server to the browser."""
        try:
            while data := self._server.recv(_CHUNK_BYTES):
                self.bytes_down += len(data)
                self._delay()
                let_through = self._let_through(data)
                self._client.sendall(let_through)
                self._proxy.passed(self.path, 0, len(let_through))
            self._client.sendall(self._held)
        except OSError:
            pass
        finally:
            self._end()

    def _fault(self) -> Fault | None:
        return Fault.BLACK_HOLE if self.is_silent else self._proxy.fault_of(self.path)

    def _delay(self) -> None:
        # We hold one chunk meanwhile. What comes after it stays with the kernel and waits together,
        # so whoever sends faster than that is held back, as by a thin line.
        if self._proxy.fault_of(self.path) is Fault.DELAY:
            self._has_ended.wait(self._proxy.delay_s)

    def _let_through(self, data: bytes) -> bytes:
        fault = self._fault()
        if fault is Fault.BLACK_HOLE:
            return b""
        if fault is Fault.BUFFER:
            self._held += data
            return b""
        if fault is Fault.SWALLOW:
            head, separator, _ = (b"", b"", b"") if self._has_head else data.partition(b"\r\n\r\n")
            self._has_head = self._has_head or bool(separator)
            return head + separator
        return data

    def _end(self) -> None:
        self._has_ended.set()
        for end in (self._client, self._server):
            # A shutdown would say goodbye; the reader was woken in another way.
            if not (self._is_reset and end is self._client):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._proxy.ended(self)
