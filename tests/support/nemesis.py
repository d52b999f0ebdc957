"""What befalls a cluster, chosen by a seed: ``SEED=7 make test-sqlite …`` does the same again.

A fault begins on entering its context and has ended on leaving it; meanwhile senders send and
clients come back. How long it lasts is part of the fault, so here is the one place that waits for
time to pass.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import threading
from typing import TYPE_CHECKING

from django.db import connection

from tests.support.history import Outcome
from tests.support.own_database import write_lock
from tests.support.processes import until
from tests.support.proxy import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.support.cluster import Cluster

    Inflict = Callable[["Nemesis"], AbstractContextManager[None]]

ENVIRONMENT = "SEED"
# Between two faults, so that the cluster heals from each on its own as well as from several.
_REST_S = 0.7


def seed_of_run() -> int:
    """That of the environment, or any; it is printed, and pytest shows it where a test fails."""
    seed = int(os.environ.get(ENVIRONMENT) or random.randrange(2**32))
    print(f"{ENVIRONMENT}={seed}")
    return seed


class Nemesis:
    """Inflicts faults on one cluster."""

    def __init__(self, cluster: Cluster, seed: int, *, lasts_s: float = 1.5) -> None:
        """Args: lasts_s: how long a fault lasts that has no end of its own."""
        self.cluster = cluster
        self.chance = random.Random(seed)
        self.lasts_s = lasts_s
        self.done: list[str] = []

    def faults(self) -> list[Inflict]:
        """All that can befall this cluster."""
        found = [kill_server, kill_dispatcher, kill_sender, kill_command, freeze_server]
        found += [reset_connections, black_hole, delay_traffic, stop_reading]
        if self.cluster.redis is not None:
            found += [kill_redis, hang_redis, cut_subscribers]
        if connection.vendor == "sqlite":
            found += [lock_database]
        if self.cluster.postgresql is not None:
            found += [kill_backends, restart_postgresql, stop_postgresql, freeze_postgresql]
        if self.cluster.hears:
            found += [kill_listeners, freeze_listeners]
        return found

    def run(self, how_many: int) -> None:
        """So many faults, one after the other."""
        for fault in self.plan(how_many):
            self.inflict(fault)

    def plan(self, how_many: int) -> list[Inflict]:
        """Which they are: none a second time before all others were."""
        planned: list[Inflict] = []
        while len(planned) < how_many:
            every = self.faults()
            self.chance.shuffle(every)
            planned += every
        return planned[:how_many]

    def inflict(self, *faults: Inflict) -> None:
        """All of these at the same time."""
        with contextlib.ExitStack() as stack:
            for fault in faults:
                print(fault.__name__, flush=True)
                self.done.append(fault.__name__)
                stack.enter_context(fault(self))
            pass_time(self.lasts_s)
        pass_time(_REST_S)


def pass_time(seconds: float) -> None:
    threading.Event().wait(seconds)


def _any_moment(nemesis: Nemesis) -> None:
    pass_time(nemesis.chance.uniform(0, 0.3))


# --- Processes ------------------------------------------------------------------------------------


@contextlib.contextmanager
def kill_server(nemesis: Nemesis) -> Iterator[None]:
    server = nemesis.chance.choice(nemesis.cluster.servers)
    _any_moment(nemesis)
    server.child.kill()
    yield
    nemesis.cluster.restart(server)


@contextlib.contextmanager
def freeze_server(nemesis: Nemesis) -> Iterator[None]:
    server = nemesis.chance.choice(nemesis.cluster.servers)
    # While it holds SQLite's lock it would be the fault "lock_database" for all.
    server.child.freeze()
    yield
    server.child.thaw()


@contextlib.contextmanager
def kill_dispatcher(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.dispatcher is not None
    _any_moment(nemesis)
    nemesis.cluster.dispatcher.kill()
    yield
    nemesis.cluster.start_dispatcher()


@contextlib.contextmanager
def kill_sender(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.sender is not None
    _any_moment(nemesis)
    nemesis.cluster.sender.kill()
    yield
    nemesis.cluster.start_sender()


@contextlib.contextmanager
def kill_command(nemesis: Nemesis) -> Iterator[None]:
    """A `notify` that is killed at any moment, and run again with the same key."""
    cluster = nemesis.cluster
    log = cluster.note("command")
    title = f"{cluster.prefix}command-{len(nemesis.done)}"
    arguments = ["notify", title, "--key", title]
    for name in cluster.names():
        arguments += ["--user", name]
    log.begins(title, cluster.users)
    killed = cluster.manage(*arguments)
    pass_time(nemesis.chance.uniform(0.3, 1.5))
    killed.kill()
    yield
    again = cluster.manage(*arguments)
    assert again.wait() == 0, again.report()
    said = re.search(r"^Notification (\d+) ", again.output(), re.MULTILINE)
    assert said is not None, again.report()
    pk = int(said.group(1))
    log.ended(title, Outcome.ACKNOWLEDGED, notification_id=pk)


# --- The network ----------------------------------------------------------------------------------


@contextlib.contextmanager
def reset_connections(nemesis: Nemesis) -> Iterator[None]:
    for proxy in nemesis.cluster.proxies:
        proxy.cut()
    yield


@contextlib.contextmanager
def black_hole(nemesis: Nemesis) -> Iterator[None]:
    """Nothing gets through to one server; then what hung is reset, as by a router."""
    proxy = nemesis.chance.choice(nemesis.cluster.proxies)
    proxy.fault("/", Fault.BLACK_HOLE)
    yield
    proxy.cut()
    proxy.fault("/", None)


@contextlib.contextmanager
def delay_traffic(nemesis: Nemesis) -> Iterator[None]:
    """Clients of one server are behind those of the others, and behind what they themselves do."""
    proxy = nemesis.chance.choice(nemesis.cluster.proxies)
    proxy.fault("/", Fault.DELAY)
    yield
    proxy.fault("/", None)


@contextlib.contextmanager
def stop_reading(nemesis: Nemesis) -> Iterator[None]:
    """A client takes nothing from the kernel for a while."""
    watcher = nemesis.chance.choice(nemesis.cluster.watchers)
    watcher.pause_reading()
    yield
    watcher.read_on()


# --- Redis ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def kill_redis(nemesis: Nemesis) -> Iterator[None]:
    redis = nemesis.cluster.redis
    assert redis is not None
    redis.kill()
    yield
    redis.start()


@contextlib.contextmanager
def hang_redis(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.redis is not None
    with nemesis.cluster.redis.frozen():
        yield


@contextlib.contextmanager
def cut_subscribers(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.redis is not None
    nemesis.cluster.redis.cut_subscribers()
    yield


# --- The database ---------------------------------------------------------------------------------


@contextlib.contextmanager
def lock_database(_nemesis: Nemesis) -> Iterator[None]:
    with write_lock():
        yield


@contextlib.contextmanager
def kill_backends(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.postgresql is not None
    until(nemesis.cluster.postgresql.terminate_backends, "somebody is connected")
    yield


@contextlib.contextmanager
def kill_listeners(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.postgresql is not None
    nemesis.cluster.postgresql.terminate_listeners()
    yield


@contextlib.contextmanager
def freeze_listeners(nemesis: Nemesis) -> Iterator[None]:
    """Whoever listens hears nothing; maybe nobody can notify meanwhile."""
    assert nemesis.cluster.postgresql is not None
    with nemesis.cluster.postgresql.frozen_listeners():
        yield


@contextlib.contextmanager
def restart_postgresql(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.postgresql is not None
    nemesis.cluster.postgresql.restart_at_once()
    yield


@contextlib.contextmanager
def stop_postgresql(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.postgresql is not None
    with nemesis.cluster.postgresql.stopped():
        yield


@contextlib.contextmanager
def freeze_postgresql(nemesis: Nemesis) -> Iterator[None]:
    assert nemesis.cluster.postgresql is not None
    with nemesis.cluster.postgresql.frozen():
        yield
