"""Shows how far it is, on a terminal and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from notifications.process import extras

# What is under way, and how much of it is over, from 0 to 1.
Tell = Callable[[str, float], None]


@contextmanager
def shown(stream: TextIO | None) -> Iterator[Tell]:
    """A bar for each thing that is under way, one after the other."""
    if stream is None or stream.closed or not stream.isatty():
        yield _say_nothing
        return
    if not extras.is_there("rich"):
        stream.write(f"Without a progress bar, which needs: {extras.remedy('compare')}\n")
        yield _say_nothing
        return
    from rich.console import Console  # noqa: PLC0415 (for a terminal alone)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(file=stream)) as progress:

        def tell(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(f"{what:<20}", total=1.0)
            progress.update(tasks[what], completed=share)

        yield tell


def _say_nothing(_what: str, _share: float) -> None:
    pass
