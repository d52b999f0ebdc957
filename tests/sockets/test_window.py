"""A client that is slow, stuck or lying costs the server next to nothing, and nobody else."""

import pytest

from tests.sockets.conftest import KINDS
from tests.sockets.content import LARGE, LARGE_BYTES
from tests.support.processes import until

WINDOW_BYTES = 64 * 1024
FRAME_MAX_BYTES = 128 * 1024
MIB = 1024 * 1024
COUNT = 130
# Of each sort. What they cost is divided by their number, so that what else a process takes and
# never gives back weighs little.
STUCK = 4
# As little as the kernel allows: the rest waits at the server.
TINY = {"receive_buffer_bytes": 2048}
BEYOND = 2**53 - 1
LIARS = 4
WARM_CLIENTS = 2
WARM_ACTS = 16
# The most that Linux buffers for a sender, unless it is told otherwise (tcp_wmem).
KERNEL_BYTES = 4 * MIB


def content_bytes(client):
    """How much content came, as the window counts it."""
    return sum(
        len(message.encode())
        for message, frame in zip(client.messages, client.frames, strict=True)
        if frame["type"] in {"changes", "snapshot"}
    )


@pytest.fixture(scope="module")
def crowd():
    return {}


@pytest.fixture
def busy(crowd, user, sender):
    """A user with as much in the inbox as alice is going to have."""
    if not crowd:
        crowd["busy"] = user("busy")
        sender.send_many(COUNT, "Large", crowd["busy"].pk, **LARGE)
    return crowd["busy"]


@pytest.fixture
def warm_site(start_server, connect, busy, charlie_watches):
    """Start a server that has done before what it is going to be measured at."""

    def start(kind):
        # Of one connection to the database what it caches is soon full.
        site = start_server(kind, NOTIFICATIONS_DATABASE_THREADS=1)
        charlie_watches(site)
        epoch = connect(busy, site).hello["epoch"]
        query = f"epoch={epoch}&since=0"
        clients = []
        for _ in range(WARM_CLIENTS):
            clients.append(connect(busy, site, query=query))
            # One after the other: a busy machine greets not so many at once in their time.
            assert clients[-1].hello
        for client in clients:
            client.until_revision(COUNT).close()
        return site

    return start


def test_clients_that_never_pong_or_never_read_cost_little_and_are_cut_off(
    warm_site, connect, sender, alice
):
    sites = [warm_site(kind) for kind in KINDS]
    before = [site.rss_bytes() for site in sites]
    never_pong, never_read, dead, healthy = [], [], [], []
    for site in sites:
        for _ in range(STUCK):
            never_pong.append(connect(alice, site, answers_pings=False).until_synced())
            never_read.append(connect(alice, site, reads=False, answers_pings=False, **TINY))
        dead.append(connect(alice, site, reads=False, answers_pings=False, **TINY))
        healthy.append(connect(alice, site).until_synced())
    sender.send_many(COUNT, "Large", alice.pk, **LARGE)
    for site, rss_bytes, client in zip(sites, before, healthy, strict=True):
        client.until_revision(COUNT)
        each = (site.rss_bytes() - rss_bytes) / (2 * STUCK + 2)
        print(f"{site}: {each / 1024:.0f} KiB for each stuck client")
        assert each < MIB, site
    # Since the frames that it was too late for were waiting, it is too slow.
    for client in never_pong:
        assert client.until_closed() == 4201, client
        assert (client.bye["code"], client.bye["reconnect"]) == (4201, True)
        assert WINDOW_BYTES <= content_bytes(client) < WINDOW_BYTES + FRAME_MAX_BYTES
        assert client.of_type("ping")
    for client in never_read:
        client.read_on()
        assert client.until_closed() == 4201, client
    # One that does not even read that is dropped.
    for client in dead:
        until(lambda p=client.local_port: not any(s.holds(p) for s in sites), "it is dropped")
    for client in healthy:
        client.until_answered()
        assert client.of_type("changes")
        assert not client.of_type("bye")


