"""Other people's projects, with the app installed from its wheel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A folder in which the wheel is installed, and nothing else of this project."""
    folder = tmp_path_factory.mktemp("installed")
    source, wheels = folder / "source", folder / "wheels"
    # A copy: building leaves files beside what is built.
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    copied = ["cp", "-r", str(ROOT / "notifications"), str(source)]
    subprocess.run(copied, check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = [*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(source)]
    subprocess.run(built, check=True)
    (wheel,) = wheels.iterdir()
    target = folder / "site"
    put = [*pip, "install", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(put, check=True)
    return target


class Host:
    """A project that Django's ``startproject`` has made."""

    def __init__(self, folder, installed):
        self.folder = folder
        names = ("PATH", "HOME", "LANG", "TMPDIR")
        self.environment = {name: os.environ[name] for name in names if name in os.environ}
        self.environment["PYTHONPATH"] = str(installed)
        self.python("-m", "django", "startproject", "shop", ".")
        self.changed = 0

    def python(self, *arguments, **options):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False, **options,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments, **options):
        return self.python("manage.py", *arguments, **options)

    def edit(self, name, old, new):
        """Change a file as its owner would; the lines that differ are counted."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        self.changed += len(set(new.splitlines()) - set(old.splitlines()))


@pytest.fixture
def host(tmp_path, installed):
    return Host(tmp_path, installed)
