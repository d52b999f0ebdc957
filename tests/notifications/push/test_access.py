"""When the logins of open streams are looked at again, and what comes of it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from notifications.push import access
from notifications.push.access import AccessChecks
from notifications.wire.contract import CloseCode


class Stream:
    def __init__(self):
        self.ended = None

    def end(self, code, reason, now, after_ms=0):
        self.ended = code
        return []


class Connection:
    kind = "websocket"
    came_at = None

    def __init__(self, user_id, key, token_id=None):
        self.inbox_id = inbox_of(user_id)
        self.login = login(user_id, key, token_id)
        self.stream = Stream()

    def perform(self, actions):
        pass


class Hub:
    def __init__(self, *connections):
        self.streams = {}
        for one in connections:
            self.streams.setdefault(one.inbox_id, set()).add(one)

    def perform(self, connection, fact, *said):
        connection.perform(fact(*said))

    def all_streams(self):
        return [one for own in self.streams.values() for one in own]


def inbox_of(user_id):
    return user_id + 1_000_000


def login(user_id, key, token_id=None, lasts_s=3600):
    return SimpleNamespace(
        user=SimpleNamespace(pk=user_id),
        session_key=key,
        token_id=token_id,
        expires_at=datetime.now(UTC) + timedelta(seconds=lasts_s),
    )


@pytest.fixture
def lookups(monkeypatch):
    """What is asked, and what is answered by key; what is not there has ended."""
    asked, answers = [], {}

    def find(keys):
        asked.append(sorted(keys, key=str))
        if "failing" in answers:
            raise answers.pop("failing")
        for key in keys:
            if isinstance(answers.get(key), ValueError) and len(keys) > 1:
                raise answers[key]  # until it is known who is the reason
            if isinstance(answers.get(key), Exception):
                raise answers.pop(key)
        return [answers.get(key) for key in keys]

    monkeypatch.setattr(access, "_finders", {})
    access.look_up_by(sessions=find, tokens=find)
    monkeypatch.setattr(access, "_SETTLE_S", 0.001)
    monkeypatch.setattr(access, "_RETRY_S", 0.001)
    monkeypatch.setattr(access, "_AGAIN_S", 3600)
    return SimpleNamespace(asked=asked, answers=answers)


def run(scenario, hub, clock=time.monotonic):
    async def within():
        checks = AccessChecks(hub, clock)
        task = asyncio.create_task(checks._look_at_suspects())
        try:
            async with asyncio.timeout(30):
                await scenario(checks)
        finally:
            task.cancel()

    asyncio.run(within())


class Clock:
    """Moves when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


async def until(condition):
    while not condition():  # noqa: ASYNC110 (several things may make it true)
        await asyncio.sleep(0.001)


def test_one_query_for_all_streams_of_a_kind(lookups):
    ended, stays, by_token = Connection(1, "a"), Connection(1, "b"), Connection(1, None, 7)
    other = Connection(2, "c")
    lookups.answers.update({"b": login(1, "b"), (7, None): login(1, None, 7)})

    async def scenario(checks):
        checks.on_versions([(inbox_of(1), 1)])
        await until(lambda: ended.stream.ended and len(lookups.asked) == 2)
        assert sorted(lookups.asked, key=str) == [["a", "b"], [(7, None)]]
        assert ended.stream.ended == CloseCode.SIGNED_OUT
        assert stays.stream.ended is by_token.stream.ended is other.stream.ended is None

    run(scenario, Hub(ended, stays, by_token, other))


def test_a_version_counts_once_and_any_other_than_before(lookups):
    one = Connection(1, "a")
    lookups.answers["a"] = login(1, "a")

    async def scenario(checks):
        checks.on_versions([(inbox_of(1), 0)])  # never raised
        assert not checks._suspects
        checks.on_versions([(inbox_of(1), 7)])
        await until(lambda: lookups.asked)
        checks.on_versions([(inbox_of(1), 7)])
        assert not checks._suspects
        for version in (8, 5):  # the lower one is that of a backup
            checks.on_versions([(inbox_of(1), version)])
            assert list(checks._suspects) == [one]
            await until(lambda: not checks._suspects)

    run(scenario, Hub(one))


def test_it_is_looked_at_twice_for_what_was_told_before_it_was_so(lookups, monkeypatch):
    monkeypatch.setattr(access, "_AGAIN_S", 0.05)
    one = Connection(1, "a")
    lookups.answers["a"] = login(1, "a")

    async def scenario(checks):
        checks.on_versions([(inbox_of(1), 7)])
        await until(lambda: lookups.asked)
        lookups.answers.clear()
        await until(lambda: one.stream.ended == CloseCode.SIGNED_OUT)
        assert len(lookups.asked) == 2

    run(scenario, Hub(one))


