"""What is kept of streams: in batches, beside them, bounded, and true whatever fails."""

import asyncio
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.models import StreamRecord
from notifications.push import journal
from notifications.push.journal import Entry, Journal
from notifications.stream.messages import How, Told

TAG = "0123456789abcdef"


def entry(name, inbox_id=1, **more):
    return Entry(name, inbox_id, "websocket", "this process", None, **more)


def told(since, revision, how=How.HINTED, **more):
    return Told(since, revision, how, **more)


def written(*frames, epoch_tag=TAG):
    one = entry("a")
    for frame in frames:
        one.tell(frame, epoch_tag)
    return one.spans


# --- One stream -----------------------------------------------------------------------------------


def test_what_was_hinted_one_after_the_other_is_one_range():
    assert written(told(3, 4), told(4, 5), told(5, 9)) == [[3, 9, "hinted"]]


def test_how_it_came_and_what_was_left_out_begin_another():
    frames = told(0, 3, How.CAUGHT_UP), told(3, 4), told(4, 5, How.HEALED), told(8, 9, How.HEALED)
    assert written(*frames) == [
        [0, 3, "caught_up"], [3, 4, "hinted"], [4, 5, "healed"], [8, 9, "healed"],
    ]  # fmt: skip


def test_parts_count_once_the_last_was_sent():
    first = told(2, 5, How.CAUGHT_UP, is_last=False)
    second = told(5, 7, How.HINTED, is_last=False)
    assert written(first, second) == []
    assert written(first, second, told(7, 9)) == [[2, 9, "caught_up"]]
    # The client has begun anew in between: what came before was none of this answer.
    assert written(first, told(0, 9, How.CAUGHT_UP)) == [[0, 9, "caught_up"]]


def test_a_snapshot_tells_of_what_it_holds():
    assert written(told(0, 9, How.SNAPSHOT, arrived=(8, 3))) == [[0, 9, "snapshot", [8, 3]]]


def test_in_another_epoch_revisions_mean_something_else():
    one = entry("a")
    one.tell(told(3, 4), TAG)
    one.tell(told(0, 1), "another")
    assert (one.epoch_tag, one.spans) == ("another", [[0, 1, "hinted"]])


def test_of_a_stream_that_jumps_about_the_newest_is_kept():
    spans = written(*(told(n, n + 1) for n in range(0, 200, 2)))
    assert len(spans) == journal._MAX_SPANS
    assert spans[-1] == [198, 199, "hinted"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(1, 3), st.sampled_from([*How]), st.booleans(),
            st.sampled_from([TAG, "another"]), st.booleans(),
        )
    )
)  # fmt: skip
@example(  # a hint that is the last part of what was healed, and one after it
    [
        (0, 1, How.HEALED, False, TAG, False), (1, 2, How.HINTED, True, TAG, False),
        (3, 1, How.HINTED, True, TAG, False),
    ]
)  # fmt: skip
def test_what_a_hint_said_is_kept_as_any_other_frame_is(frames):
    shortly, as_any = entry("a"), entry("a")
    for since, count, how, is_last, epoch_tag, is_looked_at in frames:
        frame = told(since, since + count, how, is_last=is_last or how is How.SNAPSHOT)
        as_any.tell(frame, epoch_tag)
        if frame != told(since, since + count):
            shortly.tell(frame, epoch_tag)
        elif shortly.outgoing.noted_to == since and shortly.epoch_tag == epoch_tag:
            shortly.outgoing.noted_to = since + count  # as each delivery that follows another
        elif shortly.go_on(since, since + count, epoch_tag):
            shortly.outgoing.noted_to = since + count
        if is_looked_at:
            assert (shortly.spans, shortly._parts) == (as_any.spans, as_any._parts)
    assert (shortly.spans, shortly._parts) == (as_any.spans, as_any._parts)


# --- The writer -----------------------------------------------------------------------------------


@pytest.fixture
def keep(monkeypatch):
    """Let a journal of a loop of its own write all that is told of these, by ``steps``."""
    monkeypatch.setattr(journal, "EVERY_S", 0.01)

    def act(*steps):
        async def within():
            own = Journal()
            for step in steps:
                for one in step():
                    own.changed(one)
                async with asyncio.timeout(60):
                    await own._worker._task
            assert own._waiting == {}

        asyncio.run(within())

    return act


