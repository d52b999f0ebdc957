"""In any order of facts the client gets what there is."""

import copy
import json
from dataclasses import replace

from hypothesis import HealthCheck, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notifications.stream import packing
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Hint, Limits, Load, Send
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor, Pong, Resume
from tests.notifications.stream.talk import EPOCH, EPOCH_TAG, KIB, LARGEST, WINDOW
from tests.support.examples import times
from tests.support.short_way import behind, hinted
from tests.support.stream_world import Client, ClientConnection, Inbox, Referee

PROFILE = hypothesis_settings(
    max_examples=times(60),
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
)
SIZES = st.sampled_from([10, 10, 100, 20 * KIB, 50 * KIB, 70 * KIB])


class AnyOrder(RuleBasedStateMachine):
    """One stream between a database and a client by the letter; the referee watches."""

    is_answered = True

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.names = 0
        self.inbox = Inbox("user", EPOCH, EPOCH_TAG)
        self.backups = []
        self.client = Client()
        self.hints = []
        self.asked = []
        self.link = []  # frames on their way to the client
        self.held = 0
        self.connection = None
        self._connect()

    def _connect(self):
        cursor = self.client.cursor()
        self.dropped = False
        self.link.clear()
        self.asked.clear()
        self.referee = Referee(cursor, lambda: self.held, lambda: self.inbox)
        self.stream = InboxStream(
            connection="connection", born_at=self.now, server_time=lambda: "now",
            limits=Limits(ping_interval_s=20, age_s=100, is_answered=self.is_answered),
            buffered=lambda: self.held,
        )  # fmt: skip
        self.connection = ClientConnection(self.client, self._hear, self.now)
        self._do(self.stream.open(cursor))

    def _do(self, actions, *, live=False):
        for action in actions:
            if isinstance(action, Send):
                frame = json.loads(action.frame)
                note(f"  <- {frame['type']} {frame.get('since', '')} {frame.get('revision', '')}")
                self.referee.sends(frame, len(action.frame), live=live)
                self.link.append(frame)
            elif isinstance(action, Load):
                self.referee.asks(action.cursor)
                note(f"  load from {action.cursor}")
                self.asked.append(action.cursor)
            else:
                self.referee.closes(action.code)

    def _hear(self, frame):
        """What the client says arrives at once."""
        said = frames.parse(json.dumps(frame))
        note(f"  -> {said}")
        if self.referee.closed:
            return
        if isinstance(said, Resume):
            self.referee.resumed(said.cursor)
        elif isinstance(said, Pong):
            self.referee.ponged(said.epoch, said.revision)
        self._do(self.stream.received(said, self.now))

    # --- The database ---

    @rule(size=SIZES, told=st.booleans())
    def arrives(self, size, told):
        self.names += 1
        self.inbox.arrive(f"n{self.names}", size)
        self._changed(told)

    @rule(
        op=st.sampled_from(["seen", "read", "unread", "archive", "restore", "snooze", "remove"]),
        few=st.integers(1, 60), told=st.booleans(),
    )  # fmt: skip
    def acts(self, op, few, told):
        if self.inbox.act(op, self.inbox.present()[-few:]):
            self._changed(told)

    @rule(told=st.booleans())
    def wakes(self, told):
        if self.inbox.wake():
            self._changed(told)

    @rule(count=st.integers(2, 400))
    def many_arrive(self, count):
        for _ in range(count):
            self.names += 1
            self.inbox.arrive(f"n{self.names}", 10)
        self._changed(True)

    def _changed(self, told):
        if told:
            self.hints.append(self.inbox.hint(True))

    @rule()
    def old_ones_are_forgotten(self):
        self.inbox.forget(self.inbox.revision // 2)

    @rule()
    def is_backed_up(self):
        self.backups.append(self.inbox.copy())

    @precondition(lambda self: self.backups)
    @rule(index=st.integers(0, 9))
    def is_restored(self, index):
        lives = int(self.inbox.epoch_tag.split()[1]) + 1
        self.inbox = self.backups[index % len(self.backups)].copy()
        self.inbox.epoch, self.inbox.epoch_tag = f"epoch {lives}", f"life {lives}"

    # --- What reaches the stream ---

    @precondition(lambda self: self.hints)
    @rule(index=st.integers(0, 9), fate=st.sampled_from(["told", "told", "doubled", "lost"]))
    def hint_arrives(self, index, fate):
        told = self.hints[min(index, len(self.hints) - 1)]
        if fate != "doubled":
            self.hints.remove(told)
        if fate != "lost":
            loads = self.referee.loads
            self._do(hinted(self.stream, told, self.now), live=True)
            assert self.referee.loads <= loads + 1

    @rule(ahead=st.integers(0, 50), epoch_tag=st.sampled_from([None, None, "life 1", "nonsense"]))
    def forged_hint_arrives(self, ahead, epoch_tag):
        revision = self.inbox.revision + ahead
        forged = Hint(epoch_tag or self.inbox.epoch_tag, max(0, revision - 1), revision)
        self._do(hinted(self.stream, forged, self.now), live=True)

    @precondition(lambda self: self.hints)
    @rule(seconds=st.sampled_from([0, 0.25, 5]))
    def reconciler_brings_what_arrived(self, seconds):
        """The last change, as of a look that began a while ago."""
        told = replace(self.hints[-1], asked_at=self.now - seconds)
        if told.epoch_tag == self.inbox.epoch_tag and told.revision == self.inbox.revision:
            self._do(hinted(self.stream, told, self.now), live=True)

    @rule()
    def reconciler_looks(self):
        self._do(behind(self.stream, self.inbox.epoch_tag, self.inbox.revision))

    @rule()
    def somebody_says_that_something_may_be_new(self):
        self._do(self.stream.woken())

    @precondition(lambda self: self.asked)
    @rule()
    def read_is_answered(self):
        self._answer(self.inbox.load(self.asked[0]))

    @precondition(lambda self: self.asked)
    @rule(size=SIZES)
    def read_is_answered_after_another_commit(self, size):
        found = self.inbox.load(self.asked[0])
        self.arrives(size, True)
        self.hint_arrives(len(self.hints) - 1, "told")
        self._answer(found)

    @precondition(lambda self: self.asked)
    @rule(most_bytes=SIZES)
    def read_is_answered_in_part(self, most_bytes):
        found = self.inbox.load(self.asked[0])
        changes, more = packing.first(found.changes, most_bytes)
        self._answer(replace(found, changes=changes, more=found.more or more))

    def _answer(self, found):
        self.asked.pop(0)
        self.referee.answered(found)
        self._do(self.stream.loaded(found, self.now))

    @precondition(lambda self: self.asked)
    @rule()
    def read_fails(self):
        self.asked.pop(0)
        self.referee.answered()
        self._do(self.stream.failed(self.now))

    @rule(seconds=st.sampled_from([0.25, 1, 1, 5, 11, 30]))
    def time_passes(self, seconds):
        self.now += seconds
        self._do(self.stream.tick(self.now))
        if not self.referee.closed:
            self.connection.tick(self.now)

    @rule(held=st.sampled_from([0, 0, 0, 63 * KIB, 64 * KIB]))
    def buffer_holds(self, held):
        is_more, self.held = held > self.held, held
        if is_more:
            # Whatever a buffer holds more than before was sent, as some fact wanted it.
            self._do(self.stream.tick(self.now))

    # --- What reaches the client ---

    @rule(count=st.integers(1, 9))
    def frames_are_delivered(self, count):
        self._deliver(count)

    def _deliver(self, count):
        while self.link and count and not self.referee.closed:
            frame = self.link.pop(0)
            if frame["type"] == "changes" and not self.dropped and not self.connection.asking:
                assert frame["since"] <= self.client.revision, "a gap"
            self.connection.take(frame, self.now)
            count -= 1

    @precondition(lambda self: self.link and self.link[0]["type"] == "changes")
    @rule()
    def client_drops_a_frame(self):
        self.link.pop(0)
        self.dropped = True

    @rule()
    def client_forgets(self):
        self.client.forget()
        self.dropped = True

    @precondition(lambda self: not self.connection.asking)
    @rule()
    def client_resumes(self):
        self.connection.resume(self.now)

    @rule(resume=st.booleans(), since=st.integers(0, 600))
    def client_says_nonsense(self, resume, since):
        self.dropped = True
        kind = {"type": "resume", "since": since} if resume else {"type": "pong", "revision": since}
        self._hear(kind | {"epoch": self.referee.epoch or EPOCH})

    @precondition(lambda self: self.referee.closed)
    @rule()
    def client_comes_back(self):
        self._connect()

    # --- What always holds ---

    @invariant()
    def the_client_is_where_the_stream_thinks(self):
        waits = self.link or self.dropped or self.asked or self.referee.owed
        # The snapshot of a new epoch may wait for room.
        if waits or self.referee.closed or self.client.epoch != self.stream.epoch:
            return
        assert self.client.revision == self.stream.position
        if self.client.cursor() == Cursor(self.inbox.epoch, self.inbox.revision):
            assert self.client.difference(self.inbox) == ""

    @invariant()
    def no_more_is_on_the_way_than_the_window_and_one_frame(self):
        assert self.referee.outstanding < WINDOW + LARGEST

    @invariant()
    def the_deadline_is_not_later_than_what_a_tick_does(self):
        before = self.stream.deadline() - 0.01
        if before > self.now:
            did = copy.deepcopy(self.stream).tick(before)
            assert not did, f"it would do {did} before its deadline"

    def teardown(self):
        """Without further faults the client gets what there is, by what it is told anyway."""
        self.held = 0
        self.hints.clear()
        for turn in range(60):
            # Who lost what was sent before its `synced` cannot acknowledge it, nor ask again.
            if self.referee.closed or (self.dropped and turn == 30):
                self.client_comes_back()
            self.reconciler_looks()
            self._deliver(1000)
            for _ in range(20):
                if self.asked:
                    self.read_is_answered()
                    self._deliver(1000)
            assert not self.asked, "it reads again and again"
            self.time_passes(0.5)
        difference = self.client.difference(self.inbox)
        assert not difference, difference


def test_in_any_order_of_facts_the_client_gets_what_there_is():
    run_state_machine_as_test(AnyOrder, settings=PROFILE)


class AnyOrderUnanswered(AnyOrder):
    """The same over SSE: the client takes whatever comes, and comes back where it would resume."""

    is_answered = False

    def _hear(self, frame):
        if frame["type"] == "resume":
            self._connect()

    def _deliver(self, count):
        # What was sent before the end arrives.
        while self.link and count:
            self.connection.take(self.link.pop(0), self.now)
            count -= 1

    @precondition(lambda self: self.referee.closed)
    @rule()
    def client_comes_back(self):
        self._deliver(1000)
        self._connect()

    @invariant()
    def nothing_is_waited_for_and_nothing_follows_a_full_window(self):
        assert self.referee.said_bye not in {CloseCode.NO_PONG, CloseCode.TOO_SLOW}
        assert self.referee.closed or self.referee.outstanding < WINDOW
        assert self.referee.closed or self.referee.said_bye is None


def test_in_any_order_of_facts_a_client_that_says_nothing_gets_it_too():
    run_state_machine_as_test(AnyOrderUnanswered, settings=PROFILE)
