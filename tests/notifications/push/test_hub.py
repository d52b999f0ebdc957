"""What the hub does with what the layer and the database say."""

import asyncio
import json
import time

import pytest

from notifications.models import Epoch
from notifications.models.inbox import InboxNow
from notifications.process import log_limits, metrics
from notifications.push import catch_up, hints, installation
from notifications.sending.signals import Removed
from notifications.stream.messages import Load
from tests.notifications.push.hubs import EPOCH_TAG, HERE, Connection, arrival, event, run, until


def test_a_hint_reaches_every_stream_of_its_user_and_no_other(layer):
    async def scenario(own):
        mine, mine_too, other = Connection(1), Connection(1), Connection(2)
        for connection in (mine, mine_too, other):
            own.register(connection)
        await own.deliver(arrival((1, 6, 1, 1), (3, 9, 9, 9)))
        assert mine.frames() == mine_too.frames() == [{
            "type": "changes", "since": 5, "revision": 6, "removed": [],
            "notifications": [{"revision": 6, "arrived_revision": 6, "id": "7", "title": "Hello"}],
            "counts": {"unread": 1, "unseen": 1},
        }]  # fmt: skip
        assert other.actions == []

    run(scenario)


def test_a_removal_and_an_act_are_told_too(layer):
    async def scenario(own):
        connection = Connection()
        own.register(connection)
        await own.deliver(event(removed="7", rows=[[1, 6, 0, 0]]))
        assert connection.frames()[0]["removed"] == ["7"]
        await own.deliver(event(rows=[[1, 7, 0, 0]]))
        assert isinstance(connection.actions[-1], Load)

    run(scenario)


@pytest.mark.parametrize(
    "strange",
    [
        {},
        None,
        HERE.seal("something.new", "?"),
        HERE.seal(hints.EVENT_TYPE, []),
        HERE.seal(hints.EVENT_TYPE, {"epoch_tag": "x"}),
        HERE.seal(hints.EVENT_TYPE, {"epoch_tag": "x", "rows": [[1]]}),
        HERE.seal(hints.EVENT_TYPE, {"epoch_tag": "x", "rows": [["a", "b", "c", "d"]]}),
        HERE.seal(hints.EVENT_TYPE, None),
        HERE.seal(hints.ACCESS_EVENT_TYPE, None),
        {"type": hints.EVENT_TYPE, "body": None, "seal": ""},
        {"type": hints.EVENT_TYPE, "body": "{", "seal": "\u00fc"},
        {"type": hints.EVENT_TYPE, "body": "\ud800", "seal": "\ud800"},
    ],
    ids=str,
)
def test_events_that_make_no_sense_are_passed_over(strange, layer, caplog):
    async def scenario(own):
        own.register(Connection())
        await own.deliver(strange)

    run(scenario)
    assert "Traceback" not in caplog.text


def test_what_no_hint_told_is_found_in_the_database_and_counted(layer):
    async def scenario(own):
        behind, level = Connection(1, revision=5), Connection(2, revision=9)
        for connection in (behind, level):
            own.register(connection)
        before = metrics.hints_healed.value
        own.on_revisions(EPOCH_TAG, [(1, 6), (2, 9), (3, 1)])
        await until(lambda: behind.actions)
        assert [type(action) for action in behind.actions] == [Load]
        assert level.actions == []
        assert metrics.hints_healed.value - before == 1

    run(scenario)


def test_what_a_look_brought_is_told_once_and_who_is_elsewhere_reads(layer):
    async def scenario(own):
        next_one, far_behind, two = (
            Connection(1),
            Connection(2, 3),
            [Connection(3), Connection(3, 4)],
        )
        for connection in (next_one, far_behind, *two):
            own.register(connection)
        body = {
            "epoch_tag": EPOCH_TAG, "arrived": '"id":"7"', "rows": [[n, 6, 1, 1] for n in (1, 2, 3)]
        }  # fmt: skip
        asked_at = time.monotonic()
        own.on_revisions(EPOCH_TAG, [(1, 6), (2, 6), (3, 6)], asked_at, [body])
        await until(lambda: two[1].actions)
        assert [frame["revision"] for frame in next_one.frames()] == [6]
        assert [frame["revision"] for frame in two[0].frames()] == [6]
        for connection in (far_behind, two[1]):
            assert [type(action) for action in connection.actions] == [Load]
        # Nobody doubts it at the next heartbeat.
        for connection in (next_one, two[0]):
            later = connection.stream.tick(time.monotonic() + 30)
            assert not any(isinstance(action, Load) for action in later)

    run(scenario)


def test_who_may_have_something_new_reads_and_nobody_else(layer):
    async def scenario(own):
        named, other = Connection(1), Connection(2)
        for connection in (named, other):
            own.register(connection)
        own.on_woken({1, 3})
        assert [type(action) for action in named.actions] == [Load]
        assert other.actions == []

    run(scenario)


def test_a_new_epoch_makes_every_stream_start_anew(layer):
    async def scenario(own):
        connection = Connection()
        own.register(connection)
        own.on_epoch(EPOCH_TAG)
        assert connection.actions == []
        own.on_epoch("another")
        assert [type(action) for action in connection.actions] == [Load]

    run(scenario)


