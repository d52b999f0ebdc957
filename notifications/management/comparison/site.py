"""Where a server is: the address that somebody gave, and what its urls are."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from notifications.wire import places

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    """A server's address. ``root``: the path below which the app's urls are, such as ``/news/``."""

    scheme: str
    host: str
    port: int
    root: str = "/"

    @classmethod
    def at(cls, url: str) -> Site:
        """Raises: ValueError: that is no address of a site."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no address such as https://notify.example")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError(f"{url!r} has more than scheme, host, port and path")
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname, port, f"{parts.path.rstrip('/')}/")

    def api(self, path: str) -> str:
        """The path of something of the API, such as ``inbox/poll``."""
        return f"{self.root}{places.API}{path}"

    @property
    def socket(self) -> str:
        """The path of the inbox's WebSocket."""
        return f"{self.root}{places.SOCKETS}notifications/"

    @property
    def netloc(self) -> str:
        """Host and port, as a header or a URL names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """What a connection is encrypted by, if it is."""
        return ssl.create_default_context() if self.scheme == "https" else None
