"""What somebody does anywhere reaches the open sockets of whom it concerns."""

import pytest

from tests.sockets.conftest import ids_seen, over_all

pytestmark = over_all


def test_what_a_command_sends_is_in_the_open_socket(site, connect, notify, alice, bob):
    client, other = (connect(user, site).until_synced() for user in (alice, bob))
    arguments = ("--body", "from the shell", "--level", "warning", "--category", "build")
    notify("Hello", "--user", alice.username, "--url", "/orders/7", *arguments)
    client.until_revision(1)
    (one,) = client.state.listed()
    assert (one["title"], one["body"], one["level"]) == ("Hello", "from the shell", "warning")
    assert (one["category"], one["url"]) == ("build", "/orders/7")
    assert (one["revision"], one["arrived_revision"]) == (1, 1)
    assert (one["seen_at"], one["read_at"], one["woken"]) == (None, None, False)
    assert client.state.counts == {"unread": 1, "unseen": 1}
    # And bob has nothing, however long ago that was.
    assert other.until_answered().state.revision == 0


def test_it_is_the_same_over_the_socket_and_over_http(site, connect, sender, sign_in, alice):
    client = connect(alice, site).until_synced()
    fields = {
        "body": "ü𝄞\n\t" * 300, "url": "https://example.com/ä?b=c&d", "sender": "The shop",
        "thread": "order-7", "data": {"n": [1, None, {"deep": True}], "ü": 2**53 - 1},
        "actions": [{"label": "Open", "url": "/open"}, {"label": "Close", "url": "/close"}],
        "level": "critical", "category": "shop.orders",
    }  # fmt: skip
    sender.send("<b>Ünïcode & \"quotes\" \\ '𝄞'</b>", alice.pk, **fields)
    client.until_revision(1)
    page = site.get("/api/v1/inbox", sign_in(alice)).json()
    assert page["notifications"] == client.state.listed()
    assert client.state.listed()[0]["body_truncated"]
    assert (page["epoch"], page["revision"]) == (client.state.epoch, client.state.revision)
    # What was pushed live is what a client gets that comes later.
    assert connect(alice, site).until_synced().state.listed() == client.state.listed()


def test_they_come_in_the_order_in_which_they_were_sent(site, connect, sender, alice):
    client = connect(alice, site).until_synced()
    titles = [f"number {n}" for n in range(30)]
    for title in titles:
        sender.send(title, alice.pk)
    client.until_revision(30)
    assert client.state.titles() == titles[::-1]
    seen = [one["title"] for frame in client.of_type("changes") for one in frame["notifications"]]
    assert seen == titles


def test_what_goes_to_everyone_goes_to_everyone(site, other_site, connect, sender, alice, bob):
    connected = [connect(user, s) for user in (alice, bob) for s in (site, other_site)]
    for client in connected:
        client.until_synced()
    sender.send("To all of you")
    for client in connected:
        client.until_revision(1)
        assert client.state.titles() == ["To all of you"]


def test_what_is_withdrawn_goes(site, connect, sender, alice, bob):
    client, other = (connect(user, site).until_synced() for user in (alice, bob))
    gone = sender.send("A mistake", alice.pk, bob.pk)
    sender.send("No mistake", alice.pk)
    client.until_revision(2)
    sender.withdraw(gone)
    client.until_revision(3)
    other.until_revision(2)
    assert client.state.titles() == ["No mistake"]
    assert client.state.removed == other.state.removed == {gone}
    assert client.state.counts == {"unread": 1, "unseen": 1}
    assert other.state.titles() == []


def test_one_that_was_read_is_withdrawn_without_a_change_of_the_counts(
    site, connect, sender, sign_in, alice
):
    client = connect(alice, site).until_synced()
    gone = sender.send("A mistake", alice.pk)
    site.act(sign_in(alice), "read", gone)
    sender.withdraw(gone)
    client.until_revision(3)
    assert client.state.counts == {"unread": 0, "unseen": 0}


