"""What the hub does with what the layer and the database say."""

import asyncio
import json
import time

import pytest

from notifications.models import Epoch
from notifications.models.inbox import InboxNow
from notifications.process import log_limits, metrics
from notifications.push import catch_up, hints, hub, installation, publisher
from notifications.push.hub import Hub
from notifications.sending.signals import Removed
from notifications.stream.inbox_stream import InboxStream, Load, Loaded, Send

EPOCH_TAG = "0123456789abcdef"
HERE = installation.at("0" * 64, "in a test")
MINE, ALL = hints.user_group(HERE, 42), hints.all_hubs(HERE)


class Connection:
    """A stream that has caught up, whose actions are noted instead of performed."""

    kind = "websocket"
    login = None
    address = ""

    def __init__(self, user_id=1, revision=5):
        self.user_id = user_id
        self.stream = InboxStream("c", time.monotonic(), lambda: "t")
        self.stream.open(None)
        self.stream.loaded(Loaded("u", "e", EPOCH_TAG, revision, 0, 0, listed=()), time.monotonic())
        self.actions = []

    def perform(self, actions):
        self.actions += actions

    def frames(self):
        return [json.loads(a.frame) for a in self.actions if isinstance(a, Send)]


def run(scenario):
    """Run a scenario with a hub of its own."""

    async def within():
        own = Hub()
        own.belongs_to(HERE)
        try:
            async with asyncio.timeout(30):
                return await scenario(own)
        finally:
            tasks = list(own._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(within())


async def until(condition):
    while not condition():  # noqa: ASYNC110 (several things may make it true)
        await asyncio.sleep(0.001)


def event(**said):
    return HERE.seal(hints.EVENT_TYPE, {"epoch_tag": EPOCH_TAG, **said})


def arrival(*rows):
    return event(arrived='"id":"7","title":"Hello"', rows=[list(row) for row in rows])


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


def test_the_hub_joins_the_groups_of_who_is_here_and_leaves_those_of_who_is_not(layer):
    async def scenario(own):
        publisher.publisher.attach(own.loop)
        own._spawn(own._receive())
        own._spawn(own._keep_membership())
        connection = Connection(42)
        own.register(connection)
        await until(lambda: {MINE, ALL} <= set(layer.groups))
        await layer.group_send(MINE, arrival((42, 6, 1, 1)))
        await until(lambda: connection.actions)
        own.unregister(connection)
        own.unregister(connection)
        await until(lambda: MINE not in layer.groups)
        assert ALL in layer.groups
        assert own.streams == {}

    run(scenario)


def test_a_layer_that_fails_is_tried_again_and_the_database_looked_at(layer, monkeypatch, caplog):
    monkeypatch.setattr(hub, "_LAYER_RETRY_S", 0.001)
    failures = {"receive": 2, "group_add": 2}

    def failing(name):
        original = getattr(layer, name)

        async def call(*arguments):
            if failures[name]:
                failures[name] -= 1
                raise ConnectionError(name)
            return await original(*arguments)

        monkeypatch.setattr(layer, name, call)

    async def scenario(own):
        looks = []
        own.poll_now = lambda: looks.append(1)
        for name in failures:
            failing(name)
        own._spawn(own._receive())
        own._spawn(own._keep_membership())
        connection = Connection(42)
        own.register(connection)
        await until(lambda: {MINE, ALL} <= set(layer.groups))
        await layer.group_send(ALL, arrival((42, 6, 1, 1)))
        await until(lambda: connection.actions)
        assert len(looks) == 4

    run(scenario)
    assert "Traceback" not in caplog.text


def test_what_no_hint_told_is_found_in_the_database_and_counted(layer):
    async def scenario(own):
        behind, level = Connection(1, revision=5), Connection(2, revision=9)
        for connection in (behind, level):
            own.register(connection)
        before = metrics.hints_healed._value.get()
        own.on_revisions(EPOCH_TAG, [(1, 6), (2, 9), (3, 1)])
        await until(lambda: behind.actions)
        assert [type(action) for action in behind.actions] == [Load]
        assert level.actions == []
        assert metrics.hints_healed._value.get() - before == 1

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
    read = [user_id for user_id, _ in hints.read(body, {3: (), 9_999: ()})]
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
    assert [group for group, _ in hints.bulk(Removed(7, few))] == [
        hints.user_group(here, n) for n in range(hints.FEW)
    ]
    many = [*few, InboxNow(99, 3, 1, 1)]
    ((group, told),) = hints.bulk(Removed(7, many))
    assert group == hints.all_hubs(here)
    read = list(hints.read(here.opened(told), {*range(hints.FEW), 99}))
    assert [user_id for user_id, _ in read] == [*range(hints.FEW), 99]
    _, hint = read[0]
    assert (hint.since, hint.revision) == (2, 3)
    assert json.loads(hint.frame())["removed"] == ["7"]
    assert hint.epoch_tag == catch_up.epoch_tag(Epoch.objects.get().epoch_secret)


@pytest.mark.parametrize("turns", range(12))
def test_it_ends_when_it_is_told_to_while_it_leaves_groups(layer, turns):
    async def scenario(own):
        own._channel = "here"
        own._spawn(own._keep_membership())
        people = [Connection(number) for number in range(20)]
        for one in people:
            own.register(one)
        await until(lambda: len(own._joined) == 21)
        for one in people:
            own.unregister(one)
        # Each leaving takes turns of the loop; the cancellation comes amid any of them.
        for _ in range(turns):
            await asyncio.sleep(0)
        (task,) = own._tasks
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()

    run(scenario)


def test_what_nobody_here_has_sealed_is_a_reason_to_look_and_no_more(layer, caplog):
    copy = installation.at("0" * 64, "a copy")
    body = {"epoch_tag": EPOCH_TAG, "arrived": '"id":"7","title":"Lie"', "rows": [[1, 6, 1, 1]]}

    async def scenario(own):
        looks, refused = [], metrics.hints_refused._value.get()
        own.poll_now = lambda: looks.append(1)
        connection = Connection(1)
        own.register(connection)
        suspected = []
        own.access.suspect = suspected.extend
        for _ in range(50):
            await own.deliver(copy.seal(hints.EVENT_TYPE, body))
            await own.deliver(copy.seal(hints.ACCESS_EVENT_TYPE, 1))
            await own.deliver({"type": hints.EVENT_TYPE, "body": json.dumps(body)})
        assert (connection.actions, suspected) == ([], [])
        assert metrics.hints_refused._value.get() - refused == 150
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
        assert own.take_hinted() == {1}
        assert own.take_hinted() == set()
        own.on_revisions(EPOCH_TAG, [(1, 5)], time.monotonic() + 1)
        await until(lambda: isinstance(connection.actions[-1], Load))

    run(scenario)
