"""Runs a private nginx for tests in front of servers, on a free port: with its defaults, or as
`docs/howto/run-in-production.md` has it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.docs import markdown
from tests.support.ports import free_port, listens
from tests.support.processes import until

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

STARTUP_S = 60
_CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""
# Buffering, HTTP/1.0 to the server, and all else is as nginx has it where nobody says anything.
_BY_DEFAULT = """
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{server_port};
            proxy_set_header Host $http_host;
        }}
    }}
"""
# The site at a path of its own. With a slash after the port nginx cuts the path off.
_BELOW = """
    server {{
        listen 127.0.0.1:{port};
        location {prefix}/ {{
            proxy_pass http://127.0.0.1:{server_port}{passed_as};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }}
    }}
"""
_PAGE = markdown.DOCS / "howto" / "run-in-production.md"
# As whom the page has it answer, by https.
SHIPPED_NAME = "notify.example"
# What of the page's is this machine's own; each must be there.
_OURS = {
    r"listen 443 ssl;": "listen 127.0.0.1:{port} ssl;",
    r"listen 80;": "listen 127.0.0.1:{other_port};",
    r"server 127\.0\.0\.1:8001 ": "server 127.0.0.1:{server_port} ",
    r"server 127\.0\.0\.1:8002 ": "server 127.0.0.1:{other_server_port} ",
    r"/etc/ssl/notify\.example": "{folder}/tls",
    r"/srv/notifications/static/": "{static_root}/",
}
_UNDER_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
# Debian puts it where only root looks.
_NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def shipped() -> str:
    """The configuration that the page tells people to write."""
    (block,) = (one for one in markdown.blocks(_PAGE.read_text("utf-8")) if one.language == "nginx")
    return block.text


def _made_ours(site: str, **ours: object) -> str:
    for pattern, replacement in _OURS.items():
        site, count = re.subn(pattern, replacement.format(**ours), site)
        assert count, f"{_PAGE.name} has no {pattern} in its nginx configuration."
    return site


def write_certificate(folder: Path) -> None:
    """Put `tls.crt` and `tls.key`, for the name that the page has, into a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SHIPPED_NAME)])
    now, day = datetime.now(UTC), timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "tls.crt").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.key").write_bytes(private)


class Nginx:
    """Started on entering the context."""

    def __init__(
        self,
        server_port: int,
        site: str | None = None,
        *,
        other_server_port: int | None = None,
        static_root: Path | None = None,
        prefix: str = "",
        cuts: bool = False,
    ) -> None:
        """Args: site: what is ``shipped``, perhaps changed; else nginx's defaults.
        other_server_port: of a second server, where there is one. static_root: what
        ``collectstatic`` has filled, if it has. prefix: the path below which the server is, and
        nothing else is there; cuts: nginx does not pass that on.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="notifications-nginx-")
        folder = Path(self._folder.name)
        self.port = free_port()
        ours = {
            "folder": folder,
            "port": self.port,
            "server_port": server_port,
            "other_server_port": other_server_port or server_port,
            "static_root": static_root or folder,
        }
        if prefix:
            site = _BELOW.format(**ours, prefix=prefix, passed_as="/" if cuts else "")
        elif site is None:
            site = _BY_DEFAULT.format(**ours)
        else:
            site = _made_ours(site, other_port=free_port(), **ours)
            write_certificate(folder)
        self._config = folder / "nginx.conf"
        self._config.write_text(_CONFIG.format(folder=folder, site=site), "utf-8")
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
