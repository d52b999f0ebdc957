"""Pages, the API, sockets and streams read a request alike: who is let in here is let in there.

A row is what a client or a proxy sends; each door is asked by it, and all must give one verdict.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.core.asgi import get_asgi_application
from django.test import Client

from notifications import routing
from notifications.credentials import sessions, tokens
from notifications.credentials.sign_in import origin_guard, sign_in
from notifications.inbox import reading
from notifications.push.batching import Batcher

pytestmark = pytest.mark.django_db(transaction=True)

IN, NOBODY, REFUSED = "in", "nobody", "refused"
HOST, NAME, CSRF = "notify.example", "notify.example", "c" * 32
OWN_ORIGIN = ("Origin", f"http://{HOST}")
BY_TLS = ("Origin", f"https://{HOST}")
PATIENCE_S = 20


def cookie(text):
    """Among cookies of ours and others'; GOOD stands for a session's key."""
    return [("Cookie", f"{configured.CSRF_COOKIE_NAME}={CSRF}; {text}"), ("Host", HOST), OWN_ORIGIN]


def by(*headers, host=HOST):
    named = [] if host is None else [("Host", host)]
    good = f"{configured.CSRF_COOKIE_NAME}={CSRF}; {configured.SESSION_COOKIE_NAME}=GOOD"
    return [("Cookie", good), *named, *headers]


OURS = f"{configured.SESSION_COOKIE_NAME}=GOOD"
PROTO, FORWARDED = "X-Forwarded-Proto", "X-Forwarded-Host"
ROWS = {
    "alone": (cookie(OURS), IN),
    "beside JSON": (cookie('g_state={"i_l":0}; ' + OURS), IN),
    "beside one without a value": (cookie(f"flag; {OURS}"), IN),
    "beside brackets": (cookie(f"cart[items]=3; {OURS}"), IN),
    "beside a path": (cookie(f"Path=/x; {OURS}"), IN),
    "beside blanks": (cookie(f"a=b c d; {OURS}"), IN),
    "beside an open quote": (cookie(f'a="b; {OURS}'), IN),
    "beside a name that is not ASCII": (cookie(f"n\u00e4me=x; {OURS}"), IN),
    "beside a comma": (cookie(f"a=b,c; {OURS}"), IN),
    "quoted": (cookie(f'{configured.SESSION_COOKIE_NAME}="GOOD"'), IN),
    "the later of two": (cookie(f"{configured.SESSION_COOKIE_NAME}=x; {OURS}"), IN),
    "the earlier of two": (cookie(f"{OURS}; {configured.SESSION_COOKIE_NAME}=x"), NOBODY),
    "a NUL": (cookie(f'{configured.SESSION_COOKIE_NAME}="\\000aaaaaaaa"'), NOBODY),
    "of another case": (cookie(OURS.upper().replace("=GOOD", "=GOOD ")), NOBODY),
    "none": (cookie("a=b"), NOBODY),
    "a foreign host": (by(OWN_ORIGIN, host="evil.example"), REFUSED),
    "two hosts": (by(("Host", HOST), OWN_ORIGIN), REFUSED),
    "a host with a port": (by(("Origin", f"http://{HOST}:8000"), host=f"{HOST}:8000"), IN),
    "another port": (by(("Origin", f"http://{HOST}:8000")), REFUSED),
    "a foreign origin": (by(("Origin", "http://evil.example")), REFUSED),
    "two origins": (by(OWN_ORIGIN, OWN_ORIGIN), REFUSED),
    "no origin that is one": (by(("Origin", "null")), REFUSED),
    "a trusted one": (by(("Origin", "https://trusted.example")), IN),
    "a wild one": (by(("Origin", "https://a.wild.example")), IN),
    "https claimed": (by(BY_TLS, (PROTO, "https")), REFUSED),
    "a host claimed": (by(OWN_ORIGIN, (FORWARDED, HOST), host="evil.example"), REFUSED),
}
TLS = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
BEHIND = {"USE_X_FORWARDED_HOST": True}
BEHIND_A_PROXY = {
    "https": (TLS, by(BY_TLS, (PROTO, "https")), IN),
    "https, then http": (TLS, by(BY_TLS, (PROTO, "https, http")), IN),
    "http, then https": (TLS, by(BY_TLS, (PROTO, "http,https")), REFUSED),
    "https in two headers": (TLS, by(BY_TLS, (PROTO, "https"), (PROTO, "http")), IN),
    "by an underscore": (TLS, by(BY_TLS, ("X_Forwarded_Proto", "https")), REFUSED),
    "http": (TLS, by(OWN_ORIGIN, (PROTO, "http")), IN),
    "no word of it": (TLS, by(OWN_ORIGIN), IN),
    "its host": (BEHIND, by(OWN_ORIGIN, (FORWARDED, HOST), host="127.0.0.1:1"), IN),
    "its foreign host": (BEHIND, by(OWN_ORIGIN, (FORWARDED, "evil.example")), REFUSED),
    "its two hosts": (BEHIND, by(OWN_ORIGIN, (FORWARDED, f"{HOST}, {HOST}")), REFUSED),
}


@pytest.fixture(autouse=True)
def site(settings):
    settings.ALLOWED_HOSTS = [NAME]
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example", "https://*.wild.example"]


@pytest.fixture
def good(alice):
    client = Client()
    client.force_login(alice)
    return client.session.session_key


def verdicts(key, headers):
    """What each door says to who sends these headers, by the door's name."""
    sent = [
        (name.lower().encode(), value.replace("GOOD", key).encode("utf-8"))
        for name, value in headers
    ]
    return asyncio.run(_ask_all(sent))


