"""What a reconciler is to look at next, by which of those who ask and of the clock."""

import threading
import time

from notifications.push.reconcilers import wanted as wanted_module
from notifications.push.reconcilers.wanted import Wanted

# Longer than any test takes.
NEVER_S = 1e6


def begun():
    wanted = Wanted()
    assert wanted.next(NEVER_S) is None  # the first look is at all
    return wanted


def test_what_is_asked_for_meanwhile_goes_together():
    wanted = begun()
    wanted.add({1})
    wanted.add({2, 3})
    assert wanted.next(NEVER_S) == {1, 2, 3}


def test_whoever_waits_is_woken():
    wanted, found = begun(), []
    thread = threading.Thread(target=lambda: found.append(wanted.next(NEVER_S)))
    thread.start()
    wanted.add({7})
    thread.join(30)
    assert found == [{7}]


def test_who_is_named_waits_a_moment_for_others():
    wanted = begun()
    wanted.add({1})
    began_at, others = time.monotonic(), threading.Thread(target=wanted.add, args=({2},))
    others.start()
    assert wanted.next(NEVER_S) == {1, 2}
    assert time.monotonic() >= began_at + wanted_module._GATHER_S / 2


def test_at_all_is_also_at_some():
    wanted = begun()
    # As if that look had taken an hour, before the next of which is a rest.
    wanted._all_at -= 3600
    wanted.add(None)
    wanted.add({1})
    # Who is named does not wait for it.
    assert wanted.next(NEVER_S) == {1}
    wanted.add({2})
    wanted.at_once()
    assert wanted.next(NEVER_S) is None
    wanted.add({3})
    assert wanted.next(NEVER_S) == {3}


def test_nobody_waits_for_a_look_at_all_of_whom_hints_have_told():
    wanted = begun()
    began_at = time.monotonic()
    wanted.add(None, are_told=True)
    wanted.add(None, are_told=True)
    assert wanted.next(NEVER_S) is None
    assert time.monotonic() >= began_at + wanted_module._GATHER_TOLD_S / 2
    # As if the next of them were an hour away: who asks for all does not wait for it.
    wanted.add(None, are_told=True)
    wanted._told_from += 3600
    wanted.add(None)
    wanted._all_from = float("-inf")
    assert wanted.next(NEVER_S) is None
    wanted.add({1})
    assert wanted.next(NEVER_S) == {1}


def test_too_many_are_all():
    wanted = begun()
    wanted.add(set(range(1000)))
    assert wanted.next(NEVER_S) is None


def test_time_asks_for_all():
    wanted = begun()
    wanted.add({1})
    assert wanted.next(0) is None
    assert wanted.next(0.001) is None
