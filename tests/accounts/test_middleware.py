"""Who may open a socket: Host and Origin of a handshake, and whose session it carries."""

import asyncio

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.logins import Login
from accounts.middleware import is_allowed, origin_guard, sign_in_by_session


def scope(*headers, scheme="ws"):
    return {
        "type": "websocket",
        "scheme": scheme,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }


HOST = ("host", "localhost:8000")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8000", True),
        ("HTTP://LOCALHOST:8000", True),
        ("http://localhost", False),
        ("http://localhost:1337", False),
        ("https://localhost:8000", False),
        ("http://sub.localhost:8000", False),
        ("http://localhost:8000.evil.example", False),
        ("http://localhost:8000@evil.example", False),
        ("http://own.evil.example", False),
        ("http://localhost:8000/path", False),
        ("http://localhost:x", False),
        ("http://localhost:99999", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("https://trusted.example", True),
        ("https://trusted.example:443", True),
        ("http://trusted.example", False),
        ("https://trusted.example:444", False),
        ("https://a.wild.example", True),
        ("https://a.b.wild.example", True),
        ("https://wild.example", False),
    ],
)
def test_an_origin_is_ours_in_scheme_host_and_port_or_trusted(origin, allowed, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example", "https://*.wild.example"]
    settings.ALLOWED_HOSTS = ["localhost"]
    for anyone in (False, True):
        assert is_allowed(scope(HOST, ("origin", origin)), anyone=anyone) is allowed


def test_without_an_origin_only_what_is_for_anyone_opens(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    assert not is_allowed(scope(HOST), anyone=False)
    assert is_allowed(scope(HOST), anyone=True)


def test_two_origins_or_two_hosts_are_one_too_many(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    own = ("origin", "http://localhost:8000")
    assert not is_allowed(scope(HOST, own, own), anyone=True)
    assert not is_allowed(scope(HOST, HOST, own), anyone=True)
    assert not is_allowed(scope(own), anyone=True)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "a b", "localhost:x"]
)
def test_a_foreign_host_is_refused_whatever_the_origin(host, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    found = scope(("host", host), ("origin", f"http://{host}"))
    assert not is_allowed(found, anyone=True)


def test_ports_by_default_are_the_schemes(settings):
    settings.ALLOWED_HOSTS = ["notify.example"]
    host = ("host", "notify.example")
    assert is_allowed(scope(host, ("origin", "https://notify.example"), scheme="wss"), anyone=False)
    assert is_allowed(
        scope(host, ("origin", "https://notify.example:443"), scheme="wss"), anyone=False
    )
    assert not is_allowed(
        scope(host, ("origin", "http://notify.example"), scheme="wss"), anyone=False
    )


def test_behind_a_proxy_its_header_tells_the_scheme(settings):
    settings.ALLOWED_HOSTS = ["notify.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    host, origin = ("host", "notify.example"), ("origin", "https://notify.example")
    assert is_allowed(scope(host, origin, ("x-forwarded-proto", "https")), anyone=False)
    assert not is_allowed(scope(host, origin), anyone=False)


def test_with_debug_on_and_no_hosts_named_it_is_this_machine(settings):
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    assert is_allowed(scope(HOST, ("origin", "http://localhost:8000")), anyone=False)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([], True),
        ([("sec-fetch-site", "same-origin")], True),
        ([("sec-fetch-site", "none")], True),
        ([("sec-fetch-site", "same-site")], False),
        ([("sec-fetch-site", "cross-site")], False),
        ([("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], False),
        ([("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")], True),
        ([("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")], False),
        ([("origin", "https://trusted.example"), ("sec-fetch-site", "cross-site")], True),
    ],
)
def test_a_request_is_our_own_by_its_origin_or_by_what_the_browser_says(headers, allowed, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    found = {**scope(HOST, *headers, scheme="http"), "type": "http"}
    assert is_allowed(found, anyone=False) is allowed


class Peer:
    """The ends of a handshake; notes what it was answered and what scope an application saw."""

    def __init__(self):
        self.sent, self.seen = [], None

    async def receive(self):
        return {"type": "websocket.connect"}

    async def send(self, event):
        self.sent.append(event)

    async def application(self, scope, receive, send):
        self.seen = scope

    def open(self, wrapped, found):
        asyncio.run(wrapped(found, self.receive, self.send))
        return self


def test_the_guard_refuses_before_the_handshake_is_accepted(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    peer = Peer()
    peer.open(origin_guard(peer.application), scope(HOST, ("origin", "http://evil.example")))
    assert (peer.sent, peer.seen) == ([{"type": "websocket.close"}], None)
    peer.open(origin_guard(peer.application), scope(HOST, ("origin", "http://localhost:8000")))
    assert peer.seen is not None


def seen_by(find, *headers):
    peer = Peer()
    return peer.open(sign_in_by_session(peer.application, find), scope(*headers)).seen


def test_the_cookies_session_tells_the_user():
    login = Login("alice", "key", None)

    async def find(key):
        return login if key == "key" else None

    assert seen_by(find, ("cookie", "a=b; sessionid=key"))["user"] == "alice"
    assert seen_by(find, ("cookie", "a=b"), ("cookie", "sessionid=key"))["login"] is login
    for cookie in ("sessionid=other", "sessionid=", "a=b", "=;;;\x7f", "sessionid"):
        assert isinstance(seen_by(find, ("cookie", cookie))["user"], AnonymousUser)
    assert isinstance(seen_by(find)["user"], AnonymousUser)


def test_a_database_that_fails_is_told_from_nobody_being_signed_in(caplog):
    async def find(key):
        raise OSError("gone")

    seen = seen_by(find, ("cookie", "sessionid=key"))
    assert isinstance(seen["user"], AnonymousUser)
    assert seen["lookup_failed"]
    assert "gone" in caplog.text
