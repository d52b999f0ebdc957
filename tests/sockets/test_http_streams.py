"""Server-sent events and long poll: what is theirs alone, beside the stream that all carry."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.sockets.conftest import KINDS, POLL, SSE, WEBSOCKET, over_http, row_of
from tests.sockets.content import LARGE, LARGE_BYTES
from tests.support.connection import Refused
from tests.support.http_client import CLIENTS, EVENTS, Exchange
from tests.support.http_client import POLL as POLL_PATH
from tests.support.judge import FRAME_MAX_BYTES
from tests.support.processes import until
from tests.support.servers import SESSION_COOKIE

WINDOW_BYTES = 64 * 1024
# What a busy machine may be late by.
LATE_S = 10
PATHS = {SSE: EVENTS, POLL: POLL_PATH}


@pytest.fixture
def ask(clients):
    """Ask with these headers alone; status, headers and body of what is no stream."""

    def act(site, path, *headers, method="GET"):
        async def exchange():
            asked = await Exchange.begin(site.origin + path, headers, method=method)
            await asked.head()
            body = await asked.body() if method != "HEAD" else b""
            await asked.close()
            return asked.status, asked.headers, body

        return clients.run(exchange())

    return act


@pytest.fixture
def refused(ask, transport):
    """Ask and be refused, by a problem; its status."""

    def act(site, *headers, query=""):
        status, found, body = ask(site, PATHS[transport] + query, *headers)
        assert found["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
        is_protected(found)
        return status

    return act


def cookie(session):
    return ("Cookie", f"{SESSION_COOKIE}={session}")


def is_protected(headers):
    """Whether the headers say what those of every page say."""
    assert headers["cache-control"] == "no-cache, private"
    assert headers["vary"] == "Cookie, Authorization"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


# --- Who may ask ----------------------------------------------------------------------------------


@over_http
@pytest.mark.parametrize("session", [None, "", "x" * 32, "../../etc"])
def test_without_a_session_it_is_401(site, refused, session):
    assert refused(site, *([cookie(session)] if session is not None else [])) == 401


@over_http
def test_nor_do_an_expired_session_an_inactive_user_or_an_old_password_do(
    site, refused, sign_in, user
):
    expired, inactive, changed = (user(name) for name in ("expired", "inactive", "changed"))
    keys = [sign_in(one) for one in (expired, inactive, changed)]
    past = timezone.now() - timedelta(seconds=1)
    row_of(keys[0]).update(expire_date=past)
    inactive.is_active = False
    inactive.save()
    changed.password = "!changed"
    changed.save()
    assert [refused(site, cookie(key)) for key in keys] == [401] * 3


@over_http
@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "http://evil.example")],
        [("Origin", "null")],
        [("Origin", "http://127.0.0.1:1")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://evil.example")],
        [("Host", "evil.example")],
        [("Host", "evil.example"), ("Origin", "http://evil.example")],
    ],
)
def test_what_another_site_asks_for_is_403_with_a_session_or_without(
    site, refused, sign_in, alice, headers
):
    assert refused(site, cookie(sign_in(alice)), *headers) == 403
    assert refused(site, *headers) == 403


@over_http
@pytest.mark.parametrize("headers", [[], [("Sec-Fetch-Site", "none")], ["own"]])
def test_our_own_pages_and_what_is_no_browser_may_ask(site, connect, alice, headers):
    headers = [("Sec-Fetch-Site", "same-origin")] if headers == ["own"] else headers
    client = connect(alice, site, origin=None)
    client.close()
    again = connect(alice, site, origin=None, headers=[*client._headers, *headers])
    again.until_synced()


@over_http
@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_nothing_but_get_is_allowed(site, ask, sign_in, alice, transport, method):
    length = [] if method == "HEAD" else [("Content-Length", "0")]
    given = cookie(sign_in(alice)), *length
    status, headers, _ = ask(site, PATHS[transport], *given, method=method)
    assert (status, headers["allow"]) == (405, "GET")
    is_protected(headers)


# --- What is asked for ----------------------------------------------------------------------------


@pytest.mark.parametrize("wait", ["-1", "61", "0.5", "one", "1e1", "9" * 400])
def test_a_time_to_wait_is_0_to_60_s(site, ask, sign_in, alice, wait):
    status, _, body = ask(site, f"{POLL_PATH}?wait={wait}", cookie(sign_in(alice)))
    assert (status, list(json.loads(body)["errors"])) == (422, ["wait"])


@pytest.mark.parametrize("transport", [SSE], indirect=True)
def test_last_event_id_wins_over_the_query(site, connect, sender, alice):
    sender.send_many(3, "Hello", alice.pk)
    whole = connect(alice, site).until_synced()
    epoch = whole.state.epoch
    options = {"query": f"epoch={epoch}&since=1", "judges": False}
    for last, told in (
        (f"{epoch}.3", ["synced"]),
        (f"{epoch}.2", ["changes", "synced"]),
        ("other.3", ["snapshot", "synced"]),
        (f"{epoch}.99", ["snapshot", "synced"]),
        ("", ["changes", "synced"]),
    ):
        headers = [*whole._headers[:1], ("Last-Event-ID", last)]
        client = connect(alice, site, headers=headers, **options).until_synced()
        assert [frame["type"] for frame in client.frames] == ["hello", *told]
        if told[0] == "changes":
            (frame,) = client.of_type("changes")
            assert frame["since"] == (2 if last else 1)


@pytest.mark.parametrize("transport", [SSE], indirect=True)
@pytest.mark.parametrize("last", ["x", "x.", ".1", "x.-1", "x.9007199254740992", "x.1.y", "ä.one"])
def test_a_last_event_id_that_is_none_of_ours_is_422(site, refused, sign_in, alice, last):
    assert refused(site, cookie(sign_in(alice)), ("Last-Event-ID", last)) == 422


# --- Server-sent events ---------------------------------------------------------------------------


@pytest.fixture
def events(connect):
    def open_events(user, site, **options):
        return connect(user, site, transport=SSE, **options)

    return open_events


def test_the_headers_keep_events_moving_and_to_oneself(site, events, alice):
    client = events(alice, site).until_synced()
    assert client.headers["content-type"] == "text/event-stream"
    assert client.headers["x-accel-buffering"] == "no"
    is_protected(client.headers)
    assert [frame["type"] for frame in client.frames] == ["hello", "snapshot", "synced"]


def test_once_as_much_was_sent_as_a_window_holds_the_response_ends_and_the_next_goes_on(
    site, events, sender, alice
):
    client = events(alice, site).until_synced()
    count = 3 * WINDOW_BYTES // LARGE_BYTES
    sender.send_many(count, "Large", alice.pk, **LARGE)
    client.until_revision(count)
    byes = client.of_type("bye")
    assert len(byes) >= 2
    assert {(bye["code"], bye["reconnect"], bye["after_ms"]) for bye in byes} == {(4202, True, 0)}
    assert all(size >= WINDOW_BYTES for size in client.sizes[: len(byes)])
    assert all(size < WINDOW_BYTES + FRAME_MAX_BYTES + 4096 for size in client.sizes)
    assert client.state.titles() == ["Large"] * count
    # Nothing came twice.
    told = [one["id"] for frame in client.of_type("changes") for one in frame["notifications"]]
    assert len(told) == len(set(told)) == count


def test_it_pings_and_waits_for_no_pong(servers, kind, events, sender, alice):
    site = servers.get(kind, NOTIFICATIONS_PING_INTERVAL_S=1, NOTIFICATIONS_RECONCILE_S=30)
    client = events(alice, site).until_synced()
    # Longer than a pong may take, and than any timeout of the server's HTTP.
    client.until(lambda: len(client.of_type("ping")) >= 12, "the pings come")
    assert client.requests == 1
    sender.send("Hello", alice.pk)
    client.until_revision(1, within_s=LATE_S)
    assert client.requests == 1


def test_at_its_age_it_ends_with_a_bye_and_is_opened_anew(servers, kind, events, sender, alice):
    site = servers.get(kind, NOTIFICATIONS_CONNECTION_AGE_S=2)
    client = events(alice, site).until_synced()
    client.until_synced(2)
    assert client.bye["code"] == 4202
    sender.send("Hello", alice.pk)
    client.until_revision(1)
    assert client.of_type("snapshot") == [client.frames[1]]


def test_one_that_leaves_is_forgotten_at_once(site, events, alice, sender):
    client = events(alice, site).until_synced()
    client.abort()
    port = client.local_port
    until(lambda: not site.holds(port), "the server lets it go", within_s=LATE_S)


STUCK = 3
COUNT = 60
QUIET_COUNT = 40
WARM_COUNT = 2 * COUNT
# Half of the content that each has not read, and many times what it costs.
COST_MAX_BYTES = COUNT * LARGE_BYTES // 2


def test_who_never_reads_costs_a_constant_and_nobody_else_anything(
    start_server, connect, events, sender, user, alice
):
    # Of one connection to the database what it caches is soon full.
    sites = [start_server(kind, NOTIFICATIONS_DATABASE_THREADS=1) for kind in KINDS]
    busy = user("busy")
    # So that a server has done before what it is going to be measured at.
    present = [connect(busy, site, transport=WEBSOCKET).until_synced() for site in sites]
    for _ in range(WARM_COUNT // COUNT):
        sender.send_many(COUNT, "Large", busy.pk, **LARGE)
    for site, client in zip(sites, present, strict=True):
        client.until_revision(WARM_COUNT)
        epoch = connect(busy, site, transport=WEBSOCKET).until_synced().hello["epoch"]
        query = f"epoch={epoch}&since=0"
        for _ in range(STUCK):
            events(busy, site, query=query).until_revision(WARM_COUNT).close()
    before = [site.rss_bytes() for site in sites]
    stuck = [
        events(alice, site, reads=False, receive_buffer_bytes=2048)
        for site in sites
        for _ in range(STUCK)
    ]
    healthy = [events(alice, site).until_synced() for site in sites]
    sender.send_many(COUNT, "Large", alice.pk, **LARGE)
    sender.send_many(QUIET_COUNT, "small", alice.pk)
    for site, rss_bytes, client in zip(sites, before, healthy, strict=True):
        client.until_revision(COUNT + QUIET_COUNT)
        each = (site.rss_bytes() - rss_bytes) / (STUCK + 1)
        print(f"{site}: {each / 1024:.0f} KiB for each stuck client")
        assert each < COST_MAX_BYTES, site
    last = COUNT + QUIET_COUNT
    for site, client in zip(sites, stuck[::STUCK], strict=True):  # who reads at last gets the rest
        client.read_on()
        client.until(lambda c=client: c.closed or c.state.revision >= last, "the rest, or an end")
        if client.closed:
            # On a busy machine it was longer stuck than is borne with. It comes back.
            assert client.closed[0] == 1006, client
            events(alice, site, state=client.state).until_revision(last)
    for client in stuck:
        client.abort()


# --- Long poll ------------------------------------------------------------------------------------


@pytest.fixture
def poll(connect):
    def open_poll(user, site, **options):
        return connect(user, site, transport=POLL, **options)

    return open_poll


def test_it_is_held_at_the_head_until_its_wait_is_over(site, poll, alice):
    client = poll(alice, site)
    query = f"epoch={client.state.epoch}&since={client.state.revision}&wait=2"
    began_at = time.monotonic()
    late = poll(alice, site, state=client.state, query=query, comes_back=False)
    assert 2 <= time.monotonic() - began_at < 2 + LATE_S
    (answer,) = late.answers
    assert (answer["frames"], answer["revision"]) == ([], 0)
    is_protected(late.headers)
    assert late.headers["content-type"] == "application/json"


def test_what_comes_ends_the_wait(site, poll, sender, sign_in, alice):
    client = poll(alice, site, wait_s=60).until_synced()
    pk = sender.send("Hello", alice.pk)
    client.until_revision(1, within_s=LATE_S)
    site.act(sign_in(alice), "read", pk)
    client.until_revision(2, within_s=LATE_S)
    assert client.state.counts == {"unread": 0, "unseen": 0}
    assert client.answers[-1]["counts"] == {"unread": 0, "unseen": 0}


def test_a_poll_that_is_left_is_forgotten_at_once(site, poll, alice):
    client = poll(alice, site, wait_s=60).until_synced()
    port = client.local_port
    client.close()
    until(lambda: not site.holds(port), "the server lets it go", within_s=LATE_S)


def test_all_that_changed_is_in_one_answer(site, poll, sender, alice):
    client = poll(alice, site, comes_back=False)
    before = client.state.copy()
    count = 3 * FRAME_MAX_BYTES // LARGE_BYTES
    sender.send_many(count, "Large", alice.pk, **LARGE)
    late = poll(alice, site, state=before, comes_back=False)
    assert len(late.of_type("changes")) > 2
    assert late.state.titles() == ["Large"] * count
    assert late.requests == 1


# --- From one transport to the next ---------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [[WEBSOCKET, SSE, POLL], [POLL, SSE, WEBSOCKET], [SSE, POLL, SSE, WEBSOCKET, POLL]],
    ids="-".join,
)
def test_who_changes_the_transport_loses_nothing_and_gets_nothing_twice(
    site, other_site, connect, sender, sign_in, alice, bob, way
):
    session, told, state = sign_in(alice), [], None
    for n, transport in enumerate(way):
        here = (site, other_site)[n % 2]
        client = connect(alice, here, transport=transport, state=state)
        before = client.state.revision
        first = sender.send(f"{n} while it is open", alice.pk)
        sender.send("not hers", bob.pk)
        client.until_revision(before + 1)
        here.act(session, "read", first)
        client.until_revision(before + 2)
        client.close()
        sender.send(f"{n} meanwhile", alice.pk)
        told += [one for frame in client.of_type("changes") for one in frame["notifications"]]
        state = client.state
        assert len(client.of_type("snapshot")) == (state is None or n == 0)
    last = connect(alice, site, transport=way[0], state=state)
    last.until_revision(3 * len(way))
    told += [one for frame in last.of_type("changes") for one in frame["notifications"]]
    whole = connect(alice, site).until_synced()
    assert last.state.listed() == whole.state.listed()
    assert last.state.counts == whole.state.counts == {"unread": len(way), "unseen": len(way)}
    seen = [(one["id"], one["revision"]) for one in told]
    assert len(seen) == len(set(seen))
    new = [one["id"] for one in told if one["revision"] == one["arrived_revision"]]
    assert len(new) == len(set(new))
    assert len({one["id"] for one in told}) == 2 * len(way)


def test_charlie_sees_nothing_over_any_of_them(site, connect, sender, alice, charlie):
    watching = [connect(charlie, site, transport=t) for t in (WEBSOCKET, SSE, POLL)]
    before = [client.until_synced().state.copy() for client in watching]
    sender.send("for alice", alice.pk)
    hers = connect(alice, site, transport=SSE).until_revision(1)
    for client, state in zip(watching, before, strict=True):
        assert client.until_answered().state == state
        # With her cursor he gets his own, and that is nothing.
        his = connect(charlie, site, transport=SSE, state=hers.state, judges=False).until_synced()
        assert [frame["type"] for frame in his.frames[:3]] == ["hello", "snapshot", "synced"]
        assert his.state.listed() == state.listed()


def test_both_need_a_session_of_the_moment(site, clients, sign_in, alice):
    """Once it has ended, who comes back is refused."""
    key = sign_in(alice)
    client = CLIENTS[POLL](clients, site.origin, headers=[cookie(key)], wait_s=1).open()
    row_of(key).delete()
    assert client.until_closed() == 401
    with pytest.raises(Refused):
        CLIENTS[SSE](clients, site.origin, headers=[cookie(key)]).open()
    client.close()
