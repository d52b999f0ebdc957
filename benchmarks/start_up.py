"""How much longer ``manage.py notify`` takes than a Django command that does nothing.

``python -m benchmarks.start_up --rounds 10`` runs both in turns, each as a process of its own.
The command that does nothing belongs to a project with Django's users and nothing else; ours
sends a notification to one user, in a new SQLite file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import harness, machine

REPOSITORY = Path(__file__).parents[1]

BARE_SETTINGS = """
SECRET_KEY = "x" * 50
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "bare"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "bare.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
BARE_COMMAND = """
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    requires_system_checks = []
    def handle(self, **options):
        pass
"""


def main() -> None:
    options = harness.options(__doc__, rounds=10).parse_args()
    described = machine.describe()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        _make_bare_project(folder)
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        bare = kept | {"DJANGO_SETTINGS_MODULE": "bare_settings", "PYTHONPATH": str(folder)}
        ours = kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": f"sqlite:///{folder}/ours.sqlite3",
            "SECRET_KEY": "x" * 50,
        }
        _run(ours, folder, "migrate", "--verbosity", "0")
        _run(ours, folder, "shell", "-v", "0", "-c", _MAKE_USER)
        nothing: list[float] = []
        notify: list[float] = []
        # The first of each reads the modules from the disk.
        _run(bare, folder, "nothing")
        _run(ours, folder, "notify", "Hello", "--user", "alice")
        for _ in harness.rounds(options.rounds):
            nothing.append(_run(bare, folder, "nothing"))
            notify.append(_run(ours, folder, "notify", "Hello", "--user", "alice"))
    table = harness.Table(
        "A command from its start to its end", "s", budgets={"the difference": 0.5}
    )
    for bare_s, ours_s in zip(nothing, notify, strict=True):
        table.add("one that does nothing, in a project with users alone", bare_s)
        table.add("manage.py notify", ours_s)
        table.add("the difference", ours_s - bare_s)
    harness.keep(options.results, "start_up", described, [table])


_MAKE_USER = "import django.contrib.auth as a; a.get_user_model().objects.create_user('alice')"


def _make_bare_project(folder: Path) -> None:
    commands = folder / "bare" / "management" / "commands"
    commands.mkdir(parents=True)
    for package in (commands, commands.parent, commands.parent.parent):
        (package / "__init__.py").touch()
    (commands / "nothing.py").write_text(BARE_COMMAND, "utf-8")
    (folder / "bare_settings.py").write_text(BARE_SETTINGS, "utf-8")


def _run(environment: dict[str, str], folder: Path, *arguments: str) -> float:
    """Run a command of Django's; return the seconds from its start to its end."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
