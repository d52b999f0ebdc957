"""When the logins of open streams are looked at again, and what comes of it."""

import asyncio
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
        return [answers.get(key) for key in keys]

    monkeypatch.setattr(access, "_finders", {})
    access.look_up_by(sessions=find, tokens=find)
    monkeypatch.setattr(access, "_SETTLE_S", 0.001)
    monkeypatch.setattr(access, "_RETRY_S", 0.001)
    monkeypatch.setattr(access, "_AGAIN_S", 3600)
    return SimpleNamespace(asked=asked, answers=answers)


def run(scenario, hub):
    async def within():
        checks = AccessChecks(hub)
        task = asyncio.create_task(checks._look_at_suspects())
        try:
            async with asyncio.timeout(30):
                await scenario(checks)
        finally:
            task.cancel()

    asyncio.run(within())


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
            assert checks._suspects == {one}
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
