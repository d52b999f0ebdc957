"""What the database tells afterwards of streams is what their clients have seen, and no more."""

import random

import pytest

from notifications.inbox import trace
from notifications.inbox.traced_streams import PROCESS_GONE, Outcome
from notifications.models import InboxItem, Notification, StreamRecord
from tests.sockets.conftest import POLL, SSE, WEBSOCKET, over_all
from tests.support.processes import until

SEEDS = range(3)


def step(told, name):
    return next(one for one in told.steps if one.name == name)


def of(pk, user):
    return trace.of_user(Notification.objects.get(pk=pk), user)


def streams_of(user):
    return StreamRecord.objects.filter(inbox__user=user)


def until_written(pk, user):
    return until(lambda: step(of(pk, user), "written").happened and of(pk, user), "it is kept")


@over_all
def test_a_live_stream_is_told_by_its_id_and_how_it_was_told(
    site, connect, sender, alice, transport
):
    client = connect(alice, site).until_synced()
    pk = sender.send("Hello", alice.pk)
    client.until_revision(1)
    (stream,) = [one for one in until_written(pk, alice).streams if one.outcome == "written"]
    assert stream.transport == transport
    # From another process, on SQLite: no hint crosses over.
    ways = {"hinted", "healed"}
    if transport == POLL:
        ways.add("caught_up")  # the next poll may have come after it was sent
    assert stream.how in ways
    if transport != POLL:
        assert stream.connection == client.hello["connection"]
        assert stream.ended_at is None


def test_what_was_acknowledged_on_it_is_told_with_the_receipt(site, connect, sender, alice):
    client = connect(alice, site).until_synced()
    pk = sender.send("Hello", alice.pk)
    client.until_revision(1)
    client.pong()
    until(lambda: any(one.acknowledged for one in of(pk, alice).streams), "it is kept")
    assert until(lambda: step(of(pk, alice), "acknowledged").at, "the receipt is written")


def test_who_was_offline_is_told_since_when_and_how_it_came_later(site, connect, sender, alice):
    first = connect(alice, site).until_synced()
    first.close()
    ended = until(lambda: streams_of(alice).filter(ended_at__isnull=False).first(), "it is kept")
    assert ended.cause == "client"
    pk = sender.send("Hello", alice.pk)
    missed = step(of(pk, alice), "written")
    assert (missed.happened, missed.reason, missed.since) == (False, "offline", ended.ended_at)
    connect(alice, site, state=first.state).until_synced()
    told = until_written(pk, alice)
    assert [one.how for one in told.streams if one.how] == ["caught_up"]
    assert "none was open when it arrived" in step(told, "written").sentence


def test_of_what_a_killed_process_did_no_more_is_claimed_than_it_has_told(
    servers, kind, connect, sender, alice
):
    killed = servers.start(kind)
    connect(alice, killed, judges=False).until_synced()
    kept = until(lambda: streams_of(alice).first(), "it is kept")
    killed.child.kill()
    pk = sender.send("Too late", alice.pk)

    def told_as_gone():
        told = of(pk, alice)
        return step(told, "written").reason == "offline" and step(told, "written").since

    assert until(told_as_gone, "the process is missed") >= kept.opened_at
    assert PROCESS_GONE not in streams_of(alice).values_list("cause", flat=True)


# --- Whatever happens -----------------------------------------------------------------------------


class Story:
    """Clients come and go while things are sent to alice, and taken back."""

    def __init__(self, seed, site, connect, sender, alice):
        self._random = random.Random(seed)
        self._site, self._connect, self._sender, self._alice = site, connect, sender, alice
        self.clients = []
        self._open, self._sent = [], []

    def run(self, steps=14):
        for _ in range(steps):
            act = self._random.choice(["come", "come", "send", "send", "send", "leave", "withdraw"])
            getattr(self, act)()
        self.come()
        while self._open:
            self.leave()

    def come(self):
        """With what it held when it left before, or with nothing."""
        known = [client for client in self.clients if client not in self._open]
        state = self._random.choice([None, *(client.state for client in known)])
        transport = self._random.choice([WEBSOCKET, SSE])
        client = self._connect(self._alice, self._site, transport=transport, state=state)
        self.clients.append(client.until_synced())
        self._open.append(client)

    def send(self):
        self._sent.append(self._sender.send("Hello", self._alice.pk))

    def withdraw(self):
        if self._sent:
            self._sender.withdraw(self._random.choice(self._sent))

    def leave(self):
        """Maybe amid what comes."""
        if self._open:
            self._open.pop(self._random.randrange(len(self._open))).close()


def seen_with_content(client):
    return {one["id"] for frame in client.frames for one in frame.get("notifications", ())}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_delivery_is_claimed_that_a_client_did_not_get(site, connect, sender, alice, seed):
    story = Story(seed, site, connect, sender, alice)
    story.run()
    ended = streams_of(alice).filter(ended_at__isnull=False)
    until(lambda: ended.count() == len(story.clients), "all ends are kept")
    seen = {one.hello["connection"]: seen_with_content(one) for one in story.clients}
    claimed = 0
    for item in InboxItem.objects.filter(inbox__user=alice):
        pk = str(item.notification_id)
        for stream in of(pk, alice).streams:
            if stream.outcome is Outcome.WRITTEN:
                claimed += 1
                # Written to a socket that its client was about to leave: it may not have read it.
                if pk not in seen[stream.connection]:
                    assert not stream.acknowledged, (seed, pk, stream)
                    assert stream.cause == "client", (seed, pk, stream)
            elif pk in seen[stream.connection] and stream.outcome is Outcome.NOT_WRITTEN:
                pytest.fail(f"Seed {seed}: {pk} was seen on {stream}")
    assert claimed
