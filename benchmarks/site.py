"""The site that benchmarks measure: its database and Redis, its users, and its servers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.ports import free_port, listens

# As the settings of the servers that are started here have it.
SESSION_COOKIE = "notifications_session"
# Databases, and whether there is a Redis beside them: the ways in which a site can be run.
WAYS = {
    "SQLite": ("sqlite", False),
    "PostgreSQL": ("postgresql", False),
    "PostgreSQL + Redis": ("postgresql", True),
}


@contextmanager
def services(name: str, *, has_redis: bool = True) -> Iterator[dict[str, str]]:
    """What a site has to be there: the environment of its processes.

    Args: name: ``sqlite``, or ``postgresql``. has_redis: beside PostgreSQL.
    """
    with ExitStack() as stack:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFICATIONS_")}
        kept |= {"SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "config.settings"}
        if name == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
            yield {**kept, "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}
            return
        from tests.support import postgresql  # noqa: PLC0415 (it needs psycopg)

        url = postgresql.create_database(
            stack.enter_context(postgresql.private_postgresql()), "benchmark"
        )
        redis_url = stack.enter_context(_redis()) if has_redis else ""
        yield {**kept, "DATABASE_URL": url, "REDIS_URL": redis_url}


@contextmanager
def _redis() -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    with ended(subprocess.Popen(command, stdout=subprocess.DEVNULL)):
        until_listening(port)
        yield f"redis://127.0.0.1:{port}"


def prepared(environment: dict[str, str], users: int) -> list[str]:
    """So many users in an empty database; the key of a session of each."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
    prepare = ["-m", "benchmarks.sender", "--prepare", str(users)]
    told = subprocess.run(
        [sys.executable, *prepare], env=environment, check=True, capture_output=True, text=True
    )
    keys: list[str] = json.loads(told.stdout)
    return keys


def serving(server: str, port: int) -> list[str]:
    """The command that serves there by uvicorn, or by Daphne."""
    serve = (
        ["serve", "--port", str(port)]
        if server == "uvicorn"
        else ["runserver", "--noreload", "-v0", f"127.0.0.1:{port}"]
    )
    return [sys.executable, "manage.py", *serve]


def serving_as_it_comes(server: str, application: str, port: int) -> list[str]:
    """The command that serves an application by uvicorn, or by Daphne, with nothing of ours."""
    options = {
        "uvicorn": ["--port", str(port), "--log-level", "error"],
        "daphne": ["-b", "127.0.0.1", "-p", str(port), "-v", "0"],
    }
    return [sys.executable, "-m", server, *options[server], application]


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Ends the process with the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def until_listening(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if listens(port):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


def counted(port: int) -> dict[str, float]:
    """What ``benchmarks.counted`` has counted in the process that listens there, by name."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=120) as answer:
        lines = answer.read().decode()
    found = re.findall(r"^benchmark_(\w+)_total (\S+)", lines, re.MULTILINE)
    return {name: float(figure) for name, figure in found}
