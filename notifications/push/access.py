"""Whether those who have streams open may still have them: asked again when that may have changed.

Somebody's access version rises in the database, time passes, or a login comes to its end: then what
opened the streams is looked up again, that of many streams by one query, and those whose login is
good no longer are ended. What cannot be looked up ends nothing, and is tried again.

As time passes each stream has its turn once in a period (``turns.py``). However many there are,
they are looked at in small portions, between which the event loop does what else there is.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from notifications.conf import conf
from notifications.process import metrics
from notifications.process.log_limits import once_a_minute
from notifications.push.batching import is_of_one, outcomes
from notifications.push.connection import Connection, Connections, Login
from notifications.push.timers import TimerWheel
from notifications.push.turns import Turns, step_s
from notifications.stream.messages import Action
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

# Before the look: what changes a password may write the session that made it a moment later.
_SETTLE_S = 0.2
# And once more: who signs out is known before the session has ended, which takes as long as what
# keeps it does.
_AGAIN_S = 2.0
_RETRY_S = 1.0
# Streams of a portion, whose logins are looked up by one query for each kind. In the thread that
# does so each takes 50 us, of which the event loop has its part only now and then.
_AT_ONCE = 200
# What was seen longer ago was so before any stream that is being opened now was let in.
_RECENT_S = 120
# In this time a stream whose session has another key now opens again, by that.
_RENEW_MS = 1000

Find = Callable[[Sequence[Any]], Sequence[Login | None]]
# Streams by what they were opened by: the session's key, or the token's id and the session's key.
_ByKey = dict[Any, list[Connection]]

_finders: dict[str, Find] = {}


def look_up_by(*, sessions: Find, tokens: Find) -> None:
    """How logins are looked up: by the keys of sessions, and by the ids of tokens, each with the
    key of the session that has made it (None: a key has).

    Each answers what the login is now, under the session's present key; None where it has ended.
    """
    _finders.update(session=sessions, token=tokens)


class AccessChecks:
    """Looks again at the logins of a hub's streams."""

    def __init__(self, hub: Connections, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._clock = clock
        # By inbox, the access version that was seen last, and since when, by no clock but our own;
        # for a while also of inboxes that nobody follows here: one who is just being let in may
        # have been looked up before.
        self._versions: dict[int, tuple[int, float]] = {}
        self._versions_sifted_at = clock()
        # To be looked at soon, in the order in which they became so.
        self._suspects: dict[Connection, None] = {}
        self._wake = asyncio.Event()
        # When the others are looked at.
        self._turns: Turns[Connection] = Turns()
        # One portion at a time: no answer shall come after a newer one.
        self._looking = asyncio.Lock()
        self._expiries: TimerWheel[Connection] = TimerWheel(
            lambda connection, _: self.suspect([connection])
        )

    def work(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What must run as long as the hub does, by what it is called in the log."""
        return {
            "looking at logins": self._look_at_suspects,
            "looking at all logins": self._look_at_all_in_turn,
            "the logins' timer": self._expiries.run,
        }

    def opened(self, connection: Connection) -> None:
        """A stream was registered."""
        now = self._clock()
        _, since = self._versions.get(connection.inbox_id, (0, -math.inf))
        if since > now - _RECENT_S:
            self.suspect([connection])
        if connection.login is not None:
            # It was looked up after it came; in a storm that was some time ago.
            came_at = now if connection.came_at is None else connection.came_at
            self._turns.add(connection, came_at, conf.ACCESS_CHECK_S)
        self._watch_expiry(connection)

    def closed(self, connection: Connection) -> None:
        """A stream has gone."""
        self._suspects.pop(connection, None)
        self._turns.discard(connection)
        self._expiries.cancel(connection)

    def on_versions(self, versions: Iterable[tuple[int, int]]) -> None:
        """Inboxes and their access versions, as the database says.

        Any other than before is a reason to look: the one that is seen first may just have been
        raised, and after a restore of the database it may be lower.
        """
        now, changed = self._clock(), []
        for inbox_id, version in versions:
            before, _ = self._versions.get(inbox_id, (0, now))
            if version != before:
                self._versions[inbox_id] = version, now
                changed.append(inbox_id)
        if changed:
            self._suspect_all_of(changed)
            asyncio.get_running_loop().call_later(_AGAIN_S, self._suspect_all_of, changed)

    def _suspect_all_of(self, inbox_ids: Iterable[int]) -> None:
        for inbox_id in inbox_ids:
            self.suspect(self._hub.streams.get(inbox_id, ()))

    def suspect(self, connections: Iterable[Connection]) -> None:
        """Look at these streams again, soon."""
        self._suspects.update(
            (connection, None) for connection in connections if connection.login is not None
        )
        if self._suspects:
            self._wake.set()

    def on_gone(self, inbox_ids: Iterable[int] | None) -> None:
        """These inboxes are not there any more; None: some inbox is not."""
        if inbox_ids is None:
            self.suspect(self._hub.all_streams())
            return
        self._suspect_all_of(inbox_ids)

    async def _look_at_all_in_turn(self) -> None:
        while True:
            await asyncio.sleep(step_s(conf.ACCESS_CHECK_S))
            await self._look_at_whose_turn_it_is()

    async def _look_at_whose_turn_it_is(self) -> None:
        now, period_s = self._clock(), conf.ACCESS_CHECK_S
        if now >= self._versions_sifted_at + period_s:
            self._sift_versions(now)
        # Who could not be looked at now does not wait for the next turn.
        failed = await self._look_at(self._turns.take(now, period_s))
        self.suspect(filter(self._is_open, failed))

    def _sift_versions(self, now: float) -> None:
        """Forget what matters to nobody here any more."""
        self._versions_sifted_at = now
        self._versions = {
            pk: (version, since)
            for pk, (version, since) in self._versions.items()
            if since > now - _RECENT_S or pk in self._hub.streams
        }

    async def _look_at_suspects(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(_SETTLE_S)
            self._wake.clear()
            suspects, self._suspects = self._suspects, {}
            if failed := await self._look_at(suspects):
                await asyncio.sleep(_RETRY_S)
                self.suspect(filter(self._is_open, failed))

    async def _look_at(self, connections: Iterable[Connection]) -> list[Connection]:
        """Look at these streams, a portion after the other.

        Returns: those that could not be looked up, of which none is ended.
        """
        left = list(connections)
        failed: list[Connection] = []
        while left:
            portion = left[:_AT_ONCE]
            del left[:_AT_ONCE]
            async with self._looking:
                self._turns.looked_at(portion, self._clock(), conf.ACCESS_CHECK_S)
                for kind, by_key in self._sorted(filter(self._is_open, portion)):
                    try:
                        await self._look(kind, by_key)
                    except Exception as error:  # noqa: BLE001 (whatever a database raises)
                        _tell_failure(error)
                        if not is_of_one(error):  # the others would meet it, too
                            return [*failed, *portion, *left]
                        failed += [connection for same in by_key.values() for connection in same]
        return failed

    def _is_open(self, connection: Connection) -> bool:
        return connection in self._hub.streams.get(connection.inbox_id, ())

    def _sorted(self, suspects: Iterable[Connection]) -> list[tuple[str, _ByKey]]:
        """Streams by what they were opened by: of one kind each, if there are any."""
        by_kind: dict[str, _ByKey] = {kind: {} for kind in _finders}
        for connection in suspects:
            self._hub.perform(connection, _sort_in, connection, by_kind)
        return [(kind, by_key) for kind, by_key in by_kind.items() if by_key]

    async def _look(self, kind: str, by_key: _ByKey) -> None:
        """Judge streams that are opened by one kind of credential.

        Raises: what the look-up does, unless one login is the reason and others could be.
        """
        keys = list(by_key)
        logins = dict(zip(keys, await outcomes(_finders[kind], keys), strict=True))
        for key, connections in by_key.items():
            answer = logins[key]
            for connection in connections:
                if self._is_open(connection) and not isinstance(answer, Exception):
                    self._hub.perform(connection, self._judge, connection, answer)
        failed = [outcome for outcome in logins.values() if isinstance(outcome, Exception)]
        outages = [error for error in failed if not is_of_one(error)]
        if outages or len(failed) == len(logins):
            raise (outages or failed)[0]
        if failed:
            logger.warning("%d logins could not be looked up: %s", len(failed), failed[0])

    def _judge(self, connection: Connection, login: Login | None) -> list[Action]:
        before, now = connection.login, time.monotonic()
        assert before is not None  # noqa: S101 (only those with a login are suspected)
        if login is None or login.user.pk != before.user.pk:
            metrics.streams_signed_out.inc()
            return connection.stream.end(CloseCode.SIGNED_OUT, "Signed out.", now)
        if login.session_key == before.session_key:
            connection.login = login
            self._watch_expiry(connection)
        elif connection.kind != "poll":  # a poll ends soon anyhow, and the next brings the new key
            reason = "The session has a new key."
            return connection.stream.end(CloseCode.RENEW, reason, now, _RENEW_MS)
        return []

    def _watch_expiry(self, connection: Connection) -> None:
        """Look at the login when it ends, unless all are looked at long before."""
        login = connection.login
        if login is None:
            return
        left_s = (login.expires_at - datetime.now(UTC)).total_seconds()
        if left_s < 2 * conf.ACCESS_CHECK_S:
            self._expiries.schedule(connection, time.monotonic() + left_s)


def _sort_in(connection: Connection, by_kind: dict[str, _ByKey]) -> list[Action]:
    """Put a stream to those that were opened by the same; nothing is to be done to it yet."""
    login = connection.login
    assert login is not None  # noqa: S101 (only those with a login are suspected)
    is_token = login.token_id is not None
    key = (login.token_id, login.session_key) if is_token else login.session_key
    kind = "token" if is_token else "session"
    if kind in by_kind:
        by_kind[kind].setdefault(key, []).append(connection)
    return []


def _tell_failure(error: Exception) -> None:
    once_a_minute(
        logger, logging.WARNING, "look",
        "Logins could not be looked up (%s: %s); it is tried again.",
        type(error).__name__, str(error).strip(),
    )  # fmt: skip
