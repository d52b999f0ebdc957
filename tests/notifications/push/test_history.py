"""A day of figures in a table that does not grow, whoever writes it and whichever process dies."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import HistorySlot, Process
from notifications.models.history import COARSE, FINE
from notifications.process.counting import BOUNDS_S
from notifications.push import history
from notifications.push.totals import Totals

pytestmark = pytest.mark.django_db

BUCKETS = len(BOUNDS_S) + 1
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def process(name, *, lag=0.0, ack=0, before=None, **counts):
    """What a process says of itself; ``ack`` so many acknowledged, each within a millisecond."""
    figures = {
        "up": 1, "memory": 1000, "loop_lag": lag, "reconciler_lag": 0.1, "draining": False,
        "counts": counts, "acknowledged": [ack, *[0] * (BUCKETS - 1)], "written": [0] * BUCKETS,
    }  # fmt: skip
    lease = timezone.now() + timedelta(seconds=4)
    values = {"started_at": NOON, "lease_until": lease, "figures": figures}
    values["counted_before"] = {"counts": before or {}}
    Process.objects.update_or_create(pk=name, defaults={**values, "streams": {"websocket": 2}})


def keep(after_s, items=0, backlog=0, online=1):
    history.keep(NOON + timedelta(seconds=after_s), Totals(backlog, 0, items), online)


def slot(after_s, ring=FINE):
    begins = ring.slot_at(NOON.timestamp() + after_s)
    return HistorySlot.objects.get(pk=ring.place(begins), slot=begins)


def test_what_processes_count_is_in_one_slot_each_and_once():
    process("one", delivered=5, ack=3)
    keep(0, items=100)
    process("one", delivered=7, ack=4)
    process("two", delivered=1)
    keep(3, items=120)  # the same slot: somebody has taken it
    keep(10, items=130)
    keep(20, items=130)
    assert slot(0).figures["counts"] == {"delivered": 5}  # what was sent before, nobody knows
    assert slot(10).figures["counts"] == {"delivered": 3, "sent": 30}
    assert slot(10).figures["acknowledged"][0] == 1
    assert slot(10).figures["streams"] == {"websocket": 4}
    assert slot(10).figures["processes"] == 2
    assert slot(20).figures["counts"] == {}
    held = [row.slot for row in HistorySlot.objects.all() if row.readings]
    assert held == [slot(20).slot]


def test_the_last_that_a_process_has_counted_before_it_died_is_not_lost():
    process("one", delivered=5)
    keep(0)
    process("one", delivered=9)
    Process.objects.update(lease_until=timezone.now() - timedelta(seconds=30))
    keep(10)
    assert slot(10).figures["counts"] == {"delivered": 4}
    assert slot(10).figures["processes"] == 0
    Process.objects.all().delete()
    keep(20)
    assert slot(20).figures["counts"] == {}


def test_a_process_that_was_given_up_and_is_back_is_not_counted_twice():
    process("one", delivered=5)
    keep(0)
    Process.objects.all().delete()
    keep(10)
    process("one", before={"delivered": 5}, delivered=6)
    keep(20)
    assert slot(20).figures["counts"] == {"delivered": 1}


def test_what_a_process_counts_before_it_is_first_heard_of_is_not_lost():
    """On a busy machine seconds pass between its start and its row, and a slot begins."""
    keep(5)
    keep(10)
    process("begun at noon, heard of since", delivered=5)
    keep(20)
    assert slot(20).figures["counts"] == {"delivered": 5}


def test_nothing_is_counted_twice_when_somebody_held_up_writes_an_earlier_slot():
    process("one", delivered=5)
    keep(0, items=100)
    process("one", delivered=7)
    keep(20, items=110)
    keep(10, items=105)
    keep(30, items=110)
    assert slot(20).figures["counts"] == {"delivered": 2, "sent": 10}
    assert slot(10).figures["counts"] == slot(30).figures["counts"] == {}
    assert [row.slot for row in HistorySlot.objects.exclude(readings={})] == [slot(30).slot]


def test_two_minutes_are_summed_up_with_the_worst_of_them():
    for n in range(12):
        process("one", delivered=10 * n, lag=0.5 if n == 3 else 0.01, ack=n)
        keep(10 * n, items=n, backlog=70 if n == 5 else 0)
    keep(120)
    summed = slot(0, COARSE).figures
    assert summed["counts"] == {"delivered": 110, "sent": 11}
    assert (summed["loop_lag"], summed["backlog"]) == (0.5, 70)
    assert summed["acknowledged"][0] == 11
    before = slot(0, COARSE).figures
    keep(125)
    assert slot(0, COARSE).figures == before


def test_the_table_does_not_grow():
    for ring in (FINE, COARSE):
        slots = [ring.slot_at(NOON.timestamp()) + n * ring.step_s for n in range(3 * ring.count)]
        places = {ring.place(one) for one in slots}
        assert len(places) == ring.count
        assert min(places) == ring.first
    assert FINE.span_s == 3600
    assert COARSE.span_s == 86400
    for after_s in (0, 3600, 7200):
        keep(after_s)
    assert HistorySlot.objects.filter(pk__lt=FINE.count).count() == 1
    assert slot(7200).figures["online"] == 1
