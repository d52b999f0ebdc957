"""Static files: collected as a site in production has them, or looked for once where they lie."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from whitenoise.middleware import WhiteNoiseMiddleware

from tests.support.processes import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# What differs with each client, and what is looked for.
_NOT_ASKED = ("get_response", "files", "media_types")


def collect(root: Path, **settings: str) -> Path:
    """Run ``collectstatic`` into ``root``, which may hold an older version."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    environment = os.environ | {"STATIC_ROOT": str(root)} | settings
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return root


def look_once(patch: pytest.MonkeyPatch) -> None:
    """Let all clients of Django's know the files that the first of them found.

    Each has middleware of its own, and WhiteNoise's looks at each file of each app when it is made.
    """
    look = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, dict[str, object]] = {}

    def add_files(self: WhiteNoiseMiddleware) -> None:
        # By all that says how files are served; a test may have settings of its own.
        asked = repr(sorted((k, repr(v)) for k, v in vars(self).items() if k not in _NOT_ASKED))
        if asked not in found:
            look(self)
            found[asked] = dict(self.files)
        self.files.update(found[asked])

    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files)
