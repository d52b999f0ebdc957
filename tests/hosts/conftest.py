"""Other people's projects, with the app installed from its wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forkserver import UNBUFFERED, run
from tests.support.once import once

ROOT = Path(__file__).parents[2]
# As `startproject` writes it.
DATABASE = "'NAME': BASE_DIR / 'db.sqlite3',"
# The real one takes a third of a second for each password, on purpose.
QUICK = "\nPASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']\n"


def build(folder):
    """What `make dist` makes into `dist`; the wheel's files into `site`."""
    source, dist = folder / "source", folder / "dist"
    # A copy: building leaves files beside what is built.
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    make = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(source)]
    made = subprocess.run(make, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = dist.glob("*.whl")
    install = ["--quiet", "--disable-pip-version-check", "install", "--no-deps", "--target"]
    pip = [sys.executable, "-m", "pip", *install, str(folder / "site"), str(wheel)]
    subprocess.run(pip, check=True)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of `build`: once for all processes of a test run."""
    return once(tmp_path_factory, "app", build)


@pytest.fixture(scope="session")
def installed(built):
    """A folder in which the wheel is installed, and nothing else of this project."""
    return built / "site"


class Host:
    """A project that Django's ``startproject`` has made."""

    def __init__(self, folder, installed):
        self.folder = folder
        names = ("PATH", "HOME", "LANG", "TMPDIR")
        self.environment = {name: os.environ[name] for name in names if name in os.environ}
        self.environment |= {"PYTHONPATH": str(installed), **UNBUFFERED}
        # In a process that knows no `shop`: another test of this one may have imported its own.
        self.python("-m", "django", "startproject", "shop", ".")
        self.changed = 0
        # On a busy machine one may hold the file for longer than SQLite's own 5 seconds.
        patient = DATABASE + "\n        'OPTIONS': {'timeout': 60},"
        self.edit("shop/settings.py", DATABASE, patient)
        self.add("shop/settings.py", QUICK)
        self.changed = 0

    def run(self, *arguments, **options):
        """Python, whatever comes of it."""
        return run(list(arguments), self.environment, self.folder, **options)

    def python(self, *arguments, **options):
        done = self.run(*arguments, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments, **options):
        return self.python("manage.py", *arguments, **options)

    def ask(self, code):
        """Have Django run this; what it prints."""
        return self.manage("shell", "-v0", "-c", code)

    def edit(self, name, old, new):
        """Change a file as its owner would; the lines that differ are counted."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        self.changed += len(set(new.splitlines()) - set(old.splitlines()))

    def write(self, name, text):
        """A new file, each line of which counts."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        self.changed += len(text.splitlines())

    def add(self, name, text):
        """At the end of a file."""
        path = self.folder / name
        path.write_text(f"{path.read_text('utf-8')}{text}", "utf-8")
        self.changed += len(text.splitlines())


@pytest.fixture
def host(tmp_path, installed):
    return Host(tmp_path, installed)
