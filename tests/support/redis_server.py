"""Runs a private Redis server for tests, on a free port, which keeps nothing on disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgpack
import redis

from tests.support.ports import free_port
from tests.support.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

STARTUP_S = 60
_UNDER_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class RedisServer:
    """Started on entering the context, on the same port again after each ``kill``."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="notifications-redis-")
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = {
            "port": str(self.port), "bind": "127.0.0.1", "dir": self._folder.name,
            "save": "", "appendonly": "no", "logfile": f"{self._folder.name}/log",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([*_UNDER_US, "redis-server", *words])
        until(self._answers, "Redis answers", within_s=STARTUP_S)

    def kill(self) -> None:
        """Send SIGKILL, which works on a stopped process too, and reap it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped: it accepts connections, since the kernel does, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def cut_subscribers(self) -> int:
        """End all connections that subscribe; how many there were."""
        with self._client() as client:
            return int(client.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))

    def subscriptions(self) -> int:
        """How many channels there are that somebody has subscribed to."""
        with self._client() as client:
            return len(client.pubsub_channels())

    def tell_all(self, message: dict[str, object]) -> int:
        """Say something in every channel that somebody listens to; how many heard it."""
        with self._client() as client:
            said = msgpack.packb(message)
            return sum(client.publish(channel, said) for channel in client.pubsub_channels())

    def log(self) -> str:
        return (Path(self._folder.name) / "log").read_text("utf-8")

    def _client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=STARTUP_S)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"Redis ended:\n{self.log()}")
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