def test_thousands_of_streams_leave_the_loop_its_turn(layer):
    async def scenario(own):
        connections = [Connection(n) for n in range(1, 1001)]
        for connection in connections:
            own.register(connection)
        turns = 0

        async def other_work():
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        other = asyncio.create_task(other_work())
        await own.deliver(arrival(*((n, 6, 1, 1) for n in range(1, 1001))))
        other.cancel()
        assert all(connection.frames() for connection in connections)
        assert turns >= 4

    run(scenario)


def test_of_a_hint_for_thousands_the_rows_of_who_is_here_alone_are_read():
    class Row(list):
        def __iter__(self):
            looked_into.append(self[0])
            return super().__iter__()

    looked_into = []
    rows = [Row((n, 6, 1, 1)) for n in range(10_000)]
    body = {"epoch_tag": EPOCH_TAG, "arrived": '"id":"7"', "rows": rows}
    read = [inbox_id for inbox_id, *_ in hints.read(body, {3: (), 9_999: ()})]
    assert read == [3, 9_999] == sorted(set(looked_into))


def test_a_small_send_reads_once_which_epoch_it_is(
    send, alice, bob, charlie, django_assert_max_num_queries
):
    with django_assert_max_num_queries(100) as queries:
        send(to=[alice, bob, charlie])
    asked = [one for one in queries if Epoch._meta.db_table in one["sql"]]
    assert len(asked) == 1


def test_a_bulk_change_of_few_goes_to_each_and_one_of_many_to_all_hubs(send, user):
    few = [InboxNow(n, 3, 1, 1) for n in range(hints.FEW)]
    here = installation.here()
    assert [group for group, _ in hints.bulk([Removed(7, few)])] == [
        hints.inbox_group(here, n) for n in range(hints.FEW)
    ]
    many = [*few, InboxNow(99, 3, 1, 1)]
    ((group, told),) = hints.bulk([Removed(7, many)])
    assert group == hints.all_hubs(here)
    read = list(hints.read(here.opened(told), {*range(hints.FEW), 99}))
    assert [inbox_id for inbox_id, *_ in read] == [*range(hints.FEW), 99]
    _, revision, frame = read[0]
    said = json.loads(frame)
    assert (said["since"], said["revision"], revision) == (2, 3, 3)
    assert said["removed"] == ["7"]
    assert here.opened(told)["epoch_tag"] == catch_up.epoch_tag(Epoch.objects.get().epoch_secret)


def test_what_nobody_here_has_sealed_is_a_reason_to_look_and_no_more(layer, caplog):
    copy = installation.at("0" * 64, "a copy")
    body = {"epoch_tag": EPOCH_TAG, "arrived": '"id":"7","title":"Lie"', "rows": [[1, 6, 1, 1]]}

    async def scenario(own):
        looks, refused = [], metrics.hints_refused.value
        own.poll_now = lambda: looks.append(1)
        connection = Connection(1)
        own.register(connection)
        suspected = []
        own.access.suspect = suspected.extend
        for _ in range(50):
            await own.deliver(copy.seal(hints.EVENT_TYPE, body))
            await own.deliver(copy.seal(hints.ACCESS_EVENT_TYPE, 1))
            own.on_hints([None, {"type": hints.EVENT_TYPE, "body": json.dumps(body)}])
            await asyncio.sleep(0)
        assert (connection.actions, suspected) == ([], [])
        assert metrics.hints_refused.value - refused == 200
        # However much of it comes.
        assert len(looks) < 50
        await own.deliver(HERE.seal(hints.ACCESS_EVENT_TYPE, 1))
        assert suspected == [connection]

    log_limits.PROCESS.clear()
    run(scenario)
    assert caplog.text.count("no process of this installation") == 1


def test_what_a_hint_said_is_compared_with_the_next_look(layer):
    async def scenario(own):
        connection = Connection(1)
        own.register(connection)
        await own.deliver(arrival((1, 6, 1, 1), (2, 6, 1, 1)))
        assert own.told.take() == {1: (EPOCH_TAG, 6)}
        assert own.told.take() == {}
        own.on_revisions(EPOCH_TAG, [(1, 5)], time.monotonic() + 1)
        await until(lambda: isinstance(connection.actions[-1], Load))

    run(scenario)


def test_what_has_arrived_is_told_to_all_who_lack_it_without_a_read_of_their_own(layer):
    async def scenario(own):
        lacking, too, level, far = (
            Connection(1), Connection(1), Connection(2, revision=6), Connection(3, revision=2)
        )  # fmt: skip
        for connection in (lacking, too, level, far):
            own.register(connection)
        rows = [(1, 6), (2, 6), (3, 6), (4, 6)]
        assert own.lacking(rows) == [1]
        body = {
            "epoch_tag": EPOCH_TAG,
            "arrived": '"id":"7"',
            "rows": [[n, 6, 1, 1] for n, _ in rows],
        }
        before = metrics.hints_healed.value
        own.on_revisions(EPOCH_TAG, rows, time.monotonic(), [body])
        await until(lambda: metrics.hints_healed.value - before == 3)
        for connection in (lacking, too):
            (frame,) = connection.frames()
            assert (frame["since"], frame["revision"]) == (5, 6)
        assert level.actions == []
        # It has more to read than that.
        assert [type(action) for action in far.actions] == [Load]
        assert own.told.take()[1] == (EPOCH_TAG, 6)

    run(scenario)
