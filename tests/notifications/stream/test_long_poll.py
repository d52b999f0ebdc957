"""A long poll obeys the protocol (section 2): facts in, one answer out, and no clock."""

import json
from itertools import count
from random import Random

import pytest

from notifications.stream.long_poll import LongPoll
from notifications.stream.messages import Close, Hint, Limits, Load, Send
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor
from tests.support.stream_world import Client, Inbox

KIB = 1024
WAIT_S = 25


class Talk:
    """A poll and all that it is told; what it answers is noted: "load", a code, or the answer."""

    def __init__(self, inbox, cursor="head", wait_s=WAIT_S):
        self.inbox, self.now, self.loads, self.said = inbox, 0.0, [], []
        self.poll = LongPoll(0.0, wait_s, Limits())
        if cursor == "head":
            cursor = Cursor(inbox.epoch, inbox.revision)
        self.do(self.poll.open(cursor))

    def do(self, actions):
        said = []
        for action in actions:
            if isinstance(action, Load):
                self.loads.append(action.cursor)
                said.append("load")
            elif isinstance(action, Send):
                said.append(json.loads(action.frame))
            else:
                assert isinstance(action, Close)
                said.append(int(action.code))
        self.said += said
        return said

    def finds(self, found=None):
        return self.do(self.poll.loaded(found or self.inbox.load(self.loads[-1]), self.now))

    def fails(self):
        return self.do(self.poll.failed(self.now))

    def hears(self, revision=None, epoch_tag=None):
        revision = self.inbox.revision if revision is None else revision
        hint = Hint(epoch_tag or self.inbox.epoch_tag, revision - 1, revision)
        return self.do(self.poll.hinted(hint, self.now))

    def is_told(self):
        return self.do(self.poll.behind(self.inbox.epoch_tag, self.inbox.revision))

    def is_woken(self):
        return self.do(self.poll.woken())

    def ends(self, code):
        return self.do(self.poll.end(code, "So be it.", self.now))

    def tick(self, now):
        self.now = now
        return self.do(self.poll.tick(now))


@pytest.fixture
def inbox():
    found = Inbox("alice", "epoch 1", "life 1")
    for n in range(3):
        found.arrive(f"n{n}", 100)
    return found


def held(inbox, **options):
    """One that has looked, and waits."""
    talk = Talk(inbox, **options)
    assert talk.finds() == []
    return talk


def kinds(answer):
    return [frame["type"] for frame in answer["frames"]]


def test_without_a_cursor_it_answers_at_once_with_a_snapshot(inbox):
    talk = Talk(inbox, cursor=None)
    (answer,) = talk.finds()
    assert kinds(answer) == ["snapshot", "synced"]
    assert {name: answer[name] for name in answer if name != "frames"} == {
        "user": "alice", "epoch": "epoch 1", "revision": 3, "floor": 0,
        "counts": {"unread": 3, "unseen": 3},
    }  # fmt: skip


@pytest.mark.parametrize("cursor", [Cursor("other", 3), Cursor("epoch 1", 99)])
def test_a_cursor_that_is_of_no_use_is_none(inbox, cursor):
    (answer,) = Talk(inbox, cursor=cursor).finds()
    assert kinds(answer) == ["snapshot", "synced"]


def test_behind_the_head_it_answers_at_once_with_what_changed(inbox):
    (answer,) = Talk(inbox, cursor=Cursor("epoch 1", 1)).finds()
    assert kinds(answer) == ["changes", "synced"]
    assert answer["revision"] == 3
    assert (answer["frames"][0]["since"], answer["frames"][1]["revision"]) == (1, 3)


def test_at_the_head_it_waits_and_then_says_nothing_new(inbox):
    talk = held(inbox)
    assert talk.poll.deadline() == WAIT_S
    assert talk.tick(WAIT_S - 0.1) == []
    (answer,) = talk.tick(WAIT_S)
    assert (answer["frames"], answer["revision"]) == ([], 3)
    assert answer["counts"] == {"unread": 3, "unseen": 3}
    assert talk.poll.deadline() == float("inf")


def test_it_need_not_wait(inbox):
    (answer,) = Talk(inbox, wait_s=0).finds()
    assert answer["frames"] == []


@pytest.mark.parametrize("tell", [Talk.hears, Talk.is_told, Talk.is_woken])
def test_it_reads_what_it_hears_of_and_answers(inbox, tell):
    talk = held(inbox)
    inbox.arrive("new", 100)
    assert tell(talk) == ["load"]
    (answer,) = talk.finds()
    assert kinds(answer) == ["changes", "synced"]
    assert [one["id"] for one in answer["frames"][0]["notifications"]] == ["new"]
    assert tell(talk) == talk.tick(100) == talk.ends(CloseCode.RESTART) == []


def test_what_it_knows_already_costs_no_read(inbox):
    talk = held(inbox)
    assert talk.hears(3) == talk.hears(2) == talk.is_told() == []


def test_a_lie_costs_a_read_and_is_forgotten(inbox):
    talk = held(inbox)
    for epoch_tag in ("life 1", "nonsense"):
        assert talk.hears(99, epoch_tag) == ["load"]
        assert talk.finds() == []


@pytest.mark.parametrize("when", ["at first", "later"])
def test_what_is_heard_during_a_read_is_read_again(inbox, when):
    talk = Talk(inbox) if when == "at first" else held(inbox)
    if when == "later":
        talk.hears(99)
    found = inbox.load(talk.loads[-1])
    inbox.arrive("new", 100)
    assert talk.hears() == []
    assert talk.finds(found) == ["load"]
    assert kinds(talk.finds()[0]) == ["changes", "synced"]


