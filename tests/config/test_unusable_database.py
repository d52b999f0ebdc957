"""A database that cannot be used: commands, checks, pages and `/readyz` say so, and say why."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.config.test_environment import ROOT, manage

NOBODY = "postgres://nobody:hunter2@127.0.0.1:9/nothing"
ASK = """
import json
from django.test import Client
from config import health
from notifications.process.log_limits import PROCESS
client = Client(raise_request_exception=False)
client.cookies["notifications_session"] = "x" * 32
answers = {
    "inbox": client.get("/inbox/"),
    "admin": client.get("/admin/"),
    "sign-in": client.post("/accounts/login/", {"username": "a", "password": "b"}),
    "API": client.get("/api/v1/inbox"),
    "API with a key": client.post("/api/v1/notifications", headers={"Authorization": KEY}),
}
print(json.dumps({
    name: [one.status_code, one.headers.get("Retry-After"), one.headers["Content-Type"]]
    for name, one in answers.items()
}))
print(json.dumps(health._ask_database()))
""".replace("KEY", repr(f"Bearer nk_{'0' * 12}_{'0' * 43}"))
# Root may write whatever the mode says, but for the capability to.
POWERLESS = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []


def powerless(*arguments, **variables):
    """Run manage.py as somebody for whom modes of files count."""
    return subprocess.run(
        [*POWERLESS, sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "SECRET_KEY": "k" * 60} | variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["new_epoch"],
        ["doctor"],
        ["demo_users"],
        ["clearsessions"],
        ["notify", "Hello", "--user", "alice"],
        ["runserver", "--noreload", "127.0.0.1:9"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_says_in_short_why_it_has_no_database(command):
    ended = manage(*command, SECRET_KEY="k" * 60, DATABASE_URL=NOBODY, DEMO_PASSWORD="x" * 12)
    assert ended.returncode == 1, ended.stdout
    assert "onnection refused" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr
    assert len(ended.stderr.splitlines()) <= 9, ended.stderr


def test_check_names_the_cause():
    ended = manage("check", "--database", "default", SECRET_KEY="k" * 60, DATABASE_URL=NOBODY)
    assert ended.returncode == 1
    assert "notifications.E009" in ended.stderr
    assert "onnection refused" in ended.stderr


def test_a_database_without_tables_is_not_a_traceback(tmp_path):
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    ended = manage("new_epoch", SECRET_KEY="k" * 60, DATABASE_URL=url)
    assert ended.returncode == 1
    assert re.fullmatch(
        r"Database: no such table: \S+ \(.*\) Run `.*migrate` first\.\n", ended.stderr
    )


def assert_unavailable(ended, *, word):
    """Each page and answer of the API is a 503 that says when to come back."""
    assert ended.returncode == 0, ended.stderr
    answers, readiness = map(json.loads, ended.stdout.splitlines()[-2:])
    for name, (status, retry_after, kind) in answers.items():
        assert (name, status, retry_after) == (name, 503, "5")
        assert ("problem" in kind) == name.startswith("API"), name
    assert readiness["database"] == word
    assert "Traceback" not in ended.stderr
    assert "Service Unavailable" not in ended.stderr


def test_while_it_is_away_pages_are_503_and_the_log_says_once_why():
    ended = manage("shell", "-c", ASK, SECRET_KEY="k" * 60, DATABASE_URL=NOBODY,
                   ALLOWED_HOSTS="testserver")  # fmt: skip
    assert_unavailable(ended, word="no answer")
    assert ended.stderr.count("PostgreSQL does not answer: ") == 1
    assert ended.stderr.count("The database failed: ") <= 2  # by pages, and by the API
    assert "onnection refused" in ended.stderr
    assert "hunter2" not in ended.stderr


@contextmanager
def closed_to_writing(path, mode):
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A SQLite file with its tables."""
    file = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    ended = powerless("migrate", "-v", "0", DATABASE_URL=f"sqlite:///{file}")
    assert ended.returncode == 0, ended.stderr
    return file


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_sqlite_that_cannot_be_written_to_is_named(migrated, tmp_path, what):
    folder = tmp_path / "data"
    folder.mkdir()
    file = folder / "db.sqlite3"
    shutil.copy(migrated, file)
    variables = {"DATABASE_URL": f"sqlite:///{file}", "ALLOWED_HOSTS": "testserver"}
    path, mode = (file, 0o444) if what == "file" else (folder, 0o555)
    with closed_to_writing(path, mode):
        checked = powerless("check", "--database", "default", **variables)
        asked = powerless("shell", "-c", ASK, **variables)
    assert checked.returncode == 1
    assert "Traceback" not in checked.stderr + asked.stderr
    assert str(path) in checked.stderr
    assert str(path) in asked.stderr
    answers, readiness = map(json.loads, asked.stdout.splitlines()[-2:])
    assert readiness["database"] in {"read-only", "no answer"}
    # Whoever is not known needs nothing written.
    assert (answers["sign-in"][0], answers["sign-in"][1]) == (503, "5")
