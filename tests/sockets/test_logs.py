"""What clients write into paths, headers and forms does not get out of its line in the log."""

import json
from urllib.parse import urlencode

from tests.support.bare import Bare
from tests.support.processes import until
from tests.support.servers import CSRF_COOKIE

FORGED = '\n{"level":"ERROR","logger":"forged"}\x1b[31m'
ENCODED = "%0A%7B%22level%22:%22ERROR%22,%22logger%22:%22forged%22%7D%1B[31m"
TOKEN = "c" * 32
LINE_MAX = 1000


def form(**fields):
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **fields})
    return body, [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", str(len(body))),
        ("Cookie", f"{CSRF_COOKIE}={TOKEN}"),
    ]


def say(site, path, headers=(), *, method="GET", body=""):
    """Send a request, and wait until it is answered."""
    with Bare(site.port) as bare:
        bare.request(path, [*headers, ("User-Agent", "x\x1b[31m")], method=method)
        bare.send(body.encode())
        bare.head()


def test_whatever_is_said_each_event_is_one_line(start_server, kind, alice):
    site = start_server(kind, may_warn=True, LOG_FORMAT="json", LOGIN_FAILURE_LIMIT=1)
    greeted = len(site.child.output())  # Daphne's, which is no event
    say(site, f"/nothing/{ENCODED}")
    say(site, f"/nothing/{'x' * 10_000}{ENCODED}")
    say(site, f"/api/v1/{ENCODED}")
    say(site, f"/raw/\x1b[31m/{ENCODED}")
    say(site, "/inbox/", [("Host", "evil\x1b[31m.example")])
    say(site, "/accounts/login/", [("Origin", "http://evil\x1b[31m")], method="POST")
    for _ in range(2):
        body, headers = form(username=f"alice{FORGED}", password="wrong")
        say(site, "/accounts/login/", headers, method="POST", body=body)
    body, headers = form(title=FORGED, users=alice.pk)
    say(site, "/api/v1/notifications", headers, method="POST", body=body)
    say(site, "/last")
    until(lambda: "/last" in site.child.output(), "all is logged")
    output = site.child.output()[greeted:]
    assert "\x1b" not in output
    events = [json.loads(line) for line in output.splitlines()]
    assert {"WARNING"} <= {event["level"] for event in events} <= {"WARNING", "ERROR"}
    assert "forged" not in {event["logger"] for event in events}
    assert all(len(event["message"]) <= LINE_MAX for event in events)
    assert not [event for event in events if "traceback" in event]
    seen = {event["message"].split(":")[0] for event in events}
    assert {"Not Found", "Invalid HTTP_HOST header"} <= seen
