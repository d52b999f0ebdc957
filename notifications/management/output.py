"""What commands print tells of their work, and decides nothing about it.

A full disk, a pipe that nobody reads from any more, no output at all: what was begun goes on, and
the exit status says what became of it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from django.core.management.base import BaseCommand


class WorkCommand(BaseCommand):
    """A command that is run for what it does; its exit status tells of that alone."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Django's, with outputs that never fail."""
        for name in ("stdout", "stderr"):
            if options.get(name) is not None:
                options[name] = Output(options[name])
            else:  # Django's own wrapper, which colours what it writes to a terminal
                wrapper: Any = getattr(self, name)
                wrapper._out = Output(wrapper._out)
        return super().execute(*args, **options)


class Output:
    """A stream of text, as far as there is one that takes it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write it now, so that it is known now whether it can be; never raises."""
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as error:  # full, gone; closed
            self._give_up(error)

    def flush(self) -> None:
        """All is written already."""

    def isatty(self) -> bool:
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def _give_up(self, error: Exception) -> None:
        stream, self._stream = self._stream, None
        # What is in the buffer would be tried again at the end, and make the exit status 120.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno() if stream is not None else nowhere)
            os.close(nowhere)
        if stream is sys.stdout and sys.stderr is not None:
            with suppress(OSError, ValueError):
                sys.stderr.write(f"The output cannot be written ({error}); the work goes on.\n")
                sys.stderr.flush()