def test_who_is_let_in_while_access_is_revoked_is_looked_at_too(lookups):
    hub, late = Hub(), Connection(1, "a")

    async def scenario(checks):
        checks.on_versions([(inbox_of(1), 1)])
        hub.streams[inbox_of(1)] = {late}
        checks.opened(late)
        await until(lambda: late.stream.ended == CloseCode.SIGNED_OUT)

    run(scenario, hub)


def test_a_session_with_a_new_key_comes_back_by_that(lookups):
    one, poll = Connection(1, "old"), Connection(1, "old")
    poll.kind = "poll"
    lookups.answers["old"] = login(1, "new")

    async def scenario(checks):
        checks.suspect([one, poll])
        await until(lambda: one.stream.ended)
        assert one.stream.ended == CloseCode.RENEW
        assert poll.stream.ended is None

    run(scenario, Hub(one, poll))


def test_a_session_that_is_another_users_now_is_no_login(lookups):
    one = Connection(1, "a")
    lookups.answers["a"] = login(2, "a")

    async def scenario(checks):
        checks.suspect([one])
        await until(lambda: one.stream.ended == CloseCode.SIGNED_OUT)

    run(scenario, Hub(one))


def test_a_lookup_that_fails_ends_nothing_and_is_tried_again(lookups, caplog):
    one = Connection(1, "a")
    lookups.answers.update({"failing": OSError("gone"), "a": login(1, "a")})

    async def scenario(checks):
        checks.suspect([one])
        await until(lambda: len(lookups.asked) == 2)
        assert one.stream.ended is None

    run(scenario, Hub(one))
    assert "gone" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_login_that_meets_a_bug_ends_its_own_stream_alone(lookups):
    """It would keep all others from being looked at, again and again."""

    class Strange:
        session_key = None

        @property
        def token_id(self):
            raise RuntimeError("a bug")

    strange, ended = Connection(1, "a"), Connection(2, "b")
    strange.login = Strange()
    hub, failed = Hub(strange, ended), []

    def perform(connection, fact, *said):
        try:
            connection.perform(fact(*said))
        except RuntimeError:
            failed.append(connection)

    hub.perform = perform

    async def scenario(checks):
        checks.suspect([strange, ended])
        await until(lambda: ended.stream.ended)
        assert failed == [strange]

    run(scenario, hub)


# --- Each in its turn -----------------------------------------------------------------------------

PERIOD_S = 60.0


@pytest.fixture
def clock():
    return Clock()


def many(number):
    return [Connection(user_id, f"key {user_id}") for user_id in range(1, number + 1)]


def sign_in_all(lookups, connections):
    for one in connections:
        lookups.answers[one.login.session_key] = login(one.login.user.pk, one.login.session_key)


async def pass_time(checks, clock, seconds):
    for _ in range(seconds):
        clock.now += 1
        await checks._look_at_whose_turn_it_is()


def test_each_is_looked_at_once_in_a_period_and_few_together(lookups, clock):
    connections = many(3000)
    sign_in_all(lookups, connections)

    async def scenario(checks):
        for one in connections:
            checks.opened(one)
        for _ in range(3):
            lookups.asked.clear()
            await pass_time(checks, clock, round(PERIOD_S))
            asked = [key for keys in lookups.asked for key in keys]
            assert set(asked) == {one.login.session_key for one in connections}
            assert len(asked) < 1.1 * len(connections)
            assert max(len(keys) for keys in lookups.asked) <= 3000 / 50

    run(scenario, Hub(*connections), clock)


def test_however_many_are_suspected_at_once_they_are_looked_at_in_portions(lookups, monkeypatch):
    monkeypatch.setattr(access, "_AT_ONCE", 10)
    connections = many(35)
    sign_in_all(lookups, connections[1:])

    async def scenario(checks):
        checks.on_gone(None)
        await until(lambda: len(lookups.asked) == 4)
        assert [len(keys) for keys in lookups.asked] == [10, 10, 10, 5]
        await until(lambda: connections[0].stream.ended == CloseCode.SIGNED_OUT)
        assert [one for one in connections if one.stream.ended] == connections[:1]

    run(scenario, Hub(*connections))


def test_what_nobody_tells_of_is_found_within_the_period(lookups, clock):
    ended, stays = many(2)
    sign_in_all(lookups, [ended, stays])

    async def scenario(checks):
        checks.opened(ended)
        checks.opened(stays)
        await pass_time(checks, clock, 300)
        assert ended.stream.ended is None
        del lookups.answers[ended.login.session_key]
        await pass_time(checks, clock, round(PERIOD_S))
        assert ended.stream.ended == CloseCode.SIGNED_OUT
        assert stays.stream.ended is None

    run(scenario, Hub(ended, stays), clock)


