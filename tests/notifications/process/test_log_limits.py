"""What happens often is logged once a minute, with how often it was."""

import logging
import threading

import pytest

from notifications.process.log_limits import LogLimits

logger = logging.getLogger("notifications.test_log_limits")


class ChangeCounter:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return ChangeCounter()


@pytest.fixture
def tell(clock, caplog):
    """Tell of a cause at a moment; what was logged by then."""
    limits = LogLimits(clock)
    caplog.set_level(logging.INFO, logger.name)

    def tell(at, cause="busy", message="The server is %s.", *args):
        clock.now = at
        limits.once_a_minute(logger, logging.WARNING, cause, message, *(args or ("busy",)))
        return caplog.messages

    return tell


def test_the_first_is_logged_at_once_and_the_next_after_a_minute_with_the_count(tell):
    assert tell(0) == ["The server is busy."]
    for n in range(37):
        assert len(tell(1 + n)) == 1
    assert tell(60)[1:] == ["The server is busy. (again 37 times in the last minute)"]
    assert len(tell(61)) == 2
    assert tell(120)[2:] == ["The server is busy. (again once in the last minute)"]


def test_after_a_minute_without_any_nothing_is_counted(tell):
    tell(0)
    assert tell(3600)[1:] == ["The server is busy."]


def test_what_was_counted_long_ago_is_not_told_as_of_the_last_minute(tell):
    tell(0)
    tell(1)
    assert tell(3600)[1:] == ["The server is busy. (again once in the last 60 minutes)"]


def test_each_cause_is_told_by_itself(tell):
    tell(0)
    assert tell(1, "full", "It is full of %s.", "eels")[1:] == ["It is full of eels."]
    assert len(tell(2)) == 2


def test_of_many_threads_one_tells(clock, caplog):
    limits, together = LogLimits(clock), threading.Barrier(8)

    def tell():
        together.wait()
        for _ in range(100):
            limits.once_a_minute(logger, logging.WARNING, "busy", "Busy.")

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    clock.now = 60
    limits.once_a_minute(logger, logging.WARNING, "busy", "Busy.")
    assert caplog.messages == ["Busy.", "Busy. (again 799 times in the last minute)"]


def test_a_few_a_minute_may_tell_each_of_another_thing(clock, caplog):
    limits = LogLimits(clock)
    caplog.set_level(logging.INFO, logger.name)
    for n, at in enumerate([0, 1, 2, 3, 4, 61, 62]):
        clock.now = at
        extra = {"connection": f"c{n}"}
        limits.once_a_minute(logger, logging.INFO, "ended", "It ended.", most=3, extra=extra)
    assert [record.connection for record in caplog.records] == ["c0", "c1", "c2", "c5", "c6"]
    assert caplog.messages[3] == "It ended. (again 2 times in the last minute)"
    assert caplog.messages[4] == "It ended."
