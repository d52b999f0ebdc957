"""The private PostgreSQL server of the tests itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.ports import listens
from tests.support.postgresql import complaints, create_database, private_postgresql

REPOSITORY = Path(__file__).parents[2]


def is_open(url: str) -> bool:
    port = urlsplit(url).port
    assert port is not None
    return listens(port)


def test_it_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    log = tmp_path / "log"

    with private_postgresql(log) as url:
        with psycopg.connect(create_database(url, "inbox")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"{url}-of-nobody")

    assert not is_open(url)
    assert any("postgres-of-nobody" in line for line in complaints(log))


def test_it_is_gone_after_an_error() -> None:
    seen = []

    def fail() -> None:
        with private_postgresql() as url:
            seen.append(url)
            assert is_open(url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_open(seen[0])


def test_sigterm_stops_it_and_its_command() -> None:
    command = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgresql", "--", sys.executable, "-c", command],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as wrapper:
        assert wrapper.stdout is not None
        url = wrapper.stdout.readline().strip()
        assert is_open(url)
        os.kill(wrapper.pid, signal.SIGTERM)
        # Ends only after the command has closed it too.
        assert wrapper.stdout.read() == ""

    assert wrapper.returncode == 128 + signal.SIGTERM
    assert not is_open(url)


def test_the_command_exits_with_its_own_status() -> None:
    wrapper = [sys.executable, "-m", "tests.support.postgresql", "--", "bash", "-c", "exit 7"]
    assert subprocess.run(wrapper, cwd=REPOSITORY, check=False).returncode == 7
