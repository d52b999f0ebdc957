"""Whoever comes back with a cursor is brought to where a client is that never left."""

import json
import random

import pytest

from tests.sockets.conftest import (
    POLL,
    TRANSPORTS,
    WEBSOCKET,
    ids_of,
    over_all,
    over_http,
)
from tests.sockets.content import LARGE, LARGE_BYTES
from tests.support.connection import Refused
from tests.support.inbox_state import InboxState
from tests.support.judge import FRAME_MAX_BYTES

STEPS = 40
# More changes than this are not told one by one.
CHANGES_MAX_COUNT = 300


def kinds(client):
    """The types of the frames that bring a client up to date; a judge has seen to the others."""
    told = {"changes", "snapshot", "synced"}
    return [frame["type"] for frame in client.frames if frame["type"] in told]


def after_snapshot(client):
    """What came after the last snapshot."""
    *_, last = (at for at, kind in enumerate(kinds(client)) if kind == "snapshot")
    return kinds(client)[last + 1 :]


def told_from(revision, head, transport):
    """What a client is told that comes with a revision, where nothing must be split."""
    if revision < head:
        return ["changes", "synced"]
    return [] if transport == POLL else ["synced"]


@pytest.fixture
def inbox(site, connect, alice):
    """Alice's client, which has followed from the first revision on and holds everything."""
    client = connect(alice, site).until_synced()
    client.keeps_history = True
    client.history[0] = client.state.copy()
    return client


@pytest.fixture(scope="module")
def crowd():
    """The user whose inbox holds more than anybody wants to be told one by one."""
    return {}


@pytest.fixture
def crowded(crowd, user, sender):
    if not crowd:
        crowd["user"] = user("crowded")
        sender.send_many(CHANGES_MAX_COUNT + 1, "one of many", crowd["user"].pk)
    return crowd["user"]


def job(site, sender, session, user, client, chance):
    """Send and act at random, one revision after the other."""
    ids = []
    while client.state.revision < STEPS:
        op = chance.choice(["send", "send", "withdraw", "seen", "read", "unread", "archive",
                            "restore", "read all"])  # fmt: skip
        some = chance.sample(ids, min(len(ids), chance.randint(1, 3)))
        before = client.state.revision
        if op == "send":
            ids.append(sender.send(f"number {len(ids)}", user.pk))
            revision = before + 1
        elif op == "withdraw" and some:
            sender.withdraw(some[0])
            ids.remove(some[0])
            revision = before + 1
        elif op == "read all":
            revision = site.act(session, "read", epoch=client.state.epoch, upto=before)["revision"]
        elif some and op != "withdraw":
            revision = site.act(session, op, *some)["revision"]
        else:
            continue
        client.until_revision(revision)


@over_all
def test_from_every_revision_a_client_arrives_at_the_same_state(
    site, other_site, connect, sender, sign_in, alice, inbox, transport
):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    job(site, sender, sign_in(alice), alice, inbox, random.Random(seed))
    head = inbox.state.revision
    assert sorted(inbox.history) == list(range(head + 1))
    for revision, held in inbox.history.items():
        client = connect(alice, (site, other_site)[revision % 2], state=held).until_synced()
        assert client.state == inbox.state, f"from {revision}"
        assert kinds(client) == told_from(revision, head, transport)
        client.close()
    fresh = connect(alice, site).until_synced()
    assert kinds(fresh) == ["snapshot", "synced"]
    assert fresh.state.listed() == inbox.state.listed()


@over_all
def test_changes_tell_each_notification_once_in_its_last_state(
    site, connect, sender, sign_in, alice, inbox
):
    session = sign_in(alice)
    first, second, gone = (sender.send(title, alice.pk) for title in ("one", "two", "three"))
    for op in ("seen", "read", "unread", "archive", "restore"):
        site.act(session, op, first)
    sender.withdraw(gone)
    client = connect(alice, site, state=inbox.history[0]).until_synced()
    (frame,) = client.of_type("changes")
    assert (frame["since"], frame["revision"]) == (0, 9)
    assert [one["id"] for one in frame["notifications"]] == [second, first]
    assert frame["removed"] == [gone]
    assert frame["counts"] == {"unread": 2, "unseen": 1}


@over_all
def test_without_a_cursor_there_is_a_snapshot_of_the_newest(site, connect, sender, alice):
    sender.send_many(60, "one of many", alice.pk)
    last = sender.send("the last", alice.pk)
    client = connect(alice, site).until_synced()
    assert kinds(client) == ["snapshot", "synced"]
    assert len(client.state.notifications) == 50
    assert client.state.more
    assert client.state.listed()[0]["id"] == last
    assert client.state.counts == {"unread": 61, "unseen": 61}
    assert (client.state.revision, client.of_type("synced")[0]["revision"]) == (61, 61)


@over_all
def test_at_the_head_there_is_synced_alone(site, connect, sender, alice, inbox, transport):
    sender.send("Hello", alice.pk)
    inbox.until_revision(1)
    client = connect(alice, site, state=inbox.state).until_synced()
    assert kinds(client) == told_from(1, 1, transport)
    assert client.state == inbox.state


