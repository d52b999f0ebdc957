"""One id leads from a client to the log and to the database, and no log holds a secret."""

import json
import re

from notifications.credentials import keys
from notifications.inbox import trace
from notifications.models import Notification
from tests.sockets.conftest import row_of
from tests.support.bare import Bare
from tests.support.leaks import leaks, no_events, plant
from tests.support.processes import until
from tests.support.servers import CSRF_COOKIE, SESSION_COOKIE

CSRF = "c" * 32


def events_of(site):
    """The events of a log of JSON."""
    return [json.loads(line) for line in site.child.output().splitlines() if line[:1] == "{"]


def test_the_connection_of_hello_is_in_the_log_and_in_the_trace(
    start_server, kind, connect, sign_in, sender, alice
):
    site = start_server(kind, LOG_FORMAT="json", may_warn=True)
    session = sign_in(alice)
    client = connect(alice, site, headers=[("Cookie", f"{SESSION_COOKIE}={session}")])
    client.until_synced()
    pk = sender.send("Hello", alice.pk)
    client.until_revision(1)
    client.pong()
    client.until_answered()
    row_of(session).delete()
    client.until(lambda: client.closed, "its session has ended")
    connection, user = client.hello["connection"], client.hello["user"]

    def ends():
        return [one for one in events_of(site) if one.get("connection") == connection]

    (event,) = until(ends, "its end is logged")
    assert (event["cause"], event["user"], event["revision"]) == ("signed_out", user, 1)
    assert alice.username not in json.dumps(event)

    def traced():
        told = trace.of_user(Notification.objects.get(pk=pk), alice)
        return [one for one in told.streams if one.cause]

    (stream,) = until(traced, "its end is kept")
    assert (stream.connection, stream.cause, stream.outcome) == (
        connection,
        "signed_out",
        "written",
    )


def test_no_log_holds_what_anybody_signed_in_by(start_server, kind, connect, sign_in, alice):
    """Credentials that are good and bad, in every place where somebody may put them."""
    site = start_server(kind, may_warn=True)
    session, password = sign_in(alice), plant("correct horse battery staple")
    key = plant(keys.make("shop", ["send:user", "tokens"])[1])
    token = plant(
        site.call("POST", "/api/v1/tokens", key, {"user": alice.username}).json()["token"]
    )
    connect(alice, site).until_synced()
    for secret in (session, key, token, password.replace(" ", "+")):
        headers = [("Cookie", f"{SESSION_COOKIE}={secret}"), ("Authorization", f"Bearer {secret}")]
        for path in (
            "/api/v1/session", "/api/v1/inbox/poll?wait=0", "/inbox/", "/nothing/here/",
            f"/api/v1/session?token={secret}", f"/inbox/?session={secret}",
        ):  # fmt: skip
            with Bare(site.port) as bare:
                bare.request(path, headers)
                bare.head()
        with Bare(site.port) as bare:
            offered = ("Sec-WebSocket-Protocol", f"notifications.v1, token.{secret}")
            bare.open_websocket("/ws/notifications/", [*headers[:1], offered])
    body = f"csrfmiddlewaretoken={CSRF}&username={alice.username}&password={password}"
    with Bare(site.port) as bare:
        form = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", str(len(body))),
            ("Cookie", f"{CSRF_COOKIE}={CSRF}"),
        ]
        bare.request("/accounts/login/", form, method="POST")
        bare.send(body.encode())
        bare.head()
    log = site.child.output()
    assert not leaks(log)
    assert not no_events(log)
    assert CSRF not in log


def test_what_looks_for_secrets_finds_them():
    key = keys.give_secret(keys.ApiKey(name="shop"))
    assert leaks(f"all is well\n... refused {key}\n") == [f"... refused {key}"]
    assert leaks(f"Cookie: {SESSION_COOKIE}={'a1' * 16}")
    assert leaks(f"by {plant('planted here alone')}")
    event = "2026-11-24 09:00:00,000 INFO a b\n"
    assert no_events(f"Starting.\n{event}  set in\nforged\n{event}unfin") == ["forged\n"]
    assert not re.search("planted", event)
