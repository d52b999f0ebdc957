"""Who may open a socket: Host and Origin of a handshake, and whose session it carries."""

import asyncio

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from notifications.credentials import visitor
from notifications.credentials.logins import Login
from notifications.credentials.sign_in import is_allowed, origin_guard, sign_in
from notifications.credentials.visitor import Visitor


def scope(*headers, scheme="ws"):
    return {
        "type": "websocket",
        "scheme": scheme,
        "path": "/ws/notifications/",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }


class Person(str):
    __slots__ = ()
    pk = 7


async def inbox_of(user_id):
    return user_id + 1_000_000


NAME = settings.SESSION_COOKIE_NAME
KEY = "k" * 32
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
        known = visitor.of(scope)
        self.seen = {**scope, **{name: getattr(known, name) for name in Visitor.__slots__}}

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


async def nobody(_key):
    return None


def seen_by(find, *headers):
    peer = Peer()
    return peer.open(sign_in(peer.application, find, nobody, inbox_of), scope(*headers)).seen


def test_the_cookies_session_tells_the_user():
    login = Login(Person("alice"), KEY, None)

    async def find(key):
        return login if key == KEY else None

    assert seen_by(find, ("cookie", f"a=b; {NAME}={KEY}"))["user"] == "alice"
    assert seen_by(find, ("cookie", f"{NAME}={KEY}"))["login"] is login
    for cookie in (f"{NAME}=other", f"{NAME}=", "a=b", "=;;;\x7f", NAME):
        assert isinstance(seen_by(find, ("cookie", cookie))["user"], AnonymousUser)
    assert isinstance(seen_by(find)["user"], AnonymousUser)


def test_the_cookie_is_the_one_that_the_settings_name(settings):
    settings.SESSION_COOKIE_NAME = "shop"

    async def find(key):
        return Login(Person("alice"), key, None)

    found = seen_by(find, ("cookie", f"{NAME}={'x' * 32}; shop={KEY}"))["login"]
    assert found.session_key == KEY
    assert seen_by(find, ("cookie", f"{NAME}={KEY}"))["login"] is None


def test_a_database_that_fails_is_told_from_nobody_being_signed_in(caplog):
    async def find(key):
        raise OSError("gone")

    seen = seen_by(find, ("cookie", f"{NAME}={KEY}"))
    assert isinstance(seen["user"], AnonymousUser)
    assert seen["lookup_failed"]
    assert "gone" in caplog.text


SHOP = "https://shop.example"


def login_of_token(token="good"):
    login = Login(Person("alice"), None, None, token_id=7, origins=(SHOP,))

    async def find(asked):
        return login if asked == token else None

    return find


async def bob_by_cookie(_key):
    return Login(Person("bob"), KEY, None)


def by_token(*headers, kind="websocket", offered=()):
    peer = Peer()
    found = {**scope(*headers), "type": kind, "subprotocols": list(offered)}
    return peer.open(sign_in(peer.application, bob_by_cookie, login_of_token(), inbox_of), found)


COOKIE = ("cookie", f"{NAME}={KEY}")


@pytest.mark.parametrize(
    ("kind", "headers", "offered"),
    [
        ("websocket", [], ["notifications.v1", "token.good"]),
        ("websocket", [], ["token.good"]),
        ("http", [("authorization", "Bearer good")], []),
        ("http", [("authorization", "bearer  good ")], []),
    ],
)
def test_a_token_tells_the_user_and_beats_a_cookie(kind, headers, offered):
    for more in ([], [COOKIE], [COOKIE, ("origin", SHOP)]):
        seen = by_token(*headers, *more, kind=kind, offered=offered).seen
        assert (seen["user"], seen["login"].token_id) == ("alice", 7)
        assert not seen["origin_refused"]
        refused = by_token(
            *headers, *more[:1], ("origin", "https://evil.example"), kind=kind, offered=offered
        ).seen
        assert isinstance(refused["user"], AnonymousUser)
        assert (refused["login"], refused["origin_refused"]) == (None, True)


def test_a_token_that_is_none_leaves_nobody_whatever_the_cookie():
    for found in (
        by_token(COOKIE, offered=["token.bad", "token.good"]),
        by_token(COOKIE, offered=["token."]),
        by_token(COOKIE, ("authorization", "Bearer bad"), kind="http"),
        by_token(COOKIE, ("authorization", "Bearer"), kind="http"),
    ):
        assert isinstance(found.seen["user"], AnonymousUser)
        assert not found.seen["origin_refused"]


