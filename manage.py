#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError, InterfaceError

from config.postgresql import process

# Commands that open connections again and again, and those whose statements somebody waits for: all
# others, such as `migrate`, may take as long as they need. A server's own are bounded in asgi.py.
_WITH_POOL = {"dispatcher", "runserver", "serve"}
_BOUNDED = {"check", "dispatcher", "notify"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = next(iter(sys.argv[1:]), "")
    if command not in _WITH_POOL:
        process.run_once()
    if command in _BOUNDED:
        process.serve()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong setting is the operator's to mend: the message names it, a traceback hides it.
        sys.exit(f"Settings: {error}")
    except (DatabaseError, InterfaceError) as error:
        # Likewise; Django's own option is there for whoever wants to see more.
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Database: {_explained(error)}")


def _explained(error: Exception) -> str:
    # Here: it needs the settings.
    from notifications.process import outages  # noqa: PLC0415

    said = outages.reason(error)
    return f"{said} Run `manage.py migrate` first." if outages.is_no_table(error) else said


if __name__ == "__main__":
    main()
