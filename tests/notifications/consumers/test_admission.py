"""Why a connection may not be opened: one order of reasons, one value for every transport."""

import asyncio
import dataclasses
from types import SimpleNamespace

import pytest

from notifications.consumers import admission
from notifications.consumers.admission import Refusal
from notifications.credentials import visitor
from notifications.credentials.visitor import Visitor
from notifications.process import log_limits, metrics
from notifications.push import drain, runtime
from notifications.push.hub import Hub
from notifications.wire.contract import CloseCode
from tests.notifications.push.hubs import Connection

INBOX = 1_000_007
ALICE = SimpleNamespace(pk=7, is_authenticated=True)
NOBODY = SimpleNamespace(pk=None, is_authenticated=False)
FULL = "The server has as many connections as it may have."
# Each of these stands for itself and for all that come after it: the order of the verdicts.
REASONS = {
    "drains": (CloseCode.RESTART, 503, drain.REASON, None, 2, ""),
    "version": (
        CloseCode.VERSION, 400, "No version of the protocol that we know was offered.", 0, 0, ""
    ),
    "rate": (CloseCode.RATE_LIMIT, 429, "Too many requests came from this address.", 9000, 9,
             "rate"),
    "busy": (CloseCode.OVERLOADED, 503, "The database does not answer.", 2000, 2, ""),
    "origin": (
        CloseCode.NOT_ALLOWED, 403, "This token may not be used from that origin.", 0, 0, ""
    ),
    "nobody": (CloseCode.SIGNED_OUT, 401, "Sign in first.", 0, 0, ""),
    "full": (CloseCode.OVERLOADED, 503, FULL, 5000, 2, "process"),
    "user": (
        CloseCode.TOO_MANY_CONNECTIONS, 429, "A user has at most 1 connections.", 0, 10, "user"
    ),
    "address": (
        CloseCode.TOO_MANY_CONNECTIONS, 429, "An address has at most 2 connections.", 0, 10,
        "address",
    ),
}  # fmt: skip
CAUSES = list(REASONS)


@pytest.fixture
def admitted(layer, monkeypatch, settings):
    """The verdict where all these are so at once."""
    log_limits.PROCESS.clear()

    async def within(causes, known_user):
        own = Hub()
        monkeypatch.setattr(runtime, "current", lambda: own)
        own.is_draining = "drains" in causes
        settings.NOTIFICATIONS_CONNECTIONS_MAX = 2 if "full" in causes else 100
        settings.NOTIFICATIONS_USER_CONNECTIONS_MAX = 1
        settings.NOTIFICATIONS_ADDRESS_CONNECTIONS_MAX = 2
        for n in range(2):
            one = Connection(INBOX if "user" in causes else 100 + n)
            one.address = "192.0.2.1" if "address" in causes else "192.0.2.9"
            own.register(one)
        comer = NOBODY if "nobody" in causes else known_user
        known = Visitor(
            user=comer,
            inbox_id=INBOX if comer is ALICE else None,
            origin_refused="origin" in causes,
            lookup_failed="busy" in causes,
            wait_s=9 if "rate" in causes else 0,
        )
        scope = visitor.put({"client": ("192.0.2.1", 5)}, known)
        return admission.admit(scope, knows_version="version" not in causes)

    return lambda *causes, user=ALICE: asyncio.run(within(causes, user))


@pytest.mark.parametrize("cause", CAUSES)
def test_of_all_reasons_the_first_is_told(admitted, cause):
    refusal = admitted(*CAUSES[CAUSES.index(cause) :])
    *expected, after_ms, retry_after_s, limit = REASONS[cause]
    assert [refusal.code, refusal.status, refusal.reason] == expected
    assert (refusal.retry_after_s, refusal.limit) == (retry_after_s, limit)
    if after_ms is None:  # chosen anew each time
        assert 1000 <= refusal.after_ms <= 3000
    else:
        assert refusal.after_ms == after_ms


@pytest.mark.parametrize("cause", CAUSES)
def test_each_reason_is_one_by_itself(admitted, cause):
    assert admitted(cause).reason == REASONS[cause][2]


def test_who_may_come_in_is_named(admitted):
    assert admitted() == INBOX


def test_where_nobody_has_looked_it_is_nobody(admitted):
    assert admitted(user=None).code == CloseCode.SIGNED_OUT
    assert visitor.of({}) == Visitor()


@pytest.mark.parametrize("cause", ["rate", "full", "user", "address"])
def test_a_refusal_by_a_limit_is_counted_once_and_logged(admitted, cause, caplog):
    counter = metrics.connections_refused.labels(REASONS[cause][-1])
    before = counter.value
    with caplog.at_level("INFO"):
        for _ in range(2):
            admitted(cause)
    assert counter.value == before + 2
    assert caplog.text.count(f"A connection was refused: {REASONS[cause][2]}") == 1


def test_a_refusal_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Refusal(CloseCode.VERSION, 400, "No.").status = 200