async def _ask_all(headers):
    pages = get_asgi_application()
    known = partial(
        sign_in,
        find_session=Batcher(sessions.finder().logins_of).ask,
        find_token=Batcher(tokens.logins_of).ask,
        find_inbox=Batcher(reading.inboxes_of).ask,
    )
    http = routing.http(pages, sign_in=known, guard=origin_guard)
    sockets = routing.websockets(sign_in=known, guard=origin_guard)
    form = [*headers, (b"content-type", b"application/x-www-form-urlencoded")]
    act = [
        *headers, (b"content-type", b"application/json"), (b"x-csrftoken", CSRF.encode())
    ]  # fmt: skip
    posted = f"csrfmiddlewaretoken={CSRF}&device=none".encode()
    body = b'{"op": "read", "notifications": ["1"]}'
    return {
        "page": await _http(http, "POST", "/accounts/devices/", form, posted),
        "api": await _http(http, "POST", "/api/v1/inbox/actions", act, body),
        "events": await _http(http, "GET", "/api/v1/inbox/events", headers),
        "poll": await _http(http, "GET", "/api/v1/inbox/poll", headers, query=b"wait=0"),
        "websocket": await _socket(sockets, headers),
    }


def _scope(kind, path, headers, **more):
    return {
        "type": kind, "path": path, "raw_path": path.encode(), "root_path": "", "headers": headers,
        "query_string": b"", "http_version": "1.1", "client": ("192.0.2.1", 5), "extensions": {},
        "server": ("127.0.0.1", 8000), **more,
    }  # fmt: skip


async def _http(application, method, path, headers, body=b"", query=b""):
    headers = [*headers, (b"content-length", str(len(body)).encode())] if body else headers
    scope = _scope("http", path, headers, method=method, scheme="http", query_string=query)
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({"type": "http.request", "body": body, "more_body": False})
    start = await asked.receive_output(PATIENCE_S)
    location = dict(start["headers"]).get(b"Location", b"")
    if not (path.endswith("/events") and start["status"] == 200):  # which has no end
        while (await asked.receive_output(PATIENCE_S)).get("more_body"):
            pass
    await asked.send_input({"type": "http.disconnect"})
    await asked.wait(PATIENCE_S)  # cut off, it would leave its files open
    if start["status"] in {400, 403}:
        return REFUSED
    return NOBODY if start["status"] == 401 or b"/login/" in location else IN


async def _socket(application, headers):
    scope = _scope("websocket", "/ws/notifications/", headers, scheme="ws", subprotocols=[])
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({"type": "websocket.connect"})
    answer = await asked.receive_output(PATIENCE_S)
    if answer["type"] == "websocket.close":
        await asked.wait(PATIENCE_S)
        return REFUSED
    first = json.loads((await asked.receive_output(PATIENCE_S))["text"])
    await asked.send_input({"type": "websocket.disconnect", "code": 1000})
    await asked.wait(PATIENCE_S)
    return NOBODY if first.get("code") == 4001 else {"hello": IN}[first["type"]]


@pytest.mark.parametrize(("headers", "verdict"), ROWS.values(), ids=ROWS)
def test_all_doors_read_a_request_alike(good, headers, verdict):
    found = verdicts(good, headers)
    assert found == dict.fromkeys(found, verdict)


@pytest.mark.parametrize(("own", "headers", "verdict"), BEHIND_A_PROXY.values(), ids=BEHIND_A_PROXY)
def test_all_doors_believe_the_same_of_a_proxy(good, settings, own, headers, verdict):
    for name, value in own.items():
        setattr(settings, name, value)
    found = verdicts(good, headers)
    assert found == dict.fromkeys(found, verdict)
