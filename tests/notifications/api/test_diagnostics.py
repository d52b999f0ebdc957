"""The echo over HTTP, and runs by polling."""

import time

import pytest

from notifications.credentials import throttles
from notifications.wire import runs

ECHO, RUNS, EVENTS = "/api/v1/echo", "/api/v1/diagnostics/runs", "/api/v1/diagnostics/events"


@pytest.fixture
def browser(client, alice):
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client, where, body):
    return client.post(where, body, content_type="application/json")


def begun(seconds_ago, user, seconds=10):
    """A run that began then."""
    return runs.begin(user.pk, seconds, time.time_ns() // 1_000_000 - round(seconds_ago * 1000))


@pytest.mark.parametrize("text", ["", "Hello", "ü𝄞\n", "x" * 4096])
def test_an_echo_says_what_it_was_told(browser, text):
    answer = post(browser, ECHO, {"text": text})
    assert (answer.status_code, answer.json()) == (200, {"text": text})
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "body", [{}, {"text": 1}, {"text": "x" * 4097}, {"text": "x", "more": 1}, []]
)
def test_an_echo_refuses_what_it_does_not_know(browser, body):
    assert post(browser, ECHO, body).status_code == 422


def test_an_echo_can_be_turned_off(browser, settings):
    settings.NOTIFICATIONS_ECHO = False
    assert post(browser, ECHO, {"text": "x"}).status_code == 404


def test_events_are_told_once_they_have_happened(browser, alice):
    text, run = begun(5, alice)
    answer = browser.get(EVENTS, {"run": text}).json()
    known = {event.id: event.at_ms for event in run.events}
    assert {event["id"]: event["at_ms"] for event in answer["events"]}.items() <= known.items()
    assert all(event["at_ms"] <= answer["now_ms"] for event in answer["events"])
    assert not answer["is_over"]
    over, run = begun(14, alice)
    answer = browser.get(EVENTS, {"run": over}).json()
    assert [event["id"] for event in answer["events"]] == [event.id for event in run.events]
    assert answer["is_over"]
    again = browser.get(EVENTS, {"run": over, "after": run.events[-1].id})
    assert again.json()["events"] == []
    assert again["Cache-Control"] == "private, no-cache"


def test_a_run_begins_with_what_its_user_needs(browser):
    answer = post(browser, RUNS, {"seconds": 5})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["seconds"], told["mean_ms"]) == (5, 2000)
    assert browser.get(EVENTS, {"run": told["run"]}).json()["events"] == []
    assert post(browser, RUNS, {}).json()["seconds"] == 30
    assert post(browser, RUNS, "").json()["seconds"] == 30


@pytest.mark.parametrize("seconds", [4, 61, -1, "30", 7.5, True, None])
def test_a_run_of_another_length_is_refused(browser, seconds):
    assert post(browser, RUNS, {"seconds": seconds}).status_code == 422


def test_a_run_is_nobody_elses(client, alice, charlie):
    text, _ = begun(2, alice)
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(EVENTS, {"run": text}).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"run": "x"}, 404),
        ({"run": "x" * 121}, 422),
        ({"run": "x", "after": "-1"}, 422),
        ({"run": "x", "after": "y"}, 422),
        ({"run": "x", "other": "1"}, 422),
    ],
)
def test_bad_queries(browser, query, status):
    answer = browser.get(EVENTS, query)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_nobody_else_gets_anything(client, db, api_key):
    assert post(client, ECHO, {"text": "x"}).status_code == 401
    assert post(client, RUNS, {}).status_code == 401
    assert client.get(EVENTS, {"run": "x"}).status_code == 401
    _, key = api_key()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    assert client.post(ECHO, {"text": "x"}, "application/json", **bearer).status_code == 403


def test_a_token_opens_it_too(client, alice, token_of):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token_of(alice)}"}
    assert client.post(ECHO, {"text": "x"}, "application/json", **bearer).status_code == 200


def test_a_user_may_ask_only_so_often(browser, settings):
    settings.NOTIFICATIONS_API_USER_RATE_PER_MIN = 2
    throttles.users.clear()
    said = [post(browser, ECHO, {"text": "x"}).status_code for _ in range(3)]
    assert said == [200, 200, 429]


def test_all_of_it_can_be_turned_off(browser, settings, alice):
    settings.NOTIFICATIONS_DIAGNOSTICS = False
    assert post(browser, RUNS, {}).status_code == 404
    assert browser.get(EVENTS, {"run": begun(2, alice)[0]}).status_code == 404
    assert browser.get("/diagnostics/").status_code == 404


@pytest.mark.parametrize("seconds", ["12", "12.0", "1.2e1"])
def test_a_whole_number_of_seconds_may_be_written_in_each_way_of_json(browser, seconds):
    answer = post(browser, RUNS, f'{{"seconds": {seconds}}}')
    assert (answer.status_code, answer.json()["seconds"]) == (201, 12)