@pytest.mark.django_db(transaction=True)
def test_a_row_is_written_when_it_opens_and_again_with_what_it_came_to(keep, alice):
    one = entry("a", alice.notifications_inbox.pk)

    def live():
        one.tell(told(0, 3, How.CAUGHT_UP), TAG)
        one.acknowledged = 2
        return [one]

    def end():
        one.ended_at, one.cause = timezone.now(), "no_pong"
        return [one]

    keep(lambda: [one], live, end)
    row = StreamRecord.objects.get()
    kept = (row.connection, row.inbox_id, row.transport, row.process, row.epoch_tag)
    assert kept == ("a", alice.notifications_inbox.pk, "websocket", "this process", TAG)
    assert (row.spans, row.acknowledged, row.cause) == ([[0, 3, "caught_up"]], 2, "no_pong")
    assert (row.opened_at, row.ended_at) == (one.opened_at, one.ended_at)
    assert row.told_at >= row.ended_at


@pytest.mark.django_db
def test_a_storm_costs_two_statements_for_hundreds():
    new, known = ([entry(f"{name}{n}") for n in range(80)] for name in ("new", "known"))
    journal.write([one.record() for one in known], [])
    with CaptureQueriesContext(connection) as queries:
        journal.write([one.record() for one in new], [one.progress() for one in known])
    writes = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "\n"))]
    assert len(writes) == 2
    assert StreamRecord.objects.count() == 160


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_is_waited_for_and_told_of_once(keep, monkeypatch, caplog):
    failures = [DatabaseError("the disk is full")] * 3

    def fail_first(*records):
        if failures:
            raise failures.pop()
        write(*records)

    write = journal.write
    monkeypatch.setattr(journal, "write", fail_first)
    keep(lambda: [entry("a"), entry("b")])
    assert StreamRecord.objects.count() == 2
    assert [one.getMessage() for one in caplog.records if one.name == journal.__name__] == [
        "Streams could not be written down: the disk is full"
    ]


@pytest.mark.django_db(transaction=True)
def test_a_commit_whose_answer_was_lost_is_made_once(keep, monkeypatch):
    failures = [DatabaseError("gone")]

    def write_and_fail(*records):
        write(*records)
        if failures:
            raise failures.pop()

    write = journal.write
    monkeypatch.setattr(journal, "write", write_and_fail)
    keep(lambda: [entry("a")])
    assert StreamRecord.objects.count() == 1


def test_memory_is_bounded_while_the_database_is_away(monkeypatch, caplog):
    monkeypatch.setattr(journal, "_MAX_WAITING", 10)

    async def within():
        own = Journal()
        noted = [own.changed(entry(str(n))) for n in range(100)]
        assert noted == [True] * 10 + [False] * 90
        own._worker._task.cancel()
        assert len(own._waiting) == 10

    asyncio.run(within())
    assert [one.getMessage() for one in caplog.records if one.name == journal.__name__] == [
        "More streams come and go than can be written down; traces will lack some."
    ]


def test_where_nothing_is_kept_nothing_is_written(settings):
    settings.NOTIFICATIONS_STREAM_RETENTION_H = 0
    own = Journal()
    assert own.changed(entry("a"))  # so that nobody says it again
    assert own._waiting == {}


# --- Forgetting -----------------------------------------------------------------------------------


@pytest.fixture
def rows(db):
    """Make rows that opened so many hours ago, in this order."""

    def make(*hours):
        now = timezone.now()
        for n, ago in enumerate(hours):
            opened_at = now - timedelta(hours=ago)
            journal.write([entry(f"of {n}", opened_at=opened_at).record()], [])

    return make


def test_what_is_old_is_forgotten_a_little_at_a_time(rows, settings):
    settings.NOTIFICATIONS_STREAM_RETENTION_H = 10
    rows(20, 13, 12, 9, 0)
    assert journal.left_over() == 2
    assert journal.forget_old(most=2) == 2
    assert journal.forget_old(most=2) == 1
    assert journal.forget_old(most=2) == journal.left_over() == 0
    assert StreamRecord.objects.count() == 2


def test_there_are_never_more_than_the_table_may_have(rows, settings):
    settings.NOTIFICATIONS_STREAMS_KEPT_MAX = 3
    rows(0, 0, 0, 0, 0)
    assert journal.forget_old() == 2
    assert list(StreamRecord.objects.values_list("connection", flat=True)) == [
        "of 2", "of 3", "of 4",
    ]  # fmt: skip


def test_they_go_with_their_user(alice, bob):
    for name, user in (("a", alice), ("b", bob)):
        journal.write([entry(name, user.notifications_inbox.pk).record()], [])
    alice.delete()
    assert StreamRecord.objects.get().inbox_id == bob.notifications_inbox.pk
