"""Passwords are hashed one at a time in each process, wherever that is asked for.

A hash takes a core for a third of a second, on purpose. Were each request to take its own, some
twenty sign-ins of anybody would hold up all pages and streams.
"""

from __future__ import annotations

from functools import partial

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections

from accounts.line import Line

# A few seconds' work: who comes later is told to try again, rather than made to wait. And less than
# settings.REQUESTS_MAX, since who waits here has a turn: some must be left for all other pages.
PLACES = 8
WAIT_S = 10.0
# What such an answer says when to come again.
RETRY_AFTER_S = 5

line = Line("passwords", PLACES)


class QueuedPasswordHasher(PBKDF2PasswordHasher):
    """Django's hashes, each in its turn (settings.PASSWORD_HASHERS)."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """The hash of a password; also what checking one does.

        Raises: TooBusy: too many ask.
        """
        act = partial(super().encode, password, salt, iterations)
        if _holds_locks():
            # Only the admin hashes in a transaction. Others wait for that, maybe all who write, so
            # it does not wait for strangers who sign in.
            return act()
        return line.result_of(act, WAIT_S)


def _holds_locks() -> bool:
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))
