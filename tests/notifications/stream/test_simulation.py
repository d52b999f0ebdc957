"""Streams and clients in a world that fails: in the end every client has what the database has.

Each seed is a world of its own. What went wrong in one is tried again by ``STREAM_SEED=17``; more
worlds than usual are tried by ``STREAM_SEEDS=5000``.
"""

import heapq
import json
import os
from collections import deque
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import pytest

from notifications.stream import packing
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Hint, Limits, Load, Send
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Pong, Resume
from tests.support import short_way
from tests.support.stream_world import CONTENT, Client, ClientConnection, Inbox, Referee

KIB = 1024
WINDOW = 64 * KIB
LARGEST = 128 * KIB
# What a buffer holds beside content: pings, pongs and the like.
SMALL = 4 * KIB

STEP_S = 0.1
FAULTS_S = 15
# The silence of a dead connection is noticed after 35 s, and the next try is 20 s away at most.
QUIET_S = 120
STILL_S = 6
RECONCILE_S = 1
# Of the hints that streams are told, so many are told to two of each.
PROVEN_EVERY = 16

SEEDS = (
    [int(os.environ["STREAM_SEED"])]
    if "STREAM_SEED" in os.environ
    else range(int(os.environ.get("STREAM_SEEDS", "200")))
)
# Each has a layer and a reconciler that fail on their own.
PROCESSES = (0, 1)
# How long a client that has dropped something waits for an answer that brings it no further.
STUCK_S = 40
# Seeds that share a test: a test each would cost more than the world does.
SHARE = 20


@dataclass
class Counts:
    """What may have caused a read, and what was read."""

    connections: int = 0
    hints: int = 0
    looks: int = 0
    pongs: int = 0
    resumes: int = 0
    failures: int = 0
    loads: int = 0
    contents: int = 0


class Link:
    """What is on its way from a server to a client, and how fast."""

    def __init__(self, rate):
        self.rate = rate  # bytes a second
        self.waiting = deque()
        self.bytes = 0
        self._credit = 0.0
        self.closed = None  # the code, once the server has closed

    def put(self, frame):
        self.waiting.append(frame)
        self.bytes += len(frame)

    def step(self):
        """The frames that arrive now."""
        self._credit = self._credit + self.rate * STEP_S if self.waiting else 0.0
        while self.waiting and self._credit >= len(self.waiting[0]):
            frame = self.waiting.popleft()
            self._credit -= len(frame)
            self.bytes -= len(frame)
            yield frame


