"""Puts the bundles of the app's modules and styles into the wheel, over those that pages name."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithBundles(build_py):
    """Also copies what `make bundles` made: neither this nor an install asks for npm."""

    def run(self) -> None:
        """Build as ever, then lay them over the modules and styles."""
        super().run()
        if not self.editable_mode:
            static = Path(self.build_lib, "notifications", "static")
            shutil.copytree("bundles", static, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithBundles})