NO_CURSORS = [
    "since=1",
    "epoch={epoch}",
    "epoch={epoch}&since=",
    "epoch=&since=1",
    "epoch={epoch}&since=-1",
    "epoch={epoch}&since=1.0",
    "epoch={epoch}&since=%2B1",
    "epoch={epoch}&since=one",
    "epoch={epoch}&since=0x1",
    "epoch={epoch}&since=1%00",
    "epoch={epoch}&since=%C2%B9",
    "epoch={epoch}&since=9007199254740992",
    "epoch={epoch}&since=" + "9" * 3000,
]
USELESS_CURSORS = [
    "epoch={epoch}x&since=1",
    "epoch=" + "e" * 3000 + "&since=1",
    "epoch=%ff%fe&since=1",
    "epoch={epoch}&since=3",
    "epoch={epoch}&since=9007199254740991",
]
NO_PARAMETERS = "%ff=&&;;="


@pytest.mark.parametrize(
    ("query", "transport"),
    [
        *((query, WEBSOCKET) for query in [*NO_CURSORS, NO_PARAMETERS]),
        *((query, transport) for query in USELESS_CURSORS for transport in TRANSPORTS),
    ],
    indirect=["transport"],
)
def test_a_cursor_that_is_of_no_use_counts_as_none(site, connect, sender, alice, query, inbox):
    sender.send_many(2, "Hello", alice.pk)
    inbox.until_revision(2)
    client = connect(alice, site, query=query.format(epoch=inbox.state.epoch)).until_synced()
    assert kinds(client) == ["snapshot", "synced"]
    assert client.state.listed() == inbox.state.listed()


@over_http
@pytest.mark.parametrize("query", NO_CURSORS)
def test_what_is_no_cursor_is_refused_over_http(site, connect, alice, query):
    with pytest.raises(Refused) as caught:
        connect(alice, site, query=query.format(epoch="some"))
    assert caught.value.status == 422
    assert caught.value.headers["content-type"] == "application/problem+json"
    problem = json.loads(caught.value.body)
    assert problem["status"] == 422
    assert set(problem["errors"]) <= {"epoch", "since"}


@over_http
def test_a_query_that_names_no_parameter_of_ours_is_refused_over_http(site, connect, alice):
    with pytest.raises(Refused) as caught:
        connect(alice, site, query=NO_PARAMETERS)
    assert caught.value.status == 422
    assert set(json.loads(caught.value.body)["errors"]) == {"\ufffd", ";;"}


@over_all
def test_a_cursor_of_somebody_else_counts_as_none(site, connect, sender, alice, bob, inbox):
    sender.send("for alice", alice.pk)
    sender.send_many(3, "for bob", bob.pk)
    inbox.until_revision(1)
    client = connect(bob, site, state=inbox.state).until_synced()
    assert kinds(client) == ["snapshot", "synced"]
    assert client.state.titles() == ["for bob"] * 3


@over_all
def test_three_hundred_changes_are_told_and_one_more_is_a_snapshot(site, connect, sender, crowded):
    fresh = connect(crowded, site).until_synced()
    head = fresh.state.revision
    # What it held of older ones does not matter here.
    held = InboxState(epoch=fresh.state.epoch, more=True)
    client = connect(crowded, site, state=held).until_synced()
    assert kinds(client) == ["snapshot", "synced"]
    assert client.state == fresh.state
    held.revision = head - CHANGES_MAX_COUNT
    client = connect(crowded, site, state=held).until_synced()
    assert set(kinds(client)[:-1]) == {"changes"}
    told = [one["id"] for frame in client.of_type("changes") for one in frame["notifications"]]
    assert len(set(told)) == CHANGES_MAX_COUNT
    assert client.state.revision == head


@over_all
def test_one_live_change_of_more_than_three_hundred_is_a_snapshot(
    site, connect, sender, sign_in, crowded
):
    session = sign_in(crowded)
    ids = sorted(ids_of(crowded))
    for some in (ids[:200], ids[200:]):  # where this ran before
        site.act(session, "unread", *some)
    client = connect(crowded, site).until_synced()
    upto = client.state.revision
    answer = site.act(session, "read", epoch=client.state.epoch, upto=upto)
    assert answer["changed"] > CHANGES_MAX_COUNT
    client.until_synced(2)
    assert kinds(client) == ["snapshot", "synced", "snapshot", "synced"]
    assert client.state.revision == answer["revision"]
    assert all(one["read_at"] for one in client.state.listed())


@over_all
def test_catching_up_is_split_between_revisions(site, connect, sender, alice, inbox):
    count = 5 * FRAME_MAX_BYTES // (2 * LARGE_BYTES)
    sender.send_many(count, "Large", alice.pk, **LARGE)
    inbox.until_revision(count)
    client = connect(alice, site, state=inbox.history[0]).until_synced()
    parts = client.of_type("changes")
    assert len(parts) > 1
    assert not parts[-1].get("partial")
    assert client.state == inbox.state
    assert set(kinds(client)[:-1]) == {"changes"}