@pytest.mark.parametrize("where", ["the same server", "another process"])
def test_an_act_in_one_client_shows_in_the_other(
    site, other_site, connect, sender, sign_in, alice, where
):
    acting = site if where == "the same server" else other_site
    clients = [connect(alice, site).until_synced(), connect(alice, other_site).until_synced()]
    session = sign_in(alice)
    first, second = (sender.send(title, alice.pk) for title in ("one", "two"))
    steps = [
        ("seen", first, {"unread": 2, "unseen": 1}, ("seen_at", True)),
        ("read", second, {"unread": 1, "unseen": 0}, ("read_at", True)),
        ("unread", second, {"unread": 2, "unseen": 0}, ("read_at", False)),
        ("archive", second, {"unread": 1, "unseen": 0}, ("archived_at", True)),
        ("restore", second, {"unread": 2, "unseen": 0}, ("archived_at", False)),
    ]
    for op, pk, counts, (name, is_set) in steps:
        answer = acting.act(session, op, pk)
        assert (answer["changed"], answer["counts"]) == (1, counts)
        for client in clients:
            client.until_revision(answer["revision"])
            assert client.state.revision == answer["revision"]
            assert client.state.counts == counts
            assert (client.state.notifications[pk][name] is not None) is is_set
    assert clients[0].state == clients[1].state


def test_an_act_that_changes_nothing_sends_nothing(site, connect, sender, sign_in, alice, bob):
    client = connect(alice, site).until_synced()
    session = sign_in(alice)
    mine = sender.send("Mine", alice.pk)
    his = sender.send("His", bob.pk)
    site.act(session, "read", mine)
    client.until_revision(2)
    # Two revisions may share a frame.
    told = len(client.of_type("changes"))
    for ids in ([mine], [his], ["999999999"]):
        answer = site.act(session, "read", *ids)
        assert (answer["revision"], answer["changed"]) == (2, 0)
    assert client.until_answered().state.revision == 2
    assert len(client.of_type("changes")) == told
    assert his not in ids_seen(client)


def test_read_all_is_one_change_and_swallows_nothing_that_came_later(
    site, connect, sender, sign_in, alice
):
    client = connect(alice, site).until_synced()
    sender.send_many(5, "old", alice.pk)
    client.until_revision(5)
    sender.send("new", alice.pk)
    answer = site.act(sign_in(alice), "read", epoch=client.state.epoch, upto=5)
    assert (answer["changed"], answer["revision"]) == (5, 7)
    client.until_revision(7)
    unread = [one["title"] for one in client.state.listed() if one["read_at"] is None]
    assert unread == ["new"]


def test_an_act_with_the_same_operation_id_is_one_change(site, connect, sender, sign_in, alice):
    client = connect(alice, site).until_synced()
    session = sign_in(alice)
    pk = sender.send("Once", alice.pk)
    first, again = (site.act(session, "read", pk, op_id="a") for _ in range(2))
    assert first == again
    client.until_revision(2)
    assert client.until_answered().state.revision == 2


def test_sockets_of_one_user_agree_whatever_happens(
    site, other_site, connect, sender, sign_in, alice
):
    clients = [connect(alice, s).until_synced() for s in (site, other_site, site, other_site)]
    session = sign_in(alice)
    ids = []
    for n in range(12):
        ids.append(sender.send(f"number {n}", alice.pk))
        acting = (site, other_site)[n % 2]
        answer = acting.act(session, ("read", "archive", "seen")[n % 3], ids[n // 2])
    sender.withdraw(ids[3])
    for client in clients:
        client.until_revision(answer["revision"] + 1)
    assert all(client.state == clients[0].state for client in clients)
    assert connect(alice, site).until_synced().state.listed() == clients[0].state.listed()


def test_what_comes_for_alice_sends_nothing_to_bob(site, connect, sender, alice, bob):
    client = connect(bob, site).until_synced()
    own = connect(alice, site).until_synced()
    sender.send_many(10, "for alice", alice.pk)
    own.until_revision(10)
    assert client.until_answered().state.revision == 0
    told = [frame["type"] for frame in client.frames if frame["type"] not in {"hello", "pong"}]
    assert told == ["snapshot", "synced"]