class Connection:
    """Both ends of one: a stream as a consumer keeps it, and a client's connection."""

    def __init__(self, world, person):
        self.world, self.person = world, person
        self.link = Link(person.rate)
        self.is_open = True
        self.process = world.random.choice(PROCESSES)
        self.opened_at = world.now
        self.scheduled_at = float("inf")
        cursor = person.client.cursor()
        self.referee = Referee(cursor, lambda: self.link.bytes, lambda: world.inboxes[person.user])
        self.client_end = ClientConnection(person.client, self.hear, world.now)
        self.synced_at = None
        self.comes_back = False
        random = world.random
        self.stream = InboxStream(
            connection="c", born_at=world.now, server_time=lambda: "now",
            limits=Limits(person.ping_interval_s, age_s=world.age_s(), is_answered=person.answers),
            buffered=lambda: self.link.bytes,
        )  # fmt: skip
        self.latency_s = random.choice([0.0, 0.02, 0.2])
        world.counts.connections += 1
        self.perform(self.stream.open(cursor))

    # --- The server's end ---

    def perform(self, actions, *, live=False):
        world = self.world
        for action in actions:
            if isinstance(action, Send):
                frame = json.loads(action.frame)
                world.log(self, "<-", frame)
                self.referee.sends(frame, len(action.frame), live=live)
                world.counts.contents += frame["type"] in CONTENT
                self.link.put(action.frame)
            elif isinstance(action, Load):
                world.log(self, "load", action.cursor)
                self.referee.asks(action.cursor)
                world.counts.loads += 1
                world.read(self, action.cursor)
            else:
                self.referee.closes(action.code)
                self.link.closed = action.code
        if not self.referee.closed:
            # Content starts below the window; after a resume what went before may be waiting still.
            most = max(self.referee.outstanding, self.link.bytes)
            assert most < WINDOW + LARGEST + SMALL, f"{most} bytes are on the way"
        deadline = self.stream.deadline()
        if deadline < self.scheduled_at or self.scheduled_at <= world.now:
            self.scheduled_at = deadline

    def answer(self, found):
        if self.is_open:
            self.referee.answered(found)
            if found is None:
                self.world.counts.failures += 1
                self.perform(self.stream.failed(self.world.now))
            else:
                self.perform(self.stream.loaded(found, self.world.now))

    def hinted(self, hint):
        self.world.counts.hints += 1
        loads = self.referee.loads
        # Each time both ways would take as long as all the rest.
        is_proven = self.world.counts.hints % PROVEN_EVERY == 0
        tell = short_way.hinted if is_proven else short_way.hinted_quickly
        self.perform(tell(self.stream, hint, self.world.now), live=True)
        assert self.referee.loads <= loads + 1

    def hear(self, frame):
        """What the client says arrives a moment later; over SSE it comes back instead."""
        if not self.person.answers:
            if frame["type"] == "resume":
                self.comes_back = True
            return
        self.world.at(self.latency_s, lambda: self.received(frame))

    def received(self, frame):
        if not self.is_open or self.referee.closed:
            return
        said = frames.parse(json.dumps(frame))
        self.world.log(self, "->", said)
        if isinstance(said, Resume):
            self.world.counts.resumes += 1
            self.referee.resumed(said.cursor)
        elif isinstance(said, Pong):
            self.world.counts.pongs += 1
            self.referee.ponged(said.epoch, said.revision)
        self.perform(self.stream.received(said, self.world.now))

    # --- The client's end ---

    def step(self):
        now = self.world.now
        if now >= self.scheduled_at:
            self.perform(self.stream.tick(now))
        for raw in self.link.step():
            frame = json.loads(raw)
            if self.person.drops(frame):
                self.client_end.last_heard_at = now
                continue
            self.client_end.take(frame, now, self.world.random.uniform(1, 3))
        self.client_end.tick(now)
        if self.client_end.synced and self.synced_at is None:
            self.synced_at = now
            self.person.synced(self)
        silence = now - self.client_end.last_heard_at
        patience = self.client_end.ping_interval_s + 10 if self.client_end.epoch else 5
        if self.link.closed is not None and not self.link.waiting:
            self.person.lost(self, self.link.closed)
        elif silence > patience or self.comes_back:
            self.person.lost(self, None)

    def end(self):
        """It exists no longer, at either end."""
        self.is_open = False


