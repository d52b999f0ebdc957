"""How long each statement of a dispatch takes."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

# What is shown: statements that take at least this share, cut to this many characters.
LEAST_SHARE = 0.005
LABEL_LENGTH = 110


def profile(dispatch: Callable[[int], float], count: int) -> None:
    """Dispatch to so many, and print what the statements of a chunk have taken."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from notifications.sending import jobs  # noqa: PLC0415

    took: Counter[str] = Counter()

    @contextmanager
    def timed(label: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        took[label] += time.perf_counter() - started

    def wrapper(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        with timed(_label(sql)):
            return execute(sql, params, many, context)

    commit = connection._commit

    def timed_commit() -> None:
        with timed("COMMIT"):
            commit()

    with (
        connection.execute_wrapper(wrapper),
        mock.patch.object(connection, "_commit", timed_commit),
        mock.patch.object(jobs, "pause"),
    ):
        total = dispatch(count)
    chunks = count / settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE
    print(f"  a chunk, {1000 * total / chunks:.1f} ms in all, without pauses")
    took["Python, and fetching rows"] = total - sum(took.values())
    for label, seconds in took.most_common():
        if seconds / total > LEAST_SHARE:
            print(f"    {1000 * seconds / chunks:6.2f} ms  {label}")


def _label(sql: str) -> str:
    sql = re.sub(r'"notifications_(\w+)"\.|"', r"", sql).replace("notifications_", "")
    sql = re.sub(r"(%s, )+", "%s, ", sql)
    return sql if len(sql) <= LABEL_LENGTH else f"{sql[: LABEL_LENGTH - 40]} ... {sql[-35:]}"
