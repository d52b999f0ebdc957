"""What is needed for some of what we do, and is installed where a project does that."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from importlib.util import find_spec

_PACKAGE = "django-notification-inbox"


def is_there(module: str) -> bool:
    """Whether a module could be imported; it is not."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


def version() -> str:
    """Of the app; ``source`` where it is no package that was installed."""
    try:
        return version_of(_PACKAGE)
    except PackageNotFoundError:
        return "source"


def missing(*modules: str) -> list[str]:
    """Those of them that could not be imported."""
    return [module for module in modules if not is_there(module)]


def remedy(extra: str) -> str:
    """How to get what is missing. Args: extra: of our package (pyproject.toml)."""
    return f"pip install '{_PACKAGE}[{extra}]'"