def test_a_header_is_no_sockets_token_and_a_subprotocol_no_requests():
    bearer = ("authorization", "Bearer good")
    assert by_token(COOKIE, bearer).seen["user"] == "bob"
    assert by_token(COOKIE, kind="http", offered=["token.good"]).seen["user"] == "bob"
    assert by_token(COOKIE, ("authorization", "Basic good"), kind="http").seen["user"] == "bob"


def test_the_answer_to_a_tokens_own_origin_may_be_read_there():
    start = {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]}
    body = {"type": "http.response.body", "body": b""}

    async def application(scope, receive, send):
        await send(start)
        await send(body)

    def answered(*headers):
        peer = Peer()
        wrapped = sign_in(application, bob_by_cookie, login_of_token(), inbox_of)
        return peer.open(wrapped, {**scope(*headers), "type": "http"}).sent

    bearer = ("authorization", "Bearer good")
    first, second = answered(bearer, ("origin", SHOP))
    assert first["headers"] == [
        (b"x", b"y"),
        (b"access-control-allow-origin", SHOP.encode()),
        (b"access-control-expose-headers", b"ETag, Retry-After"),
        (b"vary", b"Origin"),
    ]
    assert second == body
    for headers in ([bearer], [COOKIE, ("origin", SHOP)], [bearer, ("origin", "https://evil")]):
        assert answered(*headers) == [start, body]


def test_the_guard_leaves_a_pages_origin_to_its_token_but_not_the_host(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    evil = ("origin", "https://evil.example")
    with_token = {"subprotocols": ["notifications.v1", "token.x"]}

    def passes(*headers, offered=with_token, tokens=True):
        return is_allowed(scope(*headers) | offered, anyone=False, tokens=tokens)

    assert passes(HOST, evil)
    assert passes(HOST)
    # Where nobody looks at tokens, none changes anything.
    assert not passes(HOST, evil, tokens=False)
    assert not passes(HOST, tokens=False)
    assert not passes(HOST, HOST, evil)
    assert not passes(("host", "evil.example"), evil)
    assert not passes(HOST, evil, offered={"subprotocols": ["tokens"]})


def test_two_origins_are_on_no_list():
    for kind, headers, offered in (
        ("http", [("authorization", "Bearer good")], []),
        ("websocket", [], ["token.good"]),
    ):
        both = [("origin", SHOP), ("origin", SHOP)]
        assert by_token(*headers, *both, kind=kind, offered=offered).seen["origin_refused"]


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_known_origin_may_read_why_it_was_refused(settings, status):
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = ["localhost"], [SHOP]
    start = {"type": "http.response.start", "status": status, "headers": [(b"x", b"y")]}
    token = ("authorization", "Bearer bad")

    async def refuse(scope, receive, send):
        await send(start)

    def answered(*headers):
        peer = Peer()
        guarded = origin_guard(refuse, tokens=True, refusal=refuse)
        found = {**scope(HOST, *headers, scheme="http"), "type": "http"}
        return dict(peer.open(guarded, found).sent[0]["headers"])

    for headers in ([token, ("origin", SHOP)], [("origin", SHOP)]):
        said = answered(*headers)
        assert said[b"access-control-allow-origin"] == SHOP.encode()
        assert b"Retry-After" in said[b"access-control-expose-headers"]
        assert said[b"vary"] == b"Origin"
    assert answered(token, ("origin", "http://localhost:8000")) == {b"x": b"y"}
    assert answered(token) == {b"x": b"y"}


@pytest.mark.django_db(transaction=True)
def test_an_origin_is_known_by_the_list_of_a_live_key(settings, api_key):
    settings.ALLOWED_HOSTS = ["localhost"]
    api_key("tokens", origins=["https://listed.example"])

    async def refuse(scope, receive, send):
        await send({"type": "http.response.start", "status": 401, "headers": []})

    for origin, known in (("https://listed.example", True), ("https://evil.example", False)):
        headers = [HOST, ("authorization", "Bearer bad"), ("origin", origin)]
        found = {**scope(*headers, scheme="http"), "type": "http"}
        sent = Peer().open(origin_guard(refuse, tokens=True), found).sent
        assert (b"access-control-allow-origin" in dict(sent[0]["headers"])) is known
