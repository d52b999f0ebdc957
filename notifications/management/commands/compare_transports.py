"""``manage.py compare_transports``: what asking costs, and what being told costs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from notifications.management.comparison import arguments, progress, stopping
from notifications.management.output import WorkCommand
from notifications.process import extras

if TYPE_CHECKING:
    from notifications.management.comparison.results import Result

_NAMES = ("poll", "poll-etag", "long-poll", "sse", "websocket")
_USERS = 10
_KEY_VARIABLE = "NOTIFY_KEY"
# What the clients and the server need beside the app.
_MODULES = ("h11", "websockets", "uvicorn")


class Command(WorkCommand):
    help = "Let users wait for notifications by each transport in turn, and count what that costs."
    # It asks a server, and needs nothing of the project around it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        number, new_file = arguments.number, arguments.new_file
        parser.add_argument(
            "--users", type=number(int, 1, 1000), metavar="N", help=f"by default {_USERS}"
        )
        parser.add_argument("--messages", type=number(int, 1, 10_000), default=15, metavar="N")
        parser.add_argument("--mean-gap", type=number(float, 0.05, 60), default=2.0, metavar="S")
        parser.add_argument("--interval", type=number(float, 0.1, 60), default=5.0, metavar="S")
        parser.add_argument("--transport", choices=_NAMES, action="append")
        running = parser.add_argument_group("a server that runs already")
        running.add_argument("--url", help="its address; without, one is started")
        running.add_argument("--user", action="append", metavar="NAME", help="who waits there")
        running.add_argument(
            "--key", help=f"an API key with the scopes send:user and tokens; or ${_KEY_VARIABLE}"
        )
        written = parser.add_argument_group("files")
        written.add_argument("--csv", type=new_file(), metavar="FILE")
        written.add_argument("--json", type=new_file(), metavar="FILE")
        written.add_argument("--chart", type=new_file(".png", ".svg"), metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        _require_packages(options)
        _check_together(options)
        # Here, or every command would import an HTTP client.
        from notifications.management.comparison import comparison  # noqa: PLC0415
        from notifications.management.comparison.failures import Failed  # noqa: PLC0415

        asked = comparison.Asked(
            transports=[one for one in _NAMES if one in (options["transport"] or _NAMES)],
            messages=options["messages"],
            mean_gap_s=options["mean_gap"],
            interval_s=options["interval"],
            user_count=len(options["user"] or ()) or options["users"] or _USERS,
            url=options["url"],
            names=options["user"] or (),
            key=options["key"] or os.environ.get(_KEY_VARIABLE, ""),
        )
        try:
            with stopping.as_by_ctrl_c(), progress.shown(sys.stderr) as tell:
                results = comparison.run(asked, tell)
        except Failed as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing was kept.", returncode=stopping.STATUS) from None
        for line in comparison.report(asked, results):
            self.stdout.write(line)
        self._write(options, asked, results)
        if lost := comparison.lost(results):
            raise CommandError(lost)

    def _write(self, options: dict[str, Any], asked: Any, results: list[Result]) -> None:
        from notifications.management.comparison import comparison, files  # noqa: PLC0415

        path: Path | None = None
        try:
            if path := options["csv"]:
                files.write_csv(path, results)
            if path := options["json"]:
                files.write_json(path, results, asked.parameters())
            if path := options["chart"]:
                comparison.draw(path, asked, results)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None


def _require_packages(options: dict[str, Any]) -> None:
    needed = [*_MODULES, *(["matplotlib"] if options["chart"] else [])]
    if missing := extras.missing(*needed):
        raise CommandError(f"It needs {', '.join(missing)}: {extras.remedy('compare')}")


def _check_together(options: dict[str, Any]) -> None:
    """Raises: CommandError: what was given does not go together."""
    if options["url"] is None:
        for name in ("user", "key"):
            if options[name] is not None:
                raise CommandError(f"--{name} goes with --url.")
        return
    if options["users"] is not None:
        raise CommandError("With --url the users are those that --user names, each once.")
    names = options["user"] or []
    if not names or len(set(names)) < len(names):
        raise CommandError("Name who waits at --url by --user, each once; it may be repeated.")
    if not (options["key"] or os.environ.get(_KEY_VARIABLE)):
        raise CommandError(
            f"Give an API key with the scopes send:user and tokens by --key or ${_KEY_VARIABLE}."
        )
