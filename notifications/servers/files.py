"""How many sockets a process may open."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


def raise_limit() -> None:
    """Take as many open files as the system allows: its default of 1,024 is as many sockets."""
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:  # macOS names a limit that it does not grant
        logger.warning("The limit of %d open files could not be raised: %s", soft, error)
    else:
        logger.info("Open files: up to %d instead of %d.", hard, soft)