def test_a_client_that_lies_about_what_it_holds_fills_no_memory(
    warm_site, connect, sender, sign_in, alice
):
    """It says that it holds everything, and reads nothing: then the server's own buffer counts."""
    sites = [warm_site(kind) for kind in KINDS]
    # As much as one frame holds: each act on them all is such a frame.
    ids = [
        sender.send("Large", alice.pk, **LARGE) for _ in range(FRAME_MAX_BYTES // LARGE_BYTES - 1)
    ]
    session = sign_in(alice)
    honest = [connect(alice, site).until_synced() for site in sites]
    # Each thread that answers a request opens a database, whose cache is some megabytes.
    for n in range(WARM_ACTS):
        revision = sites[0].act(session, ("read", "unread")[n % 2], *ids)["revision"]
        for client in honest:
            client.until_revision(revision)
    lie = {"type": "pong", "epoch": honest[0].state.epoch, "revision": BEYOND}
    before = [site.rss_bytes() for site in sites]
    liars = [
        [connect(alice, site, reads=False, answers_pings=False, **TINY) for _ in range(LIARS)]
        for site in sites
    ]
    # More than the kernel takes from the server where the client takes nothing from the kernel.
    for n in range(3 * KERNEL_BYTES // (2 * len(ids) * LARGE_BYTES)):
        revision = sites[0].act(session, ("read", "unread")[n % 2], *ids)["revision"]
        for client, lying in zip(honest, liars, strict=True):
            client.until_revision(revision)
            assert client.of_type("changes")[-1]["revision"] == revision
            for liar in lying:
                liar.send(lie)
    for site, rss_bytes, lying in zip(sites, before, liars, strict=True):
        each = (site.rss_bytes() - rss_bytes) / LIARS
        print(f"{site}: {each / 1024:.0f} KiB for each liar")
        assert each < MIB, site
        for liar in lying:
            liar.abort()


def test_a_pong_brings_the_rest(site, connect, sender, alice):
    client = connect(alice, site, answers_pings=False).until_synced()
    sender.send_many(30, "Large", alice.pk, **LARGE)
    client.until(lambda: client.of_type("ping"), "the window is full")
    client.until_answered()
    first = client.state.revision
    assert 0 < first < 30
    assert client.of_type("ping")[-1]["revision"] == first
    # An older one, and one of another epoch, say nothing.
    client.pong(0)
    client.pong(first, epoch="other")
    assert client.until_answered().state.revision == first
    client.pong(first)
    client.until_revision(first + 1)
    # One beyond what was sent is taken for what was sent.
    while client.state.revision < 30:
        client.until_answered()
        client.pong(BEYOND)
    assert client.state.titles() == ["Large"] * 30


def test_a_pong_for_a_part_leaves_room_for_as_much(site, connect, sender, alice):
    client = connect(alice, site, answers_pings=False).until_synced()
    sent = 0
    # Each in a frame of its own: where several share one, the first frame may be less than what
    # the window holds too much.
    while not client.of_type("ping"):
        sent += 1
        sender.send("Large", alice.pk, **LARGE)
        came = lambda n=sent: client.state.revision >= n or client.of_type("ping")  # noqa: E731
        client.until(came, f"revision {sent}, or the window is full")
    sender.send_many(2, "Large", alice.pk, **LARGE)
    client.until_answered()
    before = client.state.revision
    sizes = {
        frame["revision"]: len(message.encode())
        for message, frame in zip(client.messages, client.frames, strict=True)
        if frame["type"] == "changes"
    }
    client.pong(next(iter(sizes)))
    client.until_revision(before + 1)
    client.until_answered()
    unacknowledged = content_bytes(client) - sum(list(sizes.values())[:1])
    assert unacknowledged < WINDOW_BYTES + FRAME_MAX_BYTES


def test_a_resume_voids_what_was_sent_before_it(site, connect, sender, alice):
    client = connect(alice, site, answers_pings=False).until_synced()
    sender.send_many(30, "Large", alice.pk, **LARGE)
    client.until(lambda: client.of_type("ping"), "the window is full")
    client.until_answered()
    first = client.state.revision
    client.resume(first, client.state.epoch)
    client.until_revision(first + 1)
    client.until_answered()
    assert first < client.state.revision < 30
    # The `synced` stays owed until it is at the head.
    assert len(client.of_type("synced")) == 1
    client.answers_pings = True
    client.pong()
    client.until_revision(30)
    client.until_synced(2)


def test_a_cursor_in_the_url_counts_as_acknowledged(site, connect, sender, alice):
    sender.send_many(10, "Large", alice.pk, **LARGE)
    whole = connect(alice, site).until_synced()
    client = connect(alice, site, state=whole.state, answers_pings=False).until_synced()
    sender.send("Large", alice.pk, **LARGE)
    client.until_revision(11)
    assert not client.of_type("ping")


def test_other_frames_go_however_full_the_window_is(site, connect, sender, alice):
    client = connect(alice, site, answers_pings=False).until_synced()
    sender.send_many(30, "Large", alice.pk, **LARGE)
    client.until(lambda: client.of_type("ping"), "the window is full")
    client.send("{")
    client.until(lambda: client.of_type("error"), "an error")
    client.until_answered()
    assert client.state.revision < 30
