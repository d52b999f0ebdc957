"""Keeps what the live dashboard shows of the last day; one of all processes does so, for each slot.

What has happened in a slot is what processes have counted since the slot before, which holds their
readings: so whoever takes the next one goes on where another has stopped, and nothing is counted
twice or missed, also when a process has died meanwhile (its row stays for a minute).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from notifications.models import HistorySlot, Process, transactions
from notifications.models.history import COARSE, FINE, Ring
from notifications.process.counting import BOUNDS_S
from notifications.push.totals import Totals

# Of all processes together, beside what each of them counts.
_ALL = "all"
_HISTOGRAMS = ("acknowledged", "written")
# Of several slots the worst, and the sum; of all else the last.
_WORST = ("loop_lag", "reconciler_lag", "backlog")

Readings = dict[str, dict[str, Any]]


def keep(now: datetime, totals: Totals, online: int) -> None:
    """Write the slot of this moment, unless somebody has.

    Args: now: by the clock of the database.
    Raises: DatabaseError
    """
    slot = FINE.slot_at(now.timestamp())
    if not _is_there(FINE, slot):
        with transactions.atomic():
            if _claim(FINE, slot):
                _fill(slot, totals, online)
    _sum_up(COARSE.slot_at(slot) - COARSE.step_s)


def _is_there(ring: Ring, slot: int) -> bool:
    return HistorySlot.objects.filter(pk=ring.place(slot), slot=slot).exists()


def _claim(ring: Ring, slot: int) -> bool:
    """Whether the slot is ours to fill: whoever comes next finds it taken."""
    empty: dict[str, Any] = {"slot": slot, "figures": {}, "readings": {}}
    row = HistorySlot.objects.filter(pk=ring.place(slot))
    if row.exclude(slot=slot).update(**empty):
        return True
    if row.exists():
        return False
    try:
        with transactions.atomic():
            HistorySlot.objects.create(pk=ring.place(slot), **empty)
    except IntegrityError:
        return False
    return True


def _fill(slot: int, totals: Totals, online: int) -> None:
    # By its readings, not by its time: whoever was held up may write an earlier slot than is there.
    before = HistorySlot.objects.filter(pk__lt=FINE.count).exclude(readings={}).first()
    base: Readings = before.readings if before is not None else {}
    live = set(Process.objects.live().values_list("pk", flat=True))
    rows = {row.pk: row for row in Process.objects.defer("inboxes")}
    readings: Readings = {pk: _reading(row.figures) for pk, row in rows.items() if row.figures}
    sent_before = base.get(_ALL, {"counts": {"sent": totals.items}})
    # Looked up before the slot was ours: somebody may have seen more, and ids only rise.
    sent = max(totals.items, sent_before["counts"]["sent"])
    readings[_ALL] = {"counts": {"sent": sent}}
    began = {pk: row.counted_before for pk, row in rows.items()} | {_ALL: sent_before}
    figures = {
        **_state([row for pk, row in rows.items() if pk in live]),
        **_happened(readings, began | base),
        "online": online,
        "backlog": totals.backlog,
        "scheduled": totals.scheduled,
    }
    HistorySlot.objects.filter(pk=FINE.place(slot)).update(figures=figures, readings=readings)
    if before is not None:
        HistorySlot.objects.filter(pk=before.pk).update(readings={})


def _happened(readings: Readings, bases: Readings) -> dict[str, Any]:
    """What all processes together have counted since the slot before."""
    counts: Counter[str] = Counter()
    histograms: dict[str, Counter[int]] = {name: Counter() for name in _HISTOGRAMS}
    for pk, reading in readings.items():
        base = bases[pk]
        counts.update(more(reading["counts"], base.get("counts", {})))
        for name, sums in histograms.items():
            sums.update(more(numbered(reading.get(name)), numbered(base.get(name))))
    buckets = range(len(BOUNDS_S) + 1)
    return {"counts": dict(counts)} | {
        name: [sums[n] for n in buckets] for name, sums in histograms.items()
    }


def more(now: Mapping[Any, int], before: Mapping[Any, int]) -> dict[Any, int]:
    """What was counted between two readings."""
    by = {name: count - before.get(name, 0) for name, count in now.items()}
    return {name: count for name, count in by.items() if count > 0}


def numbered(buckets: Sequence[int] | None) -> dict[int, int]:
    """A histogram's buckets, as readings of counters are."""
    return dict(enumerate(buckets or ()))


def _reading(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in ("counts", *_HISTOGRAMS) if name in figures}


def _state(rows: Sequence[Process]) -> dict[str, Any]:
    """How the processes are that live."""
    streams: Counter[str] = Counter()
    for row in rows:
        streams.update(row.streams)
    said = [row.figures for row in rows if row.figures]
    return {
        "streams": dict(streams),
        "processes": len(rows),
        "memory": sum(figures["memory"] for figures in said),
        **{
            name: max((figures[name] for figures in said), default=0)
            for name in ("loop_lag", "reconciler_lag")
        },
    }


# --- Longer slots ---------------------------------------------------------------------------------


def _sum_up(slot: int) -> None:
    """Write a slot of the coarse ring from those of the fine one, unless somebody has."""
    if _is_there(COARSE, slot):
        return
    within = HistorySlot.objects.filter(
        pk__lt=FINE.count, slot__gte=slot, slot__lt=slot + COARSE.step_s
    )
    parts = [part for part in within.order_by("slot").values_list("figures", flat=True) if part]
    if not parts:
        return
    with transactions.atomic():
        if _claim(COARSE, slot):
            row = HistorySlot.objects.filter(pk=COARSE.place(slot))
            row.update(figures=summed(parts))


def summed(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What happened in these slots together, and how it was at the end of the last."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part["counts"])
    together: dict[str, Any] = {**parts[-1], "counts": dict(counts)}
    for name in _WORST:
        together[name] = max(part[name] for part in parts)
    for name in _HISTOGRAMS:
        if buckets := [part[name] for part in parts if name in part]:
            together[name] = [sum(bucket) for bucket in zip(*buckets, strict=True)]
    return together