def test_another_epoch_is_a_snapshot(inbox):
    talk = held(inbox)
    inbox.epoch, inbox.epoch_tag = "epoch 2", "life 2"
    assert talk.is_told() == ["load"]
    (answer,) = talk.finds()
    assert (answer["epoch"], kinds(answer)) == ("epoch 2", ["snapshot", "synced"])


def test_all_that_changed_is_in_one_answer_however_much(inbox):
    for n in range(40):
        inbox.arrive(f"large {n}", 10 * KIB)
    (answer,) = Talk(inbox, cursor=Cursor("epoch 1", 0)).finds()
    assert set(kinds(answer)[:-1]) == {"changes"}
    assert [frame.get("partial", False) for frame in answer["frames"]][-2:] == [False, False]
    client = Client()
    client.epoch, client.revision = "epoch 1", 0
    for frame in answer["frames"][:-1]:
        assert client.changes(frame) == "applied"
    assert client.difference(inbox) == ""


def test_one_change_that_fits_no_frame_is_a_snapshot(inbox):
    for n in range(40):
        inbox.arrive(f"large {n}", 10 * KIB)
    before = Cursor("epoch 1", inbox.revision)
    inbox.act("read", inbox.present())
    talk = Talk(inbox, cursor=before)
    assert talk.finds() == ["load"]
    (answer,) = talk.finds()
    assert kinds(answer) == ["snapshot", "synced"]
    assert answer["frames"][0]["more"]


def test_a_wait_that_ends_before_that_snapshot_is_read_tells_nothing_of_it(inbox):
    for n in range(40):
        inbox.arrive(f"large {n}", 10 * KIB)
    talk = held(inbox)
    before = inbox.revision
    inbox.act("read", inbox.present())
    assert talk.hears() == ["load"]
    assert talk.finds() == ["load"]
    (answer,) = talk.tick(WAIT_S)
    assert (answer["frames"], answer["revision"]) == ([], before)


def test_a_first_read_that_fails_or_takes_too_long_is_overloaded(inbox):
    assert Talk(inbox).fails() == [CloseCode.OVERLOADED]
    talk = Talk(inbox)
    assert talk.poll.deadline() == 3
    assert talk.tick(2.9) == []
    assert talk.tick(3) == [CloseCode.OVERLOADED]
    assert talk.finds() == []


def test_a_later_read_that_fails_is_tried_again(inbox):
    talk = held(inbox)
    inbox.arrive("new", 100)
    talk.hears()
    assert talk.fails() == []
    assert talk.poll.deadline() == 1
    assert talk.tick(0.9) == []
    assert talk.tick(1) == ["load"]
    assert kinds(talk.finds()[0]) == ["changes", "synced"]


def test_a_server_that_restarts_lets_it_go_early(inbox):
    (answer,) = held(inbox).ends(CloseCode.RESTART)
    assert (answer["frames"], answer["revision"]) == ([], 3)
    assert Talk(inbox).ends(CloseCode.RESTART) == [CloseCode.RESTART]


@pytest.mark.parametrize("code", [CloseCode.SIGNED_OUT, CloseCode.NOT_ALLOWED])
def test_who_may_not_hear_it_any_more_gets_no_answer(inbox, code):
    talk = held(inbox)
    inbox.arrive("secret", 100)
    talk.hears()
    assert talk.ends(code) == [code]
    assert talk.finds() == talk.tick(99) == []


class Weather:
    """Changes, hints that are late, lost and lies, and reads that fail; fair in the end."""

    def __init__(self, seed):
        self.random, self.names = Random(seed), count()
        self.inbox = Inbox("alice", "epoch 1", "life 1")
        self.is_fair = False

    def may(self, chance):
        return not self.is_fair and self.random.random() < chance

    def change(self):
        for _ in range(self.random.choice([1, 1, 2, 350])):
            self.inbox.arrive(f"n{next(self.names)}", self.random.choice([10, 4 * KIB]))
        few = self.random.randint(1, 60)
        self.inbox.act(
            self.random.choice(["read", "archive", "snooze", "remove"]),
            self.inbox.present()[-few:],
        )
        self.inbox.wake()

    def say(self, talk):
        what = self.random.choice(["hint", "look", "wake", "lie", "nothing"])
        if what == "look":
            talk.is_told()
        elif what == "wake":
            talk.is_woken()
        elif what != "nothing":
            talk.hears(10**6 if what == "lie" else None)

    def read(self, talk):
        found = self.inbox.load(talk.loads[-1])
        if self.may(0.2):
            self.change()
            self.say(talk)
        if self.may(0.2):
            talk.fails()
        else:
            talk.finds(found)

    def answer(self, talk):
        """What the poll comes to: an answer, or a code."""
        while not talk.said or talk.said[-1] == "load":
            if talk.poll._loading:
                self.read(talk)
            elif self.may(0.5):
                self.change()
                self.say(talk)
            else:
                talk.tick(talk.poll.deadline())
        return talk.said[-1]


def take(client, answer):
    for frame in answer["frames"]:
        if frame["type"] == "snapshot":
            client.snapshot(frame)
        elif frame["type"] == "changes":
            assert client.changes(frame) == "applied"
        else:
            assert frame["revision"] == client.revision == answer["revision"]


@pytest.mark.parametrize("seed", range(100))
def test_poll_by_poll_a_client_gets_what_there_is(seed):
    weather, client = Weather(seed), Client()
    for turn in range(30):
        weather.is_fair = turn == 29
        wait_s = weather.random.choice([0, 5, 25])
        answer = weather.answer(Talk(weather.inbox, client.cursor(), wait_s))
        if isinstance(answer, dict):
            take(client, answer)
    assert client.difference(weather.inbox) == ""
