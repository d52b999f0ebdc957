"""As much of systemd as `docs/howto/run-in-production.md` asks of it."""

from __future__ import annotations

import configparser
import os
import shlex
import socket
import sys
from typing import TYPE_CHECKING

from tests.docs import markdown
from tests.support.processes import REPOSITORY, Child

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

# Far more than anything here takes, so that a slow machine is not a failure.
STARTUP_S = 120
PAGE = (markdown.DOCS / "howto" / "run-in-production.md").read_text("utf-8")
# What the page's machine has, and stands elsewhere here.
_APP = "/srv/notifications/app/"
_PYTHON = f"{_APP}.venv/bin/python"
# ProtectSystem=strict: all is read-only but for one folder.
_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind / && exec "$@"'
_OWN_MOUNTS = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def shell_lines(heading: str, program: str) -> list[str]:
    """What the page has its reader type there, as far as it begins with this program."""
    found = markdown.blocks(markdown.section(PAGE, heading))
    lines = "\n".join(one.text for one in found if one.language == "sh").splitlines()
    return [line for line in lines if line.split()[:1] == [program]]


def services() -> tuple[dict[str, str], dict[str, str]]:
    """The sections [Service] of the server's unit and of the dispatcher's."""
    server, dispatcher = (
        _service(one.text)
        for one in markdown.blocks(PAGE)
        if one.language == "ini" and "[Service]" in one.text
    )
    return server, server | dispatcher


def _service(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"])


class Units:
    """Runs them, with ports of ours; leaving the context kills what still runs."""

    def __init__(
        self, folder: Path, ports: Mapping[str, int], state: Path, environment: Mapping[str, str]
    ) -> None:
        """Args: ports: ours, by those of the page. state: the folder that may be written.
        environment: in place of the page's file.
        """
        self._folder, self._ports, self._state = folder, ports, state
        self._environment = {**os.environ, **environment}
        self.running: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self.running.values():
            child.kill()

    def systemctl(self, line: str) -> None:
        """Do what such a line says, and return when systemctl would."""
        words = [one for one in shlex.split(line)[1:] if one != "--now"]
        act = {"enable": self._start, "restart": self._restart}[words[0]]
        for name in words[1:]:
            act(name)

    def _restart(self, name: str) -> None:
        status = self.running[name].terminate(float(self._of(name)["TimeoutStopSec"]))
        assert status == 0, self.running[name].report()
        self.running[name].kill()
        self._start(name)

    def _start(self, name: str) -> None:
        service = self._of(name)
        assert service["ExecStart"].startswith(f"{_PYTHON} ")
        assert f"{service['WorkingDirectory']}/" == _APP
        command = service["ExecStart"].replace("%i", str(self._ports.get(_instance(name))))
        words = [sys.executable, *command.split()[1:]]
        if service["ProtectSystem"] == "strict":
            state = self._state if "StateDirectory" in service else REPOSITORY / "tests"
            words = [*_OWN_MOUNTS, "sh", "-c", _READ_ONLY, str(state), *words]
        if service["Type"] == "notify":
            self._start_and_wait(name, words)
        else:
            self._run(name, words)

    def _start_and_wait(self, name: str, words: list[str]) -> None:
        path = self._folder / f"{len(self.running)}.notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(str(path))
            told.settimeout(STARTUP_S)
            child = self._run(name, words, NOTIFY_SOCKET=str(path))
            try:
                assert told.recv(100) == b"READY=1"
            except TimeoutError:
                raise AssertionError(child.report()) from None

    def _run(self, name: str, words: list[str], **environment: str) -> Child:
        log = self._folder / f"{name}.log"
        child = Child.of_command(words, log, self._environment | environment)
        self.running[name] = child
        return child

    def _of(self, name: str) -> dict[str, str]:
        server, dispatcher = services()
        return server if _instance(name) else dispatcher


def _instance(name: str) -> str:
    return name.partition("@")[2]