@over_all
def test_a_change_that_fits_no_frame_is_a_snapshot(site, connect, sender, sign_in, alice, inbox):
    count = 2 * FRAME_MAX_BYTES // LARGE_BYTES
    sender.send_many(count, "Large", alice.pk, **LARGE)
    inbox.until_revision(count)
    before = inbox.state.copy()
    site.act(sign_in(alice), "read", epoch=before.epoch, upto=count)
    # The one that is connected, and one that comes later.
    for client in (inbox, connect(alice, site, state=before)):
        client.until_revision(count + 1)
        # A stream that had brought enough goes on in another, which is synced, too.
        client.until(lambda c=client: after_snapshot(c)[:1] == ["synced"], "synced follows")
        (frame,) = client.of_type("snapshot")[-1:]
        assert (frame["more"], frame["revision"]) == (True, count + 1)
        assert 0 < len(frame["notifications"]) < count
        assert frame["counts"] == {"unread": 0, "unseen": 0}
        assert all(one["read_at"] for one in frame["notifications"])


@over_all
def test_a_snapshot_holds_fewer_where_they_are_large(site, connect, sender, alice):
    sender.send_many(60, "Large", alice.pk, **LARGE)
    client = connect(alice, site).until_synced()
    assert 0 < len(client.state.notifications) < 50
    assert client.state.more
    assert client.state.counts == {"unread": 60, "unseen": 60}


def test_each_resume_is_answered_by_one_synced(site, connect, sender, alice, inbox):
    sender.send_many(3, "Hello", alice.pk)
    inbox.until_revision(3)
    epoch = inbox.state.epoch
    client = connect(alice, site, state=inbox.state).until_synced()
    client.resume(1, epoch)
    client.until_synced(2)
    assert kinds(client)[1:] == ["changes", "synced"]
    client.resume()
    client.until_synced(3)
    assert kinds(client)[3:] == ["snapshot", "synced"]
    client.resume(3, epoch)
    client.until_synced(4)
    assert kinds(client)[5:] == ["synced"]
    client.resume(4, epoch)  # beyond the head
    client.until_synced(5)
    assert kinds(client)[6:] == ["snapshot", "synced"]
    assert client.until_answered().state.listed() == inbox.state.listed()
    assert len(client.of_type("synced")) == 5


def test_resumes_sent_at_once_are_each_answered_and_too_many_are_cut_off(
    site, connect, sender, alice
):
    sender.send_many(3, "Hello", alice.pk)
    client = connect(alice, site).until_synced()
    epoch = client.state.epoch
    cursors = [(None, None), (epoch, 1), ("other", 1), (epoch, 3)]
    client.send(*(client._resume(*cursor) for cursor in cursors))
    client.until_answered()
    client.until_synced(5)
    client.until_answered()
    assert len(client.of_type("synced")) == 5
    assert client.state.revision == 3
    # A slow machine earns one more for each second that it takes.
    client.send(*(client._resume(epoch, 3) for _ in range(60)))
    assert client.until_closed() == 4100
    assert client.bye["reconnect"] is True


def test_a_resume_is_answered_in_the_midst_of_what_comes(site, connect, sender, alice, inbox):
    client = connect(alice, site).until_synced()
    for n in range(4):
        sender.send_many(3, "Hello", alice.pk)
        client.resume(n, client.state.epoch)
        sender.send_many(3, "Hello", alice.pk)
        client.until_synced(n + 2)
    inbox.until_revision(24)
    client.until_revision(24)
    assert client.state.listed() == inbox.state.listed()


@over_all
@pytest.mark.parametrize("held", [0, 3], ids=["an empty inbox", "a full inbox"])
def test_a_new_epoch_reaches_who_is_connected(
    servers, site, other_site, connect, sender, alice, held
):
    if held:
        sender.send_many(held, "Hello", alice.pk)
    clients = [connect(alice, s).until_synced() for s in (site, other_site)]
    old = clients[0].state.copy()
    assert servers.manage("new_epoch").wait() == 0
    for client in clients:
        client.until(lambda c=client: c.state.epoch != old.epoch, "another epoch")
        client.until_synced(2)
        assert kinds(client) == ["snapshot", "synced", "snapshot", "synced"]
        assert client.state.revision == held
        assert client.state.listed() == old.listed()
    assert clients[0].state.epoch == clients[1].state.epoch
    # It goes on from there; who comes with the old cursor begins anew, and user keys stay.
    sender.send("After", alice.pk)
    for client in clients:
        client.until_revision(held + 1)
        assert client.state.titles()[0] == "After"
    late = connect(alice, site, state=old).until_synced()
    assert kinds(late) == ["snapshot", "synced"]
    assert late.hello["epoch"] == clients[0].state.epoch
    assert late.hello["user"] == clients[0].hello["user"]
