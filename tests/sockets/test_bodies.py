"""Bodies and heads of requests that nobody should take in: too large, too many, too slow."""

from contextlib import ExitStack

import pytest

from tests.support.bare import Bare
from tests.support.processes import until

MIB = 1024 * 1024
BODY_MAX_BYTES = 64 * 1024
REQUEST_S = 2
# What a busy machine adds.
LATE_S = 20
SETTINGS = {"NOTIFICATIONS_BODY_MAX_BYTES": BODY_MAX_BYTES, "NOTIFICATIONS_REQUEST_S": REQUEST_S}
# Pages, API, streams, and what is answered before Django.
PATHS = ["/accounts/login/", "/api/v1/notifications", "/api/v1/inbox/events", "/healthz", "/no/"]
CHUNK = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
ENDLESS = 10_000


@pytest.fixture
def site(servers, kind):
    site = servers.get(kind, **SETTINGS)
    site.may_warn = True  # of connections that are cut off
    return site


@pytest.fixture
def patient_site(servers, kind):
    return servers.get(kind)


def status_of(head):
    return int(head.split(" ", 2)[1])


def begin(bare, path, *headers):
    bare.request(path, [("Content-Type", "text/plain"), *headers], method="POST")


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_too_large_is_refused_by_its_head(site, path):
    with Bare(site.port) as bare:
        begin(bare, path, ("Content-Length", str(BODY_MAX_BYTES + 1)))
        assert status_of(bare.head()) == 413


def test_a_body_that_says_no_length_is_refused_once_it_is_too_large(site):
    before, sent = site.rss_bytes(), 0
    with Bare(site.port) as bare:
        begin(bare, "/accounts/login/", ("Transfer-Encoding", "chunked"))
        while sent <= BODY_MAX_BYTES:
            assert bare.send(CHUNK)
            sent += 0x2000
        assert status_of(bare.head()) == 413
        # Then it is not listened to any more.
        while bare.send(CHUNK * 8) and sent < ENDLESS * len(CHUNK):
            sent += 8 * len(CHUNK)
    assert site.rss_bytes() - before < 8 * MIB


def test_a_body_that_is_as_large_as_it_may_be_is_read(site):
    with Bare(site.port) as bare:
        begin(bare, "/accounts/login/", ("Content-Length", str(BODY_MAX_BYTES)))
        assert bare.send(b"x" * BODY_MAX_BYTES)
        assert status_of(bare.head()) == 403  # it has no CSRF token


def test_who_does_not_go_on_is_cut_off(site):
    with ExitStack() as stack:
        nothing, head, handshake, body, again, drip = (
            stack.enter_context(Bare(site.port)) for _ in range(6)
        )
        head.send(b"GET / HTTP/1.1\r\nHost: ")
        handshake.send(b"GET /ws/notifications/ HTTP/1.1\r\nUpgrade: websocket\r\n")
        begin(body, "/accounts/login/", ("Content-Length", "9"))
        again.request("/accounts/login/")
        assert status_of(again.head()) == 200
        drip.send(b"GET / HTTP/1.1\r\n")
        until(
            lambda: not drip.send(b"X-Drop: 1\r\n") or drip.has_ended(within_s=0.2),
            "who sends drop by drop is cut off", within_s=REQUEST_S + LATE_S,
        )  # fmt: skip
        for bare in (nothing, head, handshake, body, again):
            bare.rest(REQUEST_S + LATE_S)


def test_a_stream_outlives_the_time_for_a_request(site, connect, alice):
    client = connect(alice, site, transport="sse").until_synced()
    with Bare(site.port) as bare:
        bare.rest(REQUEST_S + LATE_S)
    assert not client.of_type("bye")


def test_many_who_do_not_end_their_bodies_give_way_to_those_who_do(patient_site, sign_in, alice):
    session = sign_in(alice)
    before, length = patient_site.rss_bytes(), 256 * 1024
    with ExitStack() as stack:
        for _ in range(80 * MIB // length):
            bare = stack.enter_context(Bare(patient_site.port))
            begin(bare, "/accounts/login/", ("Content-Length", str(length)))
            bare.send(b"x" * (length - 1))
        assert patient_site.act(session, "read", 1)["changed"] == 0
        assert patient_site.rss_bytes() - before < 110 * MIB
