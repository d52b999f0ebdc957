"""What is forked is what it would be if it had been started: its input, ends, folder and code."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.forkserver import UNBUFFERED, may_fork, run

if TYPE_CHECKING:
    from pathlib import Path

MANAGE = """
import json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
was_loaded = "shop.settings" in sys.modules
from shop import settings
said = [sys.argv, os.getcwd(), os.environ.get("MOOD"), sys.stdin.read(), settings.WORD, was_loaded]
print(json.dumps(said))
print("Oh.", file=sys.stderr)
sys.exit(len(settings.WORD))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    return tmp_path


def says(shop: Path, word: str, mood: str = "good") -> list[object]:
    """What it says of itself, with such settings and in such an environment."""
    text = f"WORD = {word!r}\nSECRET_KEY = 'x'\n"
    if not (settings := shop / "shop" / "settings.py").exists() or settings.read_text() != text:
        settings.write_text(text)
    done = run(["manage.py", "go", word], {**UNBUFFERED, "MOOD": mood}, shop, input="Well?")
    assert (done.returncode, done.stderr) == (len(word), "Oh.\n")
    argv, folder, *rest = json.loads(done.stdout)
    assert (argv, folder) == (["manage.py", "go", word], str(shop))
    return list(rest)


def test_it_has_its_own_input_outputs_status_folder_and_environment(shop: Path) -> None:
    assert says(shop, "one") == ["good", "Well?", "one", True]
    assert says(shop, "one", "bad") == ["bad", "Well?", "one", True]


def test_changed_code_is_read_anew(shop: Path) -> None:
    assert says(shop, "one")[2] == "one"
    assert says(shop, "three")[2] == "three"


def test_what_cannot_be_set_up_in_silence_says_so_itself(shop: Path) -> None:
    noisy = "import sys\nprint('Settings are read.', file=sys.stderr)\nWORD = 'x'\n"
    (shop / "shop" / "settings.py").write_text(noisy)
    done = run(["manage.py", "go"], {**UNBUFFERED}, shop)
    assert done.stderr == "Settings are read.\nOh.\n"
    assert json.loads(done.stdout)[-1] is False


def test_what_the_interpreter_reads_at_its_start_is_not_forked(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": f"{sys.prefix}:{tmp_path}"}
    assert may_fork(environment)
    (tmp_path / "sitecustomize.py").touch()
    assert not may_fork(environment)
    assert not may_fork({"LD_PRELOAD": "libfaketime.so.1"})
