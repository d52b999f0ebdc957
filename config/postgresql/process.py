"""What kind of process this is: it decides how long PostgreSQL may take, and who connects."""

from __future__ import annotations


class _Process:
    is_bounded = False
    has_pool = True


def serve() -> None:
    """Bound the statements of this process: somebody waits for each of them."""
    _Process.is_bounded = True


def run_once() -> None:
    """Connect directly: a command has one connection, and is told at once why it has none."""
    _Process.has_pool = False


def is_bounded() -> bool:
    """Whether statements may take ``answer_s`` only."""
    return _Process.is_bounded


def has_pool() -> bool:
    """Whether connections are kept, for whoever needs one."""
    return _Process.has_pool
