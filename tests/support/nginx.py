"""Runs a private nginx for tests in front of one server, on a free port, with its defaults."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.ports import free_port, listens
from tests.support.processes import until

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

STARTUP_S = 60
# Buffering, HTTP/1.0 to the server, and all else is as nginx has it where nobody says anything.
_CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{server_port};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""
_UNDER_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
# Debian puts it where only root looks.
_NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


class Nginx:
    """Started on entering the context."""

    def __init__(self, server_port: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="notifications-nginx-")
        self.port = free_port()
        config = _CONFIG.format(folder=self._folder.name, port=self.port, server_port=server_port)
        self._config = Path(self._folder.name) / "nginx.conf"
        self._config.write_text(config, "utf-8")
        self._process: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        command = [_NGINX, "-p", self._folder.name, "-c", str(self._config)]
        log = f"{self._folder.name}/error.log"
        self._process = subprocess.Popen([*_UNDER_US, *command, "-e", log])

        def is_up() -> bool:
            assert self._process.poll() is None, Path(log).read_text("utf-8")
            return listens(self.port)

        until(is_up, "nginx listens", within_s=STARTUP_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(STARTUP_S)
        self._folder.cleanup()
