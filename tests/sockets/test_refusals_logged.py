"""What a server says of itself: where it serves, whom it refuses and why, and what it accepted."""

from __future__ import annotations

import re

from notifications.credentials import keys
from tests.support.bare import Bare
from tests.support.processes import until

SECRET = "hunter2 is the title"


def knock(site, *headers):
    with Bare(site.port) as bare:
        bare.open_websocket("/ws/notifications/", headers)


def test_it_says_where_it_serves_and_what_it_works_with(site):
    (line,) = re.findall(r".*Serving on .*", site.child.output())
    assert f":{site.port}" in line
    assert re.search(r"Database: (SQLite, /\S+|PostgreSQL, \w+ at \S+:\d+)\.", line)
    assert re.search(r"Channel layer: \w+\. Dispatches: (here|elsewhere)\.", line)


def test_each_cause_of_a_refusal_is_logged_once_a_minute(start_server, kind):
    site = start_server(kind)
    ours = f"http://127.0.0.1:{site.port}"
    for _ in range(3):
        knock(site, ("Origin", "http://evil.example"))
        knock(site, ("Host", "rebound.example"), ("Origin", ours))
        knock(site, ("Origin", ours))
        site.get("/api/v1/inbox/events")
    until(lambda: "Sign in first" in site.child.output(), "it is logged")
    output = site.child.output()
    assert output.count("refused for its Origin") == 1
    assert "'http://evil.example'); see CSRF_TRUSTED_ORIGINS" in output
    assert output.count("refused for its Host") == 1
    assert "(Host 'rebound.example'" in output
    assert output.count("A connection was refused: Sign in first.") == 1


def test_an_accepted_send_is_logged_without_what_it_says(site, alice):
    row, key = keys.make("shop", ["send:user"])
    body = {"title": SECRET, "body": SECRET, "audience": {"users": [alice.username]}}
    answer = site.call("POST", "/api/v1/notifications", key, body)
    assert answer.status == 201
    pk = answer.json()["id"]
    until(lambda: f"Notification {pk} accepted" in site.child.output(), "it is logged")
    output = site.child.output()
    (line,) = re.findall(rf".*Notification {pk} accepted.*", output)
    assert " INFO " in line
    assert re.search(rf"accepted for now: 1 of \w+, by \S*{row.pk}\b", line)
    assert SECRET not in output
    assert alice.username not in line
