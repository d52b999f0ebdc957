"""Errors of the database that are about its state, and not about what it was asked."""

from __future__ import annotations

import logging
import sqlite3
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse

from notifications.process import metrics
from notifications.process.log_limits import once_a_minute

Answer = TypeVar("Answer", bound=HttpResponse)

RETRY_AFTER_S = 5
# A transaction that may only read, as on a standby (PostgreSQL's appendix A; Django has it an
# InternalError).
_READ_ONLY = "25006"
_NO_TABLE = "42P01"
# What goes beyond a limit of the server: the same again would too.
_PROGRAM_LIMITS = "54"


def is_outage(error: BaseException) -> bool:
    """Whether the database cannot be used, now: the same may be done later."""
    cause = error.__cause__
    sqlstate = str(getattr(cause, "sqlstate", None) or "")
    if sqlstate == _READ_ONLY:
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    # SQLite's for a statement that is wrong, such as one about a table that is not there.
    is_wrong = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return not is_wrong and not sqlstate.startswith(_PROGRAM_LIMITS)


def is_no_table(error: BaseException) -> bool:
    """Whether a table is not there, as before the first ``migrate``."""
    is_sqlites = str(error).startswith("no such table")
    return is_sqlites or getattr(error.__cause__, "sqlstate", None) == _NO_TABLE


def tell(logger: logging.Logger, error: BaseException, what: str = "The database failed") -> None:
    """Log why, once a minute for each thing that it stops and each kind of error.

    Args: what: that thing, in words of ours.
    """
    metrics.database_failures.inc()
    cause = f"{what}: {type(error).__name__}"
    once_a_minute(logger, logging.WARNING, cause, "%s: %s", what, reason(error))


def reason(error: BaseException) -> str:
    """What the database said; of a file it also says which."""
    reason = " ".join(str(error).split())
    if isinstance(error.__cause__, sqlite3.Error):
        return f"{reason} ({settings.DATABASES['default']['NAME']})"
    return reason


def unlogged(answer: Answer) -> Answer:
    """The same answer, which Django does not log as an error: that was said already."""
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
