"""What has failed, and when it is tried again: what goes on failing must hold nobody up."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Generic, NamedTuple, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError

Key = TypeVar("Key")

# Seconds for which something that failed is left alone, twice as long each time it fails again;
# not for long where it is the database that failed, for that may be well again.
FIRST_REST_S, _LONGEST_REST_S = 0.1, 300.0
_DATABASE_REST_S = 2.0


class _Tries(NamedTuple):
    """How often something has failed in a row, until when it rests, and how it failed last."""

    in_a_row: int
    until: float
    may_be_of_all: bool


class Failed(Generic[Key]):
    """What has failed, and when it is tried again: what goes on failing must hold nobody up."""

    def __init__(self) -> None:
        self._tries: dict[Key, _Tries] = {}

    def add(self, key: Key, error: Exception) -> int:
        """It has failed once more. Returns: how often, in a row."""
        count = self._tries[key].in_a_row + 1 if key in self._tries else 1
        may_be_of_all = is_of_all(error)
        longest_s = _DATABASE_REST_S if may_be_of_all else _LONGEST_REST_S
        rest_s = min(longest_s, FIRST_REST_S * 2 ** min(count - 1, 30))
        self._tries[key] = _Tries(count, time.monotonic() + rest_s, may_be_of_all)
        return count

    def has_failed(self, key: Key) -> bool:
        """Whether it has not succeeded since it failed."""
        return key in self._tries

    def is_suspect(self, key: Key) -> bool:
        """Whether it failed like what fails for all, and may have been the reason."""
        return key in self._tries and self._tries[key].may_be_of_all

    def forgive(self, key: Key) -> None:
        self._tries.pop(key, None)

    def resting(self) -> Collection[Key]:
        """What is left alone just now."""
        now = time.monotonic()
        # Long after its rest it is not there any more, or somebody else has done it.
        self._tries = {
            key: tries
            for key, tries in self._tries.items()
            if now < tries.until + 2 * _LONGEST_REST_S
        }
        return {key for key, tries in self._tries.items() if now < tries.until}


def is_of_database(error: Exception) -> bool:
    """Whether the database said so, which may be of it and not of what was asked."""
    return isinstance(error, DatabaseError | InterfaceError)


def is_of_all(error: Exception) -> bool:
    """Whether what fails like this may fail for all rows, and be well again soon."""
    return isinstance(error, OperationalError | InterfaceError)
