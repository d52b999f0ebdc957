"""The threads of the test process in which streams ask the database: new ones for each test.

A thread that is still at it when its test ends could not close its connection any more, for
pytest-django lets nobody at the database then; and it would hand that fault to a later test.
"""

from __future__ import annotations

from notifications.push import batching


def renew() -> None:
    """Wait for what they are at, and have others from now on."""
    batching._executor.shutdown(cancel_futures=True)
    batching._executor = batching._pool()