class Person:
    """One client, with whatever it does to stay connected (section 6)."""

    def __init__(self, world, user):
        random = world.random
        self.world, self.user = world, user
        self.client = Client()
        self.connections = []
        self.rate = random.choice([8 * KIB, 30 * KIB, 200 * KIB, 2000 * KIB])
        # The largest frame must arrive before the client takes the silence for death.
        slow = self.rate < 16 * KIB
        self.ping_interval_s = 25 if slow else random.choice([3, 5, 25])
        self.forgetful = random.random() < 0.3
        self.careless = random.random() < 0.3
        self.restless = random.random() < 0.5
        # One that does not is sent events, and says nothing.
        self.answers = random.random() < 0.6
        self.progress = None, world.now
        self.failed_times = 0
        self.connect_at = world.now + random.random()
        # On a bye of 4200 or 4202 the next one is opened before this one ends.
        self.leaving = set()

    def drops(self, frame):
        careless = self.careless and self.world.faulty and frame["type"] in {"changes", "ping"}
        return careless and self.world.random.random() < 0.1

    def step(self):
        for connection in tuple(self.connections):
            if connection.is_open:
                connection.step()
        for connection in self.connections:
            bye = connection.client_end.bye
            if bye and bye["code"] in {4200, 4202} and connection not in self.leaving:
                self.leaving.add(connection)
                self._connect_in(bye["after_ms"] / 1000)
        if self.world.now >= self.connect_at:
            self.connect_at = float("inf")
            self.connections.append(Connection(self.world, self))
        assert len(self.connections) <= 3
        if self.world.faulty:
            self._err()
        self._give_up()

    def _err(self):
        random = self.world.random
        if self.forgetful and random.random() < 0.005:
            self.client.forget()
        if self.restless and random.random() < 0.1 and self.connections:
            random.choice(self.connections).client_end.resume_if_allowed(self.world.now)

    def _give_up(self):
        """Who lost what was sent before its `synced` cannot acknowledge it, nor ask again."""
        if not (self.forgetful or self.careless):
            return
        now, revision = self.world.now, (self.client.epoch, self.client.revision)
        stuck = [end for end in self.connections if end.client_end.asking]
        if revision != self.progress[0] or not stuck:
            self.progress = revision, now
        elif now > self.progress[1] + STUCK_S:
            self.progress = revision, now
            for connection in stuck:
                self.lost(connection, None)

    def synced(self, connection):
        """The new one delivers: leave those that asked to be left."""
        for other in tuple(self.leaving):
            if other is not connection and other in self.connections:
                self.ended(other)

    def lost(self, connection, code):
        bye = connection.client_end.bye
        assert code not in {4001, 4003, 4008, 4010, 4100}, f"closed with {code}"
        was_leaving = connection in self.leaving
        stable = connection.synced_at is not None and self.world.now > connection.synced_at + 10
        self.failed_times = 0 if stable else self.failed_times + 1
        self.ended(connection)
        if was_leaving and (self.connections or self.connect_at < float("inf")):
            return
        delay = min(20, 0.5 * 2**self.failed_times)
        after_s = bye["after_ms"] / 1000 if bye else 0
        if bye and bye["code"] in {4200, 4202}:
            self._connect_in(after_s)  # it had no time to open the next one first
        else:
            self._connect_in(after_s or self.world.random.uniform(0, delay))

    def ended(self, connection):
        connection.end()
        self.connections.remove(connection)
        self.leaving.discard(connection)

    def _connect_in(self, delay):
        self.connect_at = min(self.connect_at, self.world.now + delay)