def test_the_period_begins_when_a_client_came_not_when_it_was_let_in(lookups, clock):
    waited, (other,) = Connection(7, "waited"), many(1)
    waited.came_at = clock.now - PERIOD_S
    sign_in_all(lookups, [waited, other])

    async def scenario(checks):
        checks.opened(waited)
        await checks._look_at_whose_turn_it_is()
        assert lookups.asked == [["waited"]]
        checks.opened(other)
        await checks._look_at_whose_turn_it_is()
        assert lookups.asked == [["waited"]]

    run(scenario, Hub(waited, other), clock)


def test_a_look_for_another_reason_is_a_turn_too(lookups, clock):
    (one,) = connections = many(1)
    sign_in_all(lookups, connections)

    async def scenario(checks):
        checks.opened(one)
        clock.now += 50
        checks.suspect([one])
        await until(lambda: lookups.asked)
        await pass_time(checks, clock, 50)
        assert len(lookups.asked) == 1
        await pass_time(checks, clock, 10)
        assert len(lookups.asked) == 2

    run(scenario, Hub(one), clock)


def test_a_turn_that_fails_is_made_up_for_at_once(lookups, clock, caplog, monkeypatch):
    """Though the clock stands still: whoever could not be looked at waits for no other turn."""
    monkeypatch.setattr(access, "_AT_ONCE", 100)
    connections = many(250)
    sign_in_all(lookups, connections)

    async def scenario(checks):
        for one in connections:
            checks.opened(one)
        clock.now += PERIOD_S
        lookups.answers["failing"] = OSError("gone")
        await checks._look_at_whose_turn_it_is()
        # Nobody asks a database that is in trouble for the others as well.
        assert len(lookups.asked) == 1
        await until(lambda: len(lookups.asked) == 4)
        asked = [key for keys in lookups.asked[1:] for key in keys]
        assert sorted(asked) == sorted(one.login.session_key for one in connections)
        assert not [one for one in connections if one.stream.ended]

    run(scenario, Hub(*connections), clock)
    assert "gone" in caplog.text


def test_who_alone_cannot_be_looked_up_holds_up_nobody(lookups, monkeypatch):
    monkeypatch.setattr(access, "_AT_ONCE", 2)
    by_token, first, second = Connection(1, None, 7), Connection(2, "a"), Connection(3, "b")
    lookups.answers[7, None] = ValueError("unreadable")

    async def scenario(checks):
        checks.suspect([first, by_token, second])
        await until(lambda: first.stream.ended and second.stream.ended)
        await until(lambda: by_token.stream.ended)

    run(scenario, Hub(by_token, first, second))
    assert first.stream.ended == second.stream.ended == CloseCode.SIGNED_OUT


def test_an_outage_amid_a_look_loses_nobody(lookups):
    """One login is the reason that all are asked one by one; then the database goes away."""
    odd, unlucky, ended = Connection(1, "odd"), Connection(2, "unlucky"), Connection(3, "ended")
    lookups.answers |= {"odd": ValueError("odd"), "unlucky": OSError("gone")}

    async def scenario(checks):
        checks.suspect([odd, unlucky, ended])
        await until(lambda: all(one.stream.ended for one in (odd, unlucky, ended)))

    run(scenario, Hub(odd, unlucky, ended))


def test_who_has_gone_is_not_asked_for(lookups, clock):
    gone, stays = many(2)
    hub = Hub(gone, stays)
    sign_in_all(lookups, [stays])

    async def scenario(checks):
        checks.opened(gone)
        checks.opened(stays)
        del hub.streams[gone.inbox_id]
        checks.closed(gone)
        await pass_time(checks, clock, round(PERIOD_S))
        assert lookups.asked == [[stays.login.session_key]]

    run(scenario, hub, clock)


def test_no_two_looks_are_out_at_once(lookups, clock, monkeypatch):
    """The older answer could come last, and be taken for what is so now."""
    connections, busy, overlaps = many(40), [], []

    def find(keys):
        overlaps.extend(busy)
        busy.append(keys)
        busy.remove(keys)
        return [login(int(key.split()[1]), key) for key in keys]

    monkeypatch.setattr(access, "_AT_ONCE", 3)
    access.look_up_by(sessions=find, tokens=find)

    async def scenario(checks):
        for one in connections:
            checks.opened(one)
        clock.now += PERIOD_S
        checks.suspect(connections)
        await checks._look_at_whose_turn_it_is()
        await until(lambda: not checks._suspects and not checks._looking.locked())
        assert not overlaps

    run(scenario, Hub(*connections), clock)


def test_versions_of_inboxes_that_nobody_follows_are_forgotten(lookups, clock):
    (one,) = connections = many(1)
    sign_in_all(lookups, connections)

    async def scenario(checks):
        checks.on_versions([(one.inbox_id, 1), (inbox_of(99), 1)])
        await pass_time(checks, clock, 100)
        assert set(checks._versions) == {one.inbox_id, inbox_of(99)}
        await pass_time(checks, clock, 100)
        assert set(checks._versions) == {one.inbox_id}

    run(scenario, Hub(one), clock)
