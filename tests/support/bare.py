"""A TCP connection whose every byte the test chooses: what no client of good will would send."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

# Far more than anything here takes, so that a slow machine is not a failure.
PATIENCE_S = 60
CONTINUES, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
# An extension's bit, which nobody agreed upon.
RSV1 = 0x40
_SHORT = 125


def frame(opcode: int, payload: bytes = b"", *, ends: bool = True, reserved: int = 0) -> bytes:
    """A frame under a mask of zeros (RFC 6455, section 5.2), of at most 125 bytes."""
    assert len(payload) <= _SHORT
    return bytes((ends << 7 | reserved | opcode, 0x80 | len(payload))) + b"\0\0\0\0" + payload


def opcodes_in(sent: bytes) -> list[int]:
    """Of the frames that a server has sent, which masks none."""
    found = []
    while sent:
        length, head = sent[1], 2
        if length > _SHORT:
            head = 4 if length == _SHORT + 1 else 10
            length = int.from_bytes(sent[2:head], "big")
        found.append(sent[0] & 0x0F)
        sent = sent[head + length :]
    return found


class Bare:
    """Connects on entering the context, and vanishes on leaving it."""

    def __init__(self, port: int, *, tls: bool = False, own_address: str = "127.0.0.1") -> None:
        """Args: own_address: of this machine; where the connection comes from. tls: to whoever
        answers, by whatever certificate.
        """
        self._port = port
        self._tls = tls
        self._own_address = own_address
        self._socket: socket.socket

    def __enter__(self) -> Self:
        address = ("127.0.0.1", self._port)
        opened = socket.create_connection(address, PATIENCE_S, (self._own_address, 0))
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            opened = context.wrap_socket(opened)
        self._socket = opened
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Whether it could be sent: else the other side has ended the connection."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return False
        return True

    def request(
        self, path: str, headers: Iterable[tuple[str, str]] = (), *, method: str = "GET"
    ) -> None:
        """Send the head of a request, with a Host of its own where none is among the headers."""
        headers = list(headers)
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", f"127.0.0.1:{self._port}"))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        assert self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def head(self) -> str:
        """Status and headers of the answer, byte for byte: what follows is left to be read."""
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            byte = self._socket.recv(1)
            assert byte, f"It ended after {found!r}"
            found += byte
        return found.decode("latin-1")

    def open_websocket(self, path: str, headers: Iterable[tuple[str, str]] = ()) -> str:
        """Shake hands; the head of the answer."""
        self.ask_for_websocket(path, headers)
        return self.head()

    def ask_for_websocket(self, path: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Begin to shake hands."""
        asked = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        self.request(path, [*asked.items(), *headers])

    def has_ended(self, within_s: float) -> bool:
        """Whether the other side ends the connection by then; what comes is thrown away."""
        try:
            self.rest(within_s)
        except TimeoutError:
            return False
        return True

    def rest(self, within_s: float = PATIENCE_S) -> bytes:
        """All that comes until the other side ends the connection.

        Raises: TimeoutError: it does not.
        """
        deadline, found = time.monotonic() + within_s, b""
        while True:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                part = self._socket.recv(65536)
            except ConnectionError:
                return found
            if not part:
                return found
            found += part
