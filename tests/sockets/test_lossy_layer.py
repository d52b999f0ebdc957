"""The channel layer only hints: whatever it does, everything arrives and no socket closes."""

import time
from statistics import quantiles

import pytest

from notifications.models import Notification, Status
from tests.sockets.conftest import KINDS, TRANSPORTS
from tests.support.lossy_layer import ENVIRONMENT, MODES
from tests.support.processes import until

# The reconciler's half second, and what a busy machine may add.
RECONCILED_S = 15
# One that hangs is waited for once at most. The quickest quarter counts: a busy machine is not its
# doing.
ACT_MAX_S = 1.2
ROUNDS = 3


@pytest.fixture(params=MODES)
def site(request, start_server):
    """A server whose layer does harm, and which dispatches, so that it also has hints to lose."""
    kind = KINDS[MODES.index(request.param) % len(KINDS)]
    return start_server(
        kind,
        may_warn=True,
        DJANGO_SETTINGS_MODULE="tests.sockets.lossy_settings",
        NOTIFICATIONS_DISPATCH_IN_SERVER=1,
        NOTIFICATIONS_DISPATCH_SCAN_S=0.05,
        **{ENVIRONMENT: request.param},
    )


def leave_to_the_server(title, *users):
    """Send so that the server itself dispatches: its hints then carry the frames."""
    left = Notification(
        title=title, audience_kind="users", audience_ids=[user.pk for user in users],
        status=Status.SENDING,
    )  # fmt: skip
    (created,) = Notification.objects.bulk_create([left])
    rows = Notification.objects.filter(pk=created.pk, status=Status.SENT)
    until(rows.exists, "the server dispatches")
    return str(created.pk)


def test_everything_is_delivered_and_nobody_waits(site, connect, sender, sign_in, alice, bob):
    hers = [connect(alice, site, transport=one).until_synced() for one in TRANSPORTS]
    his = connect(bob, site).until_synced()
    session = sign_in(alice)

    def arrived(revision, *of):
        began_at = time.monotonic()
        for client in of:
            left_s = began_at + RECONCILED_S - time.monotonic()
            client.until_revision(revision, within_s=max(left_s, 0.001))

    took_s = []
    for n in range(ROUNDS):
        revision = hers[0].state.revision
        first = leave_to_the_server(f"by the server {n}", alice, bob)
        arrived(revision + 1, *hers)
        sender.send(f"by another {n}", alice.pk)
        arrived(revision + 2, *hers)
        for op in ("read", "archive", "restore"):
            began_at = time.monotonic()
            answer = site.act(session, op, first)
            took_s.append(time.monotonic() - began_at)
            arrived(answer["revision"], *hers)
        arrived(n + 1, his)
    assert quantiles(took_s, n=4)[0] < ACT_MAX_S
    # A burst, where hints pass each other.
    for n in range(10):
        leave_to_the_server(f"in a burst {n}", alice)
    sender.withdraw(first)
    arrived(revision + 16, *hers)
    arrived(ROUNDS + 1, his)
    late = connect(alice, site).until_synced()
    for client in hers:
        assert client.until_answered().state.listed() == late.state.listed()
    assert his.state.titles() == [f"by the server {n}" for n in range(ROUNDS - 1)][::-1]
