"""Through nginx as `docs/howto/run-in-production.md` has it: what it keeps from the servers."""

import re
import time
from contextlib import ExitStack

import pytest

from tests.support.bare import Bare
from tests.support.nginx import SHIPPED_NAME, Nginx, shipped
from tests.support.servers import DAPHNE, UVICORN

SETTINGS = {"ALLOWED_HOSTS": f"{SHIPPED_NAME},127.0.0.1", "NOTIFICATIONS_REFUSED_RATE_PER_MIN": 2}
# What a client may say of itself; none of it is true.
CLAIMS = [
    ("X-Forwarded-For", "192.0.2.7"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Prefix", "/evil"),
    ("Forwarded", "for=192.0.2.7;proto=http;host=evil.example"),
    ("Daphne-Root-Path", "/%2Fevil.example"),
    ("Script-Name", "/evil"),
]
ORIGINS = [f"{scheme}://{SHIPPED_NAME}" for scheme in ("http", "https")]
BAD_KEY = ("Authorization", "Bearer nk_000000000000_" + "x" * 43)
LOOPBACKS = [f"127.0.0.{number}" for number in (1, 2, 3)]
PER_ADDRESS, BODY_MAX_BYTES = 100, 256 * 1024
# Seconds after which a drip must have ended by the page, and what the tests wait instead.
CUT_S, HURRIED_S = 5, 1
# A machine that is busy takes longer to notice.
LATE_S = 4


@pytest.fixture
def site(servers, kind):
    site = servers.get(kind, **SETTINGS)
    site.may_warn = True  # of keys that are not valid
    return site


@pytest.fixture
def proxy(site):
    with Nginx(site.port, shipped()) as proxy:
        yield proxy


@pytest.fixture
def hasty_proxy(site):
    """One that waits for less long."""
    with Nginx(site.port, hurried(shipped())) as proxy:
        yield proxy


def ask(proxy, path, *headers, own_address=LOOPBACKS[0]):
    """Ask by https, on a connection of its own; status and headers of the answer."""
    with Bare(proxy.port, tls=True, own_address=own_address) as bare:
        bare.request(path, [("Host", SHIPPED_NAME), *headers])
        return bare.head()


def hurried(site):
    """The page's configuration with the two times in question, which it must have, cut short."""
    for name in ("client_header_timeout", "client_body_timeout"):
        (seconds,) = re.findall(rf"\b{name} +(\d+)s;", site)
        assert int(seconds) <= CUT_S
        site = re.sub(rf"\b{name} +\d+s;", f"{name} {HURRIED_S}s;", site)
    return site


def status_of(head):
    return int(head.split(" ", 2)[1])


def location_of(head):
    return re.search(r"(?im)^location: (\S+)", head)[1]


def origins_of(port, claims, **options):
    """By which origins a socket opens there: by that of the scheme which the server sees."""
    found = []
    for origin in ORIGINS:
        with Bare(port, **options) as bare:
            headers = [("Host", SHIPPED_NAME), ("Origin", origin), *claims]
            if status_of(bare.open_websocket("/ws/echo/", headers)) == 101:
                found.append(origin)
    return found


def test_what_a_client_claims_changes_neither_scheme_nor_root(proxy, kind):
    # Daphne is not told of TLS.
    seen = ORIGINS[kind == UVICORN :][:1]
    for claim in CLAIMS:
        assert origins_of(proxy.port, [claim], tls=True) == seen, claim
        assert location_of(ask(proxy, "/inbox/", claim)) == "/accounts/login/?next=/inbox/", claim


def test_no_claim_makes_another_address_of_it(proxy, kind):
    # Two are allowed a minute; each address is one of its own to uvicorn.
    for address in LOOPBACKS[: 3 if kind == UVICORN else 1]:
        answers = [
            status_of(ask(proxy, "/api/v1/notifications/1", BAD_KEY, claim, own_address=address))
            for claim in CLAIMS[:1] + CLAIMS[5:7]
        ]
        assert answers == [401, 401, 429], address


def test_without_a_proxy_no_client_says_where_the_site_begins(site):
    for claim in CLAIMS[4:]:
        with Bare(site.port) as bare:
            bare.request("/inbox/", [claim])
            assert location_of(bare.head()) == "/accounts/login/?next=/inbox/", claim


def test_without_a_proxy_daphne_believes_no_claim(site, kind):
    if kind == DAPHNE:  # uvicorn believes this machine, where its proxy is
        for claim in CLAIMS:
            assert origins_of(site.port, [claim]) == ORIGINS[:1], claim


def test_who_sends_drop_by_drop_is_cut_off(hasty_proxy):
    port = hasty_proxy.port
    with Bare(port, tls=True) as header, Bare(port, tls=True) as body:
        began_at = time.monotonic()
        body.request("/accounts/login/", [("Content-Length", "9")], method="POST")
        header.send(b"GET / HTTP/1.1\r\n")
        deadline = began_at + HURRIED_S + LATE_S
        while header.send(b"X-Drop: 1\r\n") and not header.has_ended(within_s=0.2):
            assert time.monotonic() < deadline
        body.rest(deadline - time.monotonic())
    assert status_of(ask(hasty_proxy, "/accounts/login/")) == 200


def test_who_holds_many_requests_open_holds_up_nobody_else(proxy):
    with ExitStack() as held:
        for _ in range(PER_ADDRESS):
            bare = held.enter_context(Bare(proxy.port, tls=True, own_address=LOOPBACKS[1]))
            bare.request("/accounts/login/", [("Content-Length", "9")], method="POST")
        assert status_of(ask(proxy, "/accounts/login/", own_address=LOOPBACKS[1])) == 503
        assert status_of(ask(proxy, "/accounts/login/", own_address=LOOPBACKS[2])) == 200


def test_an_office_may_share_an_address(proxy):
    with ExitStack() as held:
        for _ in range(PER_ADDRESS + 10):
            bare = held.enter_context(Bare(proxy.port, tls=True, own_address=LOOPBACKS[1]))
            headers = [("Host", SHIPPED_NAME)]
            assert status_of(bare.open_websocket("/ws/echo/", headers)) == 101
        assert status_of(ask(proxy, "/accounts/login/", own_address=LOOPBACKS[1])) == 200


def test_a_body_that_is_too_large_is_refused_by_its_head(proxy):
    with Bare(proxy.port, tls=True) as bare:
        headers = [("Host", SHIPPED_NAME), ("Content-Length", str(BODY_MAX_BYTES + 1))]
        bare.request("/api/v1/notifications", headers, method="POST")
        assert status_of(bare.head()) == 413


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_operators_read_is_not_for_the_world(proxy, path):
    assert status_of(ask(proxy, path)) == 404
