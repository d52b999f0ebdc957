"""A shell of its own for what a page tells people to type: as on a machine where nothing runs.

Its network is its own too, with a loopback alone, so that every port which a page names is free and
nothing else hears of it. Needs root, or a kernel that gives users namespaces.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

PATIENCE_S = 180
_NETWORK = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
# All that it starts ends with it.
_ALONE = [*_NETWORK, "--pid", "--fork", "--kill-child", "--mount-proc"]


class Failed(Exception):
    """A command ended with another status than 0; what it said."""


class Terminal:
    """Started on entering the context. Its words go in by ``run``, one after the other."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self._environment = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            **environment,
        }
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process: subprocess.Popen[str]
        self._reader: threading.Thread

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*_ALONE, "bash", "--noprofile", "--norc"],
            cwd=self.home,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        # Each job a group of its own, which Ctrl-C reaches, as at a terminal.
        self.run("set -m; ip link set lo up")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    @property
    def pid(self) -> int:
        """Of a process in its network."""
        return self._process.pid

    def run(self, text: str, within_s: float = PATIENCE_S) -> str:
        """Type this, and return what comes of it.

        Raises: Failed: its last command did, or it has not ended in time.
        """
        end = uuid.uuid4().hex
        self._type(f"{text.rstrip()}\necho {end} $?\n")
        said: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=within_s)
            except queue.Empty:
                raise Failed(f"{text}\nhas not ended:\n{''.join(said)}") from None
            if line is None:
                raise Failed(f"{text}\nended the shell:\n{''.join(said)}")
            before, is_end, status = line.partition(end)
            said.append(before)
            if is_end:
                break
        if int(status) != 0:
            raise Failed(f"{text}\nended with {status.strip()}:\n{''.join(said)}")
        return "".join(said)

    def start(self, text: str, log: Path) -> str:
        """Type this in another window of the same folder; its process id."""
        return self.run(f"{{ {text.rstrip()}; }} >>{log} 2>&1 </dev/null &\necho $!").strip()

    def wait_for(self, url: str) -> None:
        """Return once this is answered."""
        self.run(f"until curl --silent --fail --output /dev/null {url}; do sleep 0.2; done")

    def _type(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)
