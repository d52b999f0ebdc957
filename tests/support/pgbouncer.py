"""A PgBouncer before the tests' PostgreSQL, on a port and in a folder of its own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.ports import free_port, listens
from tests.support.postgresql import server_user
from tests.support.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIGURATION = """
[databases]
* = host={host} port={there} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {here}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
logfile = {folder}/log
"""


@contextlib.contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """The URL of the same database by way of it, which lends its connections by transaction."""
    parts = urlsplit(url)
    here = free_port()
    with tempfile.TemporaryDirectory(prefix="notifications-pgbouncer-") as name:
        folder, user = Path(name), server_user()
        if user:  # it refuses to run as root
            shutil.chown(folder, user)
        text = _CONFIGURATION.format(
            host=parts.hostname, there=parts.port, user=parts.username, here=here, folder=folder
        )
        (folder / "ini").write_text(text, "utf-8")
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        with subprocess.Popen(
            [program, "-q", folder / "ini"],
            cwd=folder, user=user, group=user, extra_groups=[] if user else None,
        ) as process:  # fmt: skip
            try:
                until(lambda: listens(here) or process.poll() is not None, "PgBouncer listens")
                yield url.replace(f":{parts.port}/", f":{here}/")
            finally:
                process.terminate()
