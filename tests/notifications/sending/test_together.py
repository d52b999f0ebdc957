"""Threads that do the same at the same time do it together, and none waits for nothing."""

import threading

import pytest
from django.db import OperationalError

from notifications.sending.together import Together
from tests.support.processes import until

ROOM = 100


class Work:
    """What is done together: it waits until it may go on, and tells what it was given."""

    def __init__(self):
        self.done, self.may_go_on = [], threading.Event()
        self.answers, self.errors = [], []

    def __call__(self, some):
        self.done.append(list(some))
        assert self.may_go_on.wait(60)
        if "bad" in some:
            raise RuntimeError("bad")
        if "ended" in some:
            raise SystemExit
        return None if "alone" in some else [one.upper() for one in some]

    def ask(self, together, *words):
        def do(word):
            try:
                self.answers.append(together.do(word, ROOM))
            except (RuntimeError, SystemExit, OperationalError) as error:
                self.errors.append(error)

        threads = [threading.Thread(target=do, args=[word]) for word in words]
        for thread in threads:
            thread.start()
        return threads


def joined(threads):
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def patient(monkeypatch):
    """Nobody begins beside somebody else, however slow the machine is."""
    monkeypatch.setattr("notifications.sending.together._PATIENCE_S", 60)


def behind_a_first(work, together, *words):
    """While the first is at work these come."""
    first = work.ask(together, "first")
    until(lambda: work.done, "the first is at work")
    rest = work.ask(together, *words)
    until(lambda: len(together._waiting) == len(words), "the others wait")
    work.may_go_on.set()
    joined(first + rest)


def test_those_who_come_meanwhile_go_together(patient):
    work = Work()
    behind_a_first(work, Together(work, len), "a", "b", "c")
    first, second = work.done
    assert (first, sorted(second)) == (["first"], ["a", "b", "c"])
    assert sorted(work.answers) == ["A", "B", "C", "FIRST"]


def test_as_many_as_there_is_room_for(patient):
    work = Work()
    large = "x" * (ROOM - 1)
    behind_a_first(work, Together(work, len), large, "yy", "z")
    assert sorted(map(len, work.answers)) == [1, 2, 5, ROOM - 1]
    assert all(sum(map(len, some)) <= ROOM for some in work.done)


def test_what_fails_fails_for_those_it_was_done_with(patient):
    work = Work()
    together = Together(work, len)
    behind_a_first(work, together, "bad", "b")
    assert (len(work.errors), work.answers) == (2, ["FIRST"])
    joined(work.ask(together, "later"))
    assert work.answers == ["FIRST", "LATER"]


def test_what_cannot_be_done_together_is_told_to_each(patient):
    work = Work()
    behind_a_first(work, Together(work, len), "alone", "b")
    assert sorted(work.answers, key=str) == ["FIRST", None, None]


def test_who_is_kept_waiting_begins_beside(monkeypatch):
    monkeypatch.setattr("notifications.sending.together._PATIENCE_S", 0)
    work = Work()
    together = Together(work, len)
    stuck = work.ask(together, "first")
    until(lambda: work.done, "the first is at work")
    rest = work.ask(together, "a")
    until(lambda: len(work.done) == 2, "the second is, too")
    work.may_go_on.set()
    joined(stuck + rest)
    assert sorted(work.answers) == ["A", "FIRST"]


@pytest.mark.parametrize("patience_s", [0, 0.0001, 60])
def test_with_many_threads_each_gets_its_own_answer(monkeypatch, patience_s):
    monkeypatch.setattr("notifications.sending.together._PATIENCE_S", patience_s)
    work = Work()
    work.may_go_on.set()
    together = Together(work, len)
    words = [f"w{n}" for n in range(200)]
    joined(work.ask(together, *words))
    assert sorted(map(str, work.answers)) == sorted(word.upper() for word in words)
    assert sorted(word for some in work.done for word in some) == sorted(words)


def test_what_ends_one_thread_ends_no_other(patient):
    work = Work()
    behind_a_first(work, Together(work, len), "ended", "b")
    assert work.answers == ["FIRST"]
    assert {type(one) for one in work.errors} == {SystemExit, OperationalError}


@pytest.mark.parametrize("is_called", [False, True])
def test_who_is_interrupted_while_it_waits_is_not_served_later(monkeypatch, is_called):
    """As by a time limit of gevent's or Celery's, or by Ctrl-C."""
    work = Work()
    together = Together(work, len)
    first = work.ask(together, "first")
    until(lambda: work.done, "the first is at work")

    def interrupted(self, _timeout=None):
        if is_called:
            self.set()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # Only this thread waits.
        patch.setattr(
            "notifications.sending.together.threading.Event", interrupted_event(interrupted)
        )
        with pytest.raises(KeyboardInterrupt):
            together.do("mine", ROOM)
    work.may_go_on.set()
    joined(first)
    joined(work.ask(together, "later"))
    assert work.done == [["first"], ["later"]]
    assert sorted(work.answers) == ["FIRST", "LATER"]


def interrupted_event(wait):
    return type("Interrupted", (threading.Event,), {"wait": wait})
