"""A few processes of the product on one database, clients of theirs, and senders: for faults.

What is behind a proxy can be cut off from its clients; what was killed comes back on its port.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

from accounts.sessions import SessionStore
from notifications.credentials import keys
from notifications.inbox import reading
from notifications.models import Notification, Status
from tests.support.checker import World, faults
from tests.support.history import Outcome, Send, SendLog, Story
from tests.support.jobs import IMPATIENT
from tests.support.ports import free_port
from tests.support.processes import Child, Processes, until
from tests.support.proxy import Proxy
from tests.support.senders import Api, ApiSender, Plan, send_once
from tests.support.servers import STARTUP_S, UVICORN, Server
from tests.support.watchers import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tests.support.connection import LoopThread
    from tests.support.postgresql_faults import PostgresqlFaults
    from tests.support.redis_server import RedisServer

PING_INTERVAL_S = 1.0
# Far longer than what the faults bring, and than any clock here jumps.
_SESSION_S = 30 * 86400
QUIET_S = 60
# What the API says where it has no database.
_UNAVAILABLE = 503
# Impatient, so that what heals by itself does so within the test. Chunks so small that most sends
# are a dispatcher's, in several transactions.
SETTINGS: dict[str, object] = {
    **IMPATIENT,
    "NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 2,
    "NOTIFICATIONS_DISPATCH_PAUSE_MS": 2,
    "NOTIFICATIONS_PING_INTERVAL_S": PING_INTERVAL_S,
    "DATABASE_TIMEOUT_S": 10,
}
_numbers = count()


class Cluster:
    """Leaving the context ends everything, and no process may have written down an error."""

    def __init__(
        self,
        folder: Path,
        clients: LoopThread,
        *,
        redis: RedisServer | None = None,
        postgresql: PostgresqlFaults | None = None,
        seed: int = 0,
        **settings: object,
    ) -> None:
        """Args: settings: of all processes, by their names in the environment."""
        self.folder = folder
        self.redis = redis
        self.postgresql = postgresql
        self.chance = random.Random(seed)
        self.servers: list[Server] = []
        self.proxies: list[Proxy] = []
        self.watchers: list[Watcher] = []
        self.dispatcher: Child | None = None
        self.sender: Child | None = None
        # All titles begin so.
        self.prefix = f"run{next(_numbers)}-"
        self.users: list[int] = []
        self._clients = clients
        self._settings = SETTINGS | settings
        if redis is not None:
            self._settings |= {"REDIS_URL": redis.url}
        self._processes = Processes(folder, may_warn=True)
        _, self.key = keys.make(f"faults {self.prefix}", ["send:user"])
        self._names: dict[int, str] = {}
        self._sessions: dict[int, str] = {}
        self._logs: list[SendLog] = []
        self._apis: list[Api] = []
        self._api_sender: ApiSender | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._api_sender is not None:
            self._api_sender.stop()
        threads = [threading.Thread(target=one.stop) for one in self.watchers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for proxy in self.proxies:
            proxy.__exit__(None, None, None)
        self._processes.__exit__(kind, error, traceback)

    # --- Processes --------------------------------------------------------------------------------

    def start_servers(self, how_many: int, *, host: str = "127.0.0.1", **settings: object) -> None:
        """Start so many, at once, each behind a proxy; on all addresses, where the host says so."""
        first = len(self.servers)
        for _ in range(how_many):
            port = free_port()
            self.servers.append(Server(UVICORN, self._serve(port, settings, host), port))
            self.proxies.append(Proxy(port))
        for server in self.servers[first:]:
            self.wait_until_listening(server)

    def restart(self, server: Server) -> None:
        """Start it anew, on its old port."""
        server.child = self._serve(server.port, {})
        self.wait_until_listening(server)

    def wait_until_listening(self, server: Server) -> None:
        def listens() -> bool:
            assert server.child.status is None, server.child.report()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", server.port)) == 0

        until(listens, f"{server} listens", within_s=STARTUP_S)

    @property
    def hears(self) -> bool:
        """Whether processes hear of each other's commits by PostgreSQL's NOTIFY."""
        return self.postgresql is not None and self.redis is None

    def wait_until_hearing(self) -> None:
        """Wait until each server hears what others commit, where it is to."""
        for server in self.servers if self.hears else ():
            server.get("/readyz")  # which begins what pushes, where nobody has come since the start
            try:
                until(
                    lambda s=server: "\nnotifications_listening 1.0\n" in s.get("/metrics").body,  # type: ignore[misc]
                    f"{server} hears of commits",
                    within_s=QUIET_S,
                )
            except TimeoutError:
                raise AssertionError(server.child.report()) from None

    def start_dispatcher(self) -> None:
        self.dispatcher = self._processes.manage("dispatcher", **self._settings)

    def manage(self, *arguments: str) -> Child:
        return self._processes.manage(*arguments, **self._settings)

    def start_sender(self, pause_s: float = 0.1) -> None:
        """A process that sends by the ORM; after a kill it goes on with other titles."""
        log, number = self._log("orm")
        self.sender = self.actor(
            "send_steadily",
            path=str(log.path),
            prefix=f"{self.prefix}orm{number}",
            seed=self.chance.randrange(2**32),
            users=self.users,
            pause_s=pause_s,
        )

    def actor(self, name: str, **job: Any) -> Child:
        """Start an actor of tests/support/senders.py; returns once it begins."""
        child = self._processes.run(
            name, ["-m", "tests.support.senders", name, json.dumps(job)], **self._settings
        )
        until(lambda: "ready" in child.output() or child.status, f"{name} begins")
        return child

    def start_api_sender(self, pause_s: float = 0.1) -> None:
        log, number = self._log("api")
        plan = Plan(f"{self.prefix}api{number}", self.chance.randrange(2**32), self.users, pause_s)
        chance = random.Random(self.chance.randrange(2**32))
        self._api_sender = ApiSender(plan, log, self._api(lambda: chance.choice(self.servers)))

    def send(self, *users: int, server: int = 0) -> Outcome:
        """Send through the API of that server, and write down what came of it."""
        log, number = self._log("test")
        title = f"{self.prefix}test{number}"
        log.begins(title, users)
        return send_once(log, self._api(lambda: self.servers[server]).send, title, list(users))

    def _api(self, sites: Callable[[], Server]) -> Api:
        self._apis.append(Api(sites, self.key, self._names))
        return self._apis[-1]

    def stop_senders(self) -> None:
        if self._api_sender is not None:
            self._api_sender.stop()
        if self.sender is not None and self.sender.status is None:
            self.sender.tell("end")
            assert self.sender.wait() == 0, self.sender.report()

    # --- People and their clients -----------------------------------------------------------------

    def add_users(self, how_many: int) -> list[int]:
        model = get_user_model()
        for _ in range(how_many):
            name = f"{self.prefix}user{len(self.users)}"
            user = model.objects.create(username=name, password="!")
            self.users.append(user.pk)
            self._names[user.pk] = name
            self._sessions[user.pk] = _sign_in(user)
        return self.users

    def names(self) -> list[str]:
        return list(self._names.values())

    def session(self, user: int) -> str:
        return self._sessions[user]

    def watch(
        self,
        user: int,
        transport: str,
        sites: Iterable[int] | None = None,
        origin: str | None = None,
    ) -> Watcher:
        """Let a client of that user come, to any of these servers (all), again and again.

        Args: origin: where to instead.
        """
        numbers = list(range(len(self.servers)) if sites is None else sites)
        chance = random.Random(self.chance.randrange(2**32))
        watcher = Watcher(
            self._clients,
            transport,
            Story(f"{transport} of {user}, {len(self.watchers)}", user),
            self._sessions[user],
            lambda: origin or self.proxies[chance.choice(numbers)].url,
            ping_interval_s=PING_INTERVAL_S,
        )
        self.watchers.append(watcher)
        watcher.start()
        return watcher

    def wait_until_synced(self) -> None:
        for watcher in self.watchers:
            until(lambda w=watcher: w.is_synced, f"synced: {watcher}", within_s=QUIET_S)  # type: ignore[misc]

    # --- The end ----------------------------------------------------------------------------------

    def sends(self) -> list[Send]:
        return [send for log in self._logs for send in log.sends()]

    def acknowledged(self) -> list[Send]:
        return [send for send in self.sends() if send.outcome == Outcome.ACKNOWLEDGED]

    def wait_for_sends(self, count: int) -> None:
        """Wait until so many more than now are acknowledged: on a busy machine they take long."""
        wanted = len(self.acknowledged()) + count
        until(lambda: len(self.acknowledged()) >= wanted, f"{count} more are acknowledged")

    def note(self, kind: str) -> SendLog:
        """A log for what somebody else sends; the checker reads it too."""
        return self._log(kind)[0]

    def wait_for_quiet(self) -> None:
        """Wait until all is dispatched, and every client is where the database is."""
        waiting = Notification.objects.filter(
            title__startswith=self.prefix, status__in=[Status.SENDING, Status.SCHEDULED]
        )
        until(lambda: not waiting.exists(), "all is dispatched", within_s=QUIET_S)
        heads = {user: reading.head(user) for user in self.users}
        for watcher in self.watchers:
            head = heads[watcher.story.user]
            until(
                lambda w=watcher, h=head: w.where == (h.epoch, h.revision),  # type: ignore[misc]
                f"at {head.epoch, head.revision}: {watcher}",
                within_s=QUIET_S,
            )

    def faults(self) -> list[str]:
        """All that is wrong; nothing may be going on any more."""
        found = [
            f"{watcher.story.name}: told to stop with {watcher.verdict}"
            for watcher in self.watchers
            if watcher.verdict is not None
        ]
        statuses = {status for api in self._apis for status in api.statuses}
        if statuses - {_UNAVAILABLE}:
            found.append(f"The API answered {statuses}")
        found += [f"{w.story.name}: {what}" for w in self.watchers for what in w.all_violations()]
        stories = [watcher.story for watcher in self.watchers]
        return found + faults(self.sends(), stories, World.read(self.users, self.prefix))

    def _serve(self, port: int, settings: dict[str, object], host: str = "127.0.0.1") -> Child:
        address = ("--host", host, "--port", str(port))
        return self._processes.manage("serve", *address, **self._settings | settings)

    def _log(self, kind: str) -> tuple[SendLog, int]:
        number = len(self._logs)
        log = SendLog(self.folder / f"{kind}{number}.jsonl")
        self._logs.append(log)
        return log, number


def _sign_in(user: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(_SESSION_S)
    session.create()
    key: str = session.session_key
    return key
