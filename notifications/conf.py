"""The app's settings: each with its unit, its default and its bounds. Nothing else reads them.

A project sets ``NOTIFICATIONS_<NAME>`` in its own settings; what it does not set has the default.
The unit is the end of the name: ``_S`` seconds, ``_MS`` milliseconds, ``_H`` hours, ``_BYTES``
bytes, ``_PER_S``, ``_PER_MIN`` and ``_PER_H`` so many in that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from django.conf import settings

T = TypeVar("T")
_PREFIX = "NOTIFICATIONS_"


class Setting(Generic[T]):
    """One setting, read anew each time: tests and projects may change it while they run."""

    def __init__(
        self, default: T, *, least: float | None = None, most: float | None = None
    ) -> None:
        """Args: least, most: between which a number must be."""
        self.default = default
        self.least, self.most = least, most

    def __set_name__(self, owner: type, name: str) -> None:
        # As a project's settings name it.
        self.name = f"{_PREFIX}{name}"

    def __get__(self, instance: object, owner: type) -> T:
        value: T = getattr(settings, self.name, self.default)
        return value


class _Conf:
    # --- Dispatch ---

    # Recipients per transaction while a notification is dispatched.
    DISPATCH_CHUNK_SIZE = Setting(1000, least=1, most=10_000)
    # At least between two chunks on SQLite, so that other writers get their turn.
    DISPATCH_PAUSE_MS = Setting(10, least=0, most=10_000)
    # After which a dispatcher that gave no sign of life may be replaced.
    DISPATCH_LEASE_S = Setting(15.0, least=0.1, most=3600)
    # Between two looks for notifications that are due.
    DISPATCH_SCAN_S = Setting(1.0, least=0.05, most=3600)
    # Whether a server process dispatches too. Off where `manage.py dispatcher` runs beside it.
    DISPATCH_IN_SERVER = Setting(default=True)
    # Notifications that one person or API key may send to everyone; 0: no limit. Commands and code
    # are not limited.
    EVERYONE_RATE_PER_H = Setting(60, least=0, most=1_000_000)

    # --- Live push ---

    # Threads that look things up for the sockets of one process.
    DATABASE_THREADS = Setting(4, least=1, most=64)
    # Between two looks at the database for what no hint has told: on PostgreSQL; on SQLite where
    # the kernel does not tell of writes; and there as a net where it does.
    RECONCILE_S = Setting(0.5, least=0.01, most=60)
    RECONCILE_POLL_S = Setting(0.025, least=0.001, most=60)
    RECONCILE_NET_S = Setting(0.25, least=0.01, most=60)
    # Whether processes on PostgreSQL wake each other by NOTIFY where no channel layer joins them:
    # what one commits is then known to the others at once, and not at their next look.
    LISTEN = Setting(default=True)
    # Where they LISTEN, as a URL or connection string of libpq, if it is not where Django's default
    # database is: past a PgBouncer that lends its connections by transaction.
    LISTEN_DATABASE = Setting("")
    # Between heartbeats. nginx drops a connection that is silent for 60, some NATs sooner.
    PING_INTERVAL_S = Setting(25.0, least=0.1, most=600)
    # After which a connection is told to come back, give or take a quarter.
    CONNECTION_AGE_S = Setting(3600.0, least=0.1, most=7 * 86400)
    # Over which a process that is told to end spreads the return of its clients.
    DRAIN_S = Setting(10.0, least=0, most=600)
    # Between two looks whether all who have streams open may still have them. What is revoked by a
    # model's `save` or `delete` is known within a second; this finds what an `update` has done.
    ACCESS_CHECK_S = Setting(60.0, least=0.1, most=3600)
    # Tells this installation from a copy of its whole disk: any text, another for each. What else
    # tells them apart (the secret key, the database's server or file) is known without it.
    INSTALLATION = Setting("")

    # --- Limits: what one process bears with; 0: no limit ---

    # Connections, those of one user, and from one address, beyond which the newest is refused;
    # handshakes and polls from one address, also in one go.
    CONNECTIONS_MAX = Setting(0, least=0, most=1_000_000)
    USER_CONNECTIONS_MAX = Setting(20, least=0, most=1_000_000)
    ADDRESS_CONNECTIONS_MAX = Setting(0, least=0, most=1_000_000)
    HANDSHAKE_RATE_PER_MIN = Setting(30_000, least=0, most=1_000_000)
    # Frames that a socket may send; twice that in a burst.
    FRAME_RATE_PER_S = Setting(20.0, least=0.1, most=1e6)
    # In which a request's body must come, as the head must before; a larger one is refused before
    # it is read.
    REQUEST_S = Setting(20.0, least=0.1, most=3600)
    BODY_MAX_BYTES = Setting(256 * 1024, least=64 * 1024, most=16 * 1024 * 1024)

    # --- Keys and tokens ---

    # How long an access token lasts.
    ACCESS_TOKEN_S = Setting(600.0, least=1, most=86400)
    # How often one may ask a process, also in one go; 0: no limit. Requests from one address with a
    # key or token that is not valid; tokens made by one user, or with one API key for one user; and
    # requests to the API, of one user and with one key.
    REFUSED_RATE_PER_MIN = Setting(60, least=0, most=1_000_000)
    TOKEN_RATE_PER_MIN = Setting(30, least=0, most=1_000_000)
    API_USER_RATE_PER_MIN = Setting(1200, least=0, most=1_000_000)
    API_KEY_RATE_PER_MIN = Setting(6000, least=0, most=1_000_000)

    # --- The echo at /ws/echo/ ---

    # Whether there is one; messages (twice that in a burst), how long a connection lives, and the
    # size of a message.
    ECHO = Setting(default=True)
    ECHO_RATE_PER_S = Setting(20.0, least=0.1, most=1e6)
    ECHO_LIFE_S = Setting(60.0, least=0.1, most=86400)
    ECHO_MAX_BYTES = Setting(64 * 1024, least=0, most=64 * 1024)

    # --- The page at /diagnostics/ ---

    # Whether there is one, and how many runs of it a process follows at once; one user has one.
    DIAGNOSTICS = Setting(default=True)
    DIAGNOSTICS_RUNS_MAX = Setting(50, least=1, most=10_000)

    # --- Upkeep ---

    # How many server processes run: checks ask, and a process that is told to end, for the only one
    # closes its streams at once.
    SERVER_PROCESSES = Setting(1, least=1, most=1000)

    # For which the answer to an `op_id` is remembered.
    OPERATION_RETENTION_H = Setting(24, least=1, most=24 * 365)
    # For which it is kept what each stream was sent, by which `manage.py trace` tells who got what;
    # 0: not at all. And of how many streams at most, the newest.
    STREAM_RETENTION_H = Setting(72, least=0, most=24 * 365)
    STREAMS_KEPT_MAX = Setting(1_000_000, least=1000, most=1_000_000_000)
    # What a dispatcher calls after each look at what is due; each deletes a little of what is old.
    HOUSEKEEPING = Setting(
        [
            "notifications.inbox.idempotency.forget_old",
            "notifications.push.presence.forget_old",
            "notifications.push.journal.forget_old",
            "notifications.credentials.tokens.forget_old",
        ]
    )
    # What `manage.py doctor` asks how much of that was left lying.
    LEFT_OVER = Setting(
        {
            "answers to acts": "notifications.inbox.idempotency.left_over",
            "access tokens": "notifications.credentials.tokens.left_over",
            "streams": "notifications.push.journal.left_over",
        }
    )

    # --- Whose site it is ---

    # Its name; a picture that stands for it, as a path on this host or the name of a static file;
    # and the colour of links and buttons, as #rrggbb, from which those of the dark are derived.
    SITE_NAME = Setting("Notifications")
    SITE_LOGO = Setting("")
    SITE_ACCENT = Setting("#0b57d0")
    # What mails end with.
    MAIL_FOOTER = Setting("")

    # --- The project around the app ---

    # The path of a class that finds who is signed in by which session (``SessionFinder``). This one
    # knows any engine, and looks them up one by one.
    SESSION_FINDER = Setting("notifications.credentials.sessions.DjangoSessionFinder")
    # What the inbox's pages extend: a template with the blocks title, head and content.
    BASE_TEMPLATE = Setting("notifications/base.html")
    # The name of a cookie that pages can read and that changes with each sign-in, if there is one.
    SIGN_IN_COOKIE = Setting("")
    # What people are told instead of a category's word, such as {"orders": _("Orders")}.
    CATEGORIES = Setting[Mapping[str, Any]]({})
    # What holds for a category until somebody chooses otherwise, and what nobody may choose:
    # {"billing": {"sound": True, "is_locked": True}}; "*" is for all that are not named.
    PREFERENCES = Setting[Mapping[str, Any]]({})
    # The pictures of senders: a mapping by their names, a function of one, or the path of either.
    # Its values are paths on the site, or https addresses that the pages' policy allows.
    SENDER_PICTURE = Setting[Any](None)


conf = _Conf()


def declared() -> Iterator[Setting[Any]]:
    """All settings of the app."""
    return (value for value in vars(_Conf).values() if isinstance(value, Setting))