@dataclass
class World:
    seed: int
    now: float = 1000.0
    faulty: bool = True
    counts: Counts = field(default_factory=Counts)
    noisy: bool = False

    def __post_init__(self):
        self.random = random = Random(self.seed)
        self._due = []
        self._order = count()
        self._names = count()
        self._lives = count(2)
        self.epoch_tag = "life 1"
        self.inboxes = {
            f"user {n}": Inbox(f"user {n}", f"epoch 1 {n}", self.epoch_tag) for n in (1, 2)
        }
        self._backups = []
        self._told = {process: {} for process in PROCESSES}
        self._told_life = dict.fromkeys(PROCESSES, "")
        # On PostgreSQL the reconciler repeats what it sees, on SQLite it says each thing once.
        self.repeats = random.random() < 0.5
        self._ages = random.choice([(3600, 3600), (4, 30), (2, 6)])
        self._loss = random.choice([0.0, 0.1, 0.6])
        self._failure = random.choice([0.0, 0.1, 0.4])
        self._busy = random.choice([0.02, 0.1, 0.4])
        self._sizes = random.choice([(50, 500), (100, 4000), (2000, 6000)])
        for user in self.inboxes:
            for _ in range(random.choice([0, 5, 100])):
                self.inboxes[user].arrive(self._name(), self._size())
        self.people = [Person(self, user) for user in self.inboxes for _ in range(2)]

    def age_s(self):
        return self.random.uniform(*self._ages)

    def log(self, connection, *said):
        if self.noisy:
            person = self.people.index(connection.person)
            shown = [
                {k: v for k, v in one.items() if k not in {"notifications", "removed"}}
                if isinstance(one, dict)
                else one
                for one in said
            ]
            print(f"{self.now:.1f} client {person} {id(connection) % 9973}", *shown)

    def at(self, delay, call):
        heapq.heappush(self._due, (self.now + delay, next(self._order), call))

    # --- The database ---

    def _name(self):
        return f"n{next(self._names)}"

    def _size(self):
        return self.random.randint(*self._sizes)

    def read(self, connection, cursor):
        """It is read a moment later, and answered another moment later, or never was."""
        random = self.random
        found = []

        def look():
            if not (self.faulty and random.random() < self._failure):
                whole = self.inboxes[connection.person.user].load(cursor)
                changes, more = packing.first(whole.changes, packing.READ_MAX_BYTES)
                found.append(replace(whole, changes=changes, more=whole.more or more))

        slow = 1.0 if self.faulty and random.random() < 0.1 else 0.05
        before, after = random.uniform(0, slow), random.uniform(0, slow)
        self.at(before, look)
        self.at(before + after, lambda: connection.answer(found[0] if found else None))

    def _change(self):
        random = self.random
        inbox = random.choice(list(self.inboxes.values()))
        if random.random() < 0.05:
            for _ in range(random.choice([10, 350])):
                inbox.arrive(self._name(), random.randint(10, 300))
                self._tell(inbox)
            return
        names = inbox.present()
        if random.random() < 0.5 or not names:
            if random.random() < 0.8 or not inbox.wake():
                inbox.arrive(self._name(), self._size())
        else:
            op = random.choice(["seen", "read", "unread", "archive", "restore", "snooze", "remove"])
            chosen = random.sample(names, min(len(names), random.choice([1, 1, 1, 5, 100])))
            if not inbox.act(op, chosen):
                return
        self._tell(inbox)

    def _disturb(self):
        random = self.random
        fault = random.random()
        if fault < 0.1:
            self._backups.append(
                (self.epoch_tag, {user: i.copy() for user, i in self.inboxes.items()})
            )
        elif fault < 0.12 and self._backups:
            self._restore(random.choice(self._backups)[1])
        elif fault < 0.2:
            inbox = random.choice(list(self.inboxes.values()))
            inbox.forget(inbox.revision // 2)
        elif fault < 0.4:
            self._cut(random.choice(self.people))
        elif fault < 0.45:
            after_ms = random.choice([0, 2000])
            for connection in self.open_connections():
                actions = connection.stream.end(CloseCode.RESTART, "Restart.", self.now, after_ms)
                connection.perform(actions)
        elif fault < 0.7:
            self._forge()

    def _restore(self, backup):
        number = next(self._lives)
        self.epoch_tag = f"tag {number}"
        self.inboxes = {user: inbox.copy() for user, inbox in backup.items()}
        for n, inbox in enumerate(self.inboxes.values()):
            inbox.epoch_tag, inbox.epoch = self.epoch_tag, f"epoch {number} {n}"

    def _cut(self, person):
        for connection in tuple(person.connections):
            if self.random.random() < 0.5:
                person.lost(connection, None)
            else:
                # The client notices by the silence.
                connection.link.waiting.clear()
                connection.link.rate = 0

    # --- The layer and the reconciler ---

    def _tell(self, inbox):
        self._deliver(inbox.user, inbox.hint(self.random.random() < 0.9))

    def _forge(self):
        random = self.random
        user, inbox = random.choice(list(self.inboxes.items()))
        revision = max(1, inbox.revision + random.randint(-5, 50))
        epoch_tag = random.choice([inbox.epoch_tag, inbox.epoch_tag, "life 1", "nonsense"])
        self._deliver(user, Hint(epoch_tag, revision - 1, revision))

    def _deliver(self, user, hint):
        for process in PROCESSES:
            self._deliver_to(process, user, hint)

    def _deliver_to(self, process, user, hint):
        random = self.random
        if self.faulty and random.random() < self._loss:
            return
        times = 2 if self.faulty and random.random() < 0.1 else 1
        for _ in range(times):
            late = random.random() < 0.1 and self.faulty
            delay = random.uniform(0, 2) if late else random.uniform(0, 0.02)
            self.at(delay, lambda: self._hinted(process, user, hint))

    def _hinted(self, process, user, hint):
        # Where no layer joins the processes, they are told that there is something, and not what.
        is_told_all = self.random.random() < 0.8
        for connection in self.open_connections(process):
            if connection.person.user != user:
                continue
            if is_told_all:
                connection.hinted(hint)
            else:
                connection.perform(connection.stream.woken())

    def _look(self, process):
        """What a reconciler does, once a second; while there are faults, not always."""
        if self.faulty and self.random.random() < 0.5:
            return
        standing = {user: inbox.revision for user, inbox in self.inboxes.items()}
        if self.epoch_tag != self._told_life[process]:
            self._told_life[process], self._told[process] = self.epoch_tag, {}
            for connection in self.open_connections(process):
                if connection.stream.epoch_tag not in {"", self.epoch_tag}:
                    connection.perform(connection.stream.behind(self.epoch_tag, 0))
        before, self._told[process] = self._told[process], standing
        rows = {user: r for user, r in standing.items() if before.get(user) != r}
        if not rows and self.repeats:
            rows = standing
        for connection in self.open_connections(process):
            if connection.person.user in rows:
                self.counts.looks += 1
                revision = rows[connection.person.user]
                told = (self.epoch_tag, revision, self.now)
                if not connection.stream.outgoing.is_at(*told):
                    connection.perform(connection.stream.behind(*told))

    def open_connections(self, process=None):
        # The server has closed some that the client does not know of.
        return [
            connection
            for person in self.people
            for connection in person.connections
            if connection.is_open and not connection.referee.closed
            if process in {None, connection.process}
        ]

    # --- Time ---

    def run(self, seconds, until=lambda: False):
        steps = round(seconds / STEP_S)
        for n in range(steps):
            self.now += STEP_S
            if self.faulty:
                if self.random.random() < self._busy:
                    self._change()
                if self.random.random() < 0.05:
                    self._disturb()
            if n % round(RECONCILE_S / STEP_S) == 0:
                for process in PROCESSES:
                    self._look(process)
            while self._due and self._due[0][0] <= self.now:
                heapq.heappop(self._due)[2]()
            for person in self.people:
                person.step()
            if until():
                return

    def differences(self):
        """Of clients from the database, and of streams from what they should have sent."""
        found = []
        for n, person in enumerate(self.people):
            inbox = self.inboxes[person.user]
            if difference := person.client.difference(inbox):
                found.append(f"client {n} {difference}")
            if not any(connection.client_end.synced for connection in person.connections):
                found.append(f"client {n} is not synced")
        for connection in self.open_connections():
            stream, inbox = connection.stream, self.inboxes[connection.person.user]
            n = self.people.index(connection.person)
            if not connection.link.rate:
                continue  # it is dead, and nobody knows yet
            if connection.referee.owed:
                found.append(f"a stream of client {n} owes {connection.referee.owed} synced")
            if (stream.epoch, stream.position) != (inbox.epoch, inbox.revision):
                found.append(
                    f"a stream of client {n} is at {stream.epoch}.{stream.position} "
                    f"instead of {inbox.epoch}.{inbox.revision}"
                )
        return found


def live_through(seed, *, noisy=False):
    world = World(seed, noisy=noisy)
    world.run(FAULTS_S)
    world.faulty = False
    # A last change that everybody is told of.
    for inbox in world.inboxes.values():
        inbox.arrive(world._name(), 100)
        world._tell(inbox)
    _settle(world)
    counts = world.counts
    caused = (
        counts.connections + counts.hints + counts.looks + counts.pongs + 2 * counts.resumes
        + 2 * counts.failures + 2 * counts.contents
    )  # fmt: skip
    assert counts.loads <= caused, f"a storm of reads: {counts}"
    _stay(world)


def _settle(world):
    world.run(QUIET_S, until=lambda: not world.differences())
    differences = world.differences()
    assert not differences, "; ".join(differences)


def _stay(world):
    """Where nothing happens, nothing is read but for new connections."""
    world.run(3)  # hints that came late have come
    before = Counts(**vars(world.counts))
    world.run(STILL_S)
    _settle(world)  # some may just be on their way from one connection to the next
    asked = world.counts.connections - before.connections + world.counts.resumes - before.resumes
    assert world.counts.loads - before.loads <= asked, "reads without a reason"
    assert world.counts.resumes - before.resumes <= len(world.people), "a storm of resumes"


@pytest.mark.parametrize("first", SEEDS[::SHARE])
def test_after_all_faults_every_client_has_what_the_database_has(first):
    for seed in [seed for seed in SEEDS if first <= seed < first + SHARE]:
        try:
            live_through(seed)
        except BaseException:
            print(f"Try again with STREAM_SEED={seed}")
            raise
