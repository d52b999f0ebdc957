"""What is decided for many streams and written then comes as if each had been written at once."""

import pytest

from notifications.process import metrics
from notifications.stream.messages import Load
from tests.notifications.push.hubs import Connection, arrival, event, run


class Failing(Connection):
    """It cannot be written to."""

    has_failed = False

    def say(self, frame, revision):
        raise RuntimeError("in a test")

    def fail(self):
        self.has_failed = True


def opened(own, *connections):
    for connection in connections:
        own.register(connection)
    return connections


def test_nothing_overtakes_what_was_decided_before(layer):
    async def scenario(own):
        (connection,) = opened(own, Connection())
        # The next revision goes on unread; the one after the next has to be read, which is asked
        # for at once.
        await own.deliver(arrival((1, 6, 1, 1), (1, 8, 2, 2)))
        assert [frame["revision"] for frame in connection.frames()] == [6]
        assert isinstance(connection.actions[-1], Load)

    run(scenario)


@pytest.mark.parametrize("strange", [[None], 7, [[], 1, 1, 1]])
def test_what_was_decided_is_written_though_the_rest_makes_no_sense(strange, layer, caplog):
    async def scenario(own):
        first, second = opened(own, Connection(1), Connection(2))
        await own.deliver(event(arrived='"id":"7"', rows=[[1, 6, 1, 1], strange, [2, 6, 1, 1]]))
        assert [frame["revision"] for frame in first.frames()] == [6]
        # Of what came behind it nobody knows whether it is true: the database tells.
        assert second.stream.position in {5, 6}
        assert len(second.frames()) == second.stream.position - 5

    run(scenario)
    assert "Traceback" not in caplog.text


def test_who_cannot_be_written_to_costs_nobody_else_anything(layer):
    async def scenario(own):
        bugs = metrics.bugs.labels("a stream").value
        first, failing, last = opened(own, Connection(1), Failing(2), Connection(3))
        await own.deliver(arrival((1, 6, 1, 1), (2, 6, 1, 1), (3, 6, 1, 1)))
        assert [len(one.frames()) for one in (first, last)] == [1, 1]
        assert failing.has_failed
        assert failing not in own.all_streams()
        assert metrics.bugs.labels("a stream").value == bugs + 1

    run(scenario)
