import json
from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from ninja import NinjaAPI

from notifications.inbox import reading
from notifications.models import Inbox
from notifications.wire import contract

PROBLEM = "application/problem+json"


@pytest.fixture
def api(alice):
    """A signed-in client of alice that posts JSON."""
    return signed_in(alice)


@pytest.fixture
def of_charlie(charlie):
    return signed_in(charlie)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def act(client, **body):
    return client.post("/api/v1/inbox/actions", body, content_type="application/json")


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    document = response.json()
    assert document["status"] == status
    assert {"type", "title", "detail"} <= set(document)
    return document


def test_the_session_says_who_and_where(api, send, alice):
    send(to=[alice])
    head = reading.head(alice.pk)
    assert api.get("/api/v1/session").json() == {
        "user": head.user,
        "epoch": head.epoch,
        "revision": 1,
        "counts": {"unread": 1, "unseen": 1},
    }


@pytest.mark.parametrize(
    "path", ["/api/v1/session", "/api/v1/inbox", "/api/v1/inbox/1", "/api/v1/inbox?limit=x"]
)
def test_without_a_session_there_is_only_401(path, client, db):
    response = client.get(path)
    problem(response, 401)
    assert response["Cache-Control"] == "private, no-cache"


def test_without_a_session_nothing_is_done(client, send, alice):
    one = send(to=[alice])
    problem(act(client, op="read", notifications=[str(one.pk)]), 401)


def test_a_user_who_was_deactivated_is_signed_out(api, alice):
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    problem(api.get("/api/v1/session"), 401)


def test_a_page_has_what_the_protocol_says(api, send, alice):
    for n in range(3):
        send(f"n{n}", to=[alice])
    page = api.get("/api/v1/inbox?limit=2").json()
    assert list(page) == ["user", "epoch", "revision", "counts", "notifications", "next_before"]
    assert [one["title"] for one in page["notifications"]] == ["n2", "n1"]
    rest = api.get("/api/v1/inbox", {"limit": 2, "before": page["next_before"]}).json()
    assert [one["title"] for one in rest["notifications"]] == ["n0"]
    assert rest["next_before"] is None


def test_a_page_above_another_one_is_asked_for_by_what_is_held(api, send, alice):
    for n in range(3):
        send(f"n{n}", to=[alice])
    oldest = api.get("/api/v1/inbox?before=2").json()["notifications"]
    page = api.get("/api/v1/inbox", {"limit": 1, "after": oldest[0]["arrived_revision"]}).json()
    assert [one["title"] for one in page["notifications"]] == ["n1"]
    top = api.get("/api/v1/inbox", {"limit": 1, "after": page["next_after"]}).json()
    assert ([one["title"] for one in top["notifications"]], top["next_after"]) == (["n2"], None)
    between = api.get("/api/v1/inbox?before=3&after=1").json()
    assert ([one["title"] for one in between["notifications"]], between["next_after"]) == (
        ["n1"],
        None,
    )


def test_listings_are_filtered(api, send, alice):
    read, archived = send("read", to=[alice]), send("archived", to=[alice])
    snoozed = send("snoozed", to=[alice])
    send("new", to=[alice])
    act(api, op="read", notifications=[str(read.pk)])
    act(api, op="archive", notifications=[str(archived.pk)])
    act(api, op="snooze", notifications=[str(snoozed.pk)], until=ahead(hours=1))
    act(api, op="save", notifications=[str(read.pk), str(archived.pk)])
    titles = {
        name: [
            one["title"] for one in api.get(f"/api/v1/inbox?filter={name}").json()["notifications"]
        ]
        for name in ("inbox", "unread", "snoozed", "archived", "saved")
    }
    assert titles == {
        "inbox": ["new", "read"],
        "unread": ["new"],
        "snoozed": ["snoozed"],
        "archived": ["archived"],
        "saved": ["archived", "read"],
    }


def test_a_snooze_says_until_when(api, send, alice):
    one = send(to=[alice])
    until = "2999-01-01T00:00:00Z"
    body = problem(act(api, op="snooze", notifications=[str(one.pk)], until=until), 422)
    assert list(body["errors"]) == ["until"]
    for wrong in ({}, {"until": "soon"}, {"until": "2030-01-01T00:00:00"}, {"until": 7}):
        problem(act(api, op="snooze", notifications=[str(one.pk)], **wrong), 422)
    problem(act(api, op="read", notifications=[str(one.pk)], until=ahead(hours=1)), 422)
    until = ahead(minutes=4)
    assert act(api, op="snooze", notifications=[str(one.pk)], until=until).json()["changed"] == 1
    shown = api.get(f"/api/v1/inbox/{one.pk}").json()
    assert shown["snoozed_until"] == until


def test_the_first_answer_to_a_snooze_is_repeated_when_its_end_is_over(api, send, alice):
    one = send(to=[alice])
    asked = {"op": "snooze", "notifications": [str(one.pk)], "until": ahead(hours=1), "op_id": "z"}
    first = act(api, **asked).json()
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=1)):
        assert act(api, **asked).json() == first


def test_an_act_on_all_is_taken_back_by_its_name(api, send, alice, of_charlie):
    read, new = send(to=[alice]), send(to=[alice])
    act(api, op="read", notifications=[str(read.pk)])
    head = reading.head(alice.pk)
    upto = {"epoch": head.epoch, "upto": head.revision}
    assert act(api, op="read", all=True, **upto, op_id="all").json()["changed"] == 1
    send(to=[alice])
    assert act(of_charlie, op="unread", undoes="all").json()["changed"] == 0
    assert act(api, op="unread", undoes="unheard of").json()["changed"] == 0
    for changed in (1, 0):
        answer = act(api, op="unread", undoes="all").json()
        assert (answer["changed"], answer["counts"]["unread"]) == (changed, 2)
    unread = api.get("/api/v1/inbox?filter=unread").json()["notifications"]
    assert str(new.pk) in {one["id"] for one in unread}
    problem(act(api, op="unread", undoes="all", notifications=["1"]), 422)


def ahead(**delta):
    return contract.wire_time(timezone.now() + timedelta(**delta))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filter=all", "filter"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("before=x", "before"),
        ("before=-1", "before"),
        ("before=", "before"),
        ("before=9999999999999999", "before"),
    ],
)
def test_a_bad_query_is_422_and_says_where(query, field, api):
    assert list(problem(api.get(f"/api/v1/inbox?{query}"), 422)["errors"]) == [field]


def test_an_unchanged_page_is_304(api, send, alice, django_assert_num_queries):
    send(to=[alice])
    first = api.get("/api/v1/inbox")
    head = reading.head(alice.pk)
    assert first["ETag"] == f'"{head.epoch}.1"'
    for headers in (first, None):
        assert (headers or api.get("/api/v1/inbox"))["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Authorization"} <= {v.strip() for v in first["Vary"].split(",")}
    for tag in (first["ETag"], f"W/{first['ETag']}", f'"x", {first["ETag"]}', "*"):
        with django_assert_num_queries(3):  # session, user, head: no item is read
            again = api.get("/api/v1/inbox", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    send(to=[alice])
    assert api.get("/api/v1/inbox", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_one_notification_comes_whole(api, send, alice):
    one = send(to=[alice], body="b" * 10_000)
    shown = api.get(f"/api/v1/inbox/{one.pk}").json()
    assert (len(shown["body"]), shown["body_truncated"]) == (10_000, False)


@pytest.mark.parametrize("wire_id", ["0", "01", "-1", "x", "9" * 19, "9" * 64, "1.0", "٣", "1e3"])
def test_an_id_that_is_none_is_404(wire_id, api):
    problem(api.get(f"/api/v1/inbox/{wire_id}"), 404)


def test_missing_and_somebody_elses_are_the_same_404(of_charlie, send, alice):
    one = send(to=[alice])
    foreign = of_charlie.get(f"/api/v1/inbox/{one.pk}")
    missing = of_charlie.get("/api/v1/inbox/987654321")
    problem(foreign, 404)
    assert foreign.content == missing.content


def test_charlie_sees_and_changes_nothing_of_alices(of_charlie, send, alice):
    one = send("secret", to=[alice])
    for name in ("inbox", "unread", "archived"):
        assert of_charlie.get(f"/api/v1/inbox?filter={name}").json()["notifications"] == []
    for op in ("seen", "read", "unread", "archive", "restore"):
        answer = act(of_charlie, op=op, notifications=[str(one.pk)]).json()
        assert answer == {"revision": 0, "changed": 0, "counts": {"unread": 0, "unseen": 0}}
    row = Inbox.objects.get(user=alice)
    assert (row.revision, row.unread_count, row.unseen_count) == (1, 1, 1)


def test_acts_by_ids(api, send, alice):
    one, two = send(to=[alice]), send(to=[alice])
    answer = act(api, op="read", notifications=[str(one.pk), str(two.pk), "x", "987"]).json()
    assert answer == {"revision": 3, "changed": 2, "counts": {"unread": 0, "unseen": 0}}
    assert act(api, op="unread", notifications=[str(one.pk)]).json()["counts"]["unread"] == 1
    assert act(api, op="archive", notifications=[str(one.pk)]).json()["counts"]["unread"] == 0
    assert act(api, op="restore", notifications=[str(one.pk)]).json()["revision"] == 6


def test_acts_on_all_that_had_arrived(api, send, alice):
    send(to=[alice])
    session = api.get("/api/v1/session").json()
    send(to=[alice])
    asked = {"all": True, "epoch": session["epoch"], "upto": session["revision"]}
    for op in ("seen", "read", "archive"):
        assert act(api, op=op, **asked).json()["changed"] == 1
    assert api.get("/api/v1/session").json()["counts"] == {"unread": 1, "unseen": 1}
    problem(act(api, op="read", **asked | {"epoch": "other"}), 409)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"op": "read"},
        {"op": "explode", "notifications": ["1"]},
        {"op": "read", "notifications": []},
        {"op": "read", "notifications": ["1"] * 201},
        {"op": "read", "notifications": [1]},
        {"op": "read", "notifications": ["x" * 65]},
        {"op": "read", "notifications": [""]},
        {"op": "read", "notifications": "1"},
        {"op": "read", "notifications": ["1"], "all": True, "epoch": "e", "upto": 1},
        {"op": "read", "all": True},
        {"op": "read", "all": True, "epoch": "e"},
        {"op": "read", "all": True, "epoch": "e", "upto": -1},
        {"op": "read", "all": True, "epoch": "e", "upto": 2**53},
        {"op": "read", "all": True, "epoch": "e", "upto": "1"},
        {"op": "read", "all": True, "epoch": "e", "upto": 1.5},
        {"op": "read", "all": False},
        {"op": "unread", "all": True, "epoch": "e", "upto": 1},
        {"op": "restore", "all": True, "epoch": "e", "upto": 1},
        {"op": "read", "notifications": ["1"], "op_id": ""},
        {"op": "read", "notifications": ["1"], "op_id": "x" * 65},
        {"op": "read", "notifications": ["1"], "op_id": 1},
        [],
        "read",
        None,
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_a_bad_act_is_422_and_does_nothing(body, api, alice):
    response = api.post("/api/v1/inbox/actions", json.dumps(body), content_type="application/json")
    assert problem(response, 422)["errors"]
    assert Inbox.objects.get(user=alice).revision == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"NaN", b'{"op": "read", "notifications": ["\\ud800"]}', b"[" * 100_000],
    ids=["empty", "open", "no UTF-8", "NaN", "surrogate", "deep"],
)
def test_what_is_no_json_is_refused(body, api):
    response = api.post("/api/v1/inbox/actions", body, content_type="application/json")
    assert response.status_code in {400, 422}
    problem(response, response.status_code)


def test_fields_that_are_not_known_are_ignored(api, send, alice):
    one = send(to=[alice])
    assert act(api, op="read", notifications=[str(one.pk)], future=1).json()["changed"] == 1


def test_an_act_with_a_name_is_done_once(api, send, alice):
    one = send(to=[alice])
    body = {"op": "read", "notifications": [str(one.pk)], "op_id": "a"}
    first = act(api, **body).json()
    act(api, op="unread", notifications=[str(one.pk)])
    assert act(api, **body).json() == first
    assert Inbox.objects.get(user=alice).revision == 3
    problem(act(api, **body | {"op": "archive"}), 409)


def test_a_write_needs_the_csrf_token(send, alice):
    one = send(to=[alice])
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    body = {"op": "read", "notifications": [str(one.pk)]}
    problem(act(client, **body), 403)
    assert alice.notifications_inbox.items.unread().exists()
    client.get("/inbox/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    answer = client.post(
        "/api/v1/inbox/actions",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.json()["changed"] == 1


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/inbox/1/2"])
def test_unknown_paths_are_problems_too(path, api):
    problem(api.get(path), 404)


@pytest.mark.parametrize("path", ["/api/", "/api/v2/inbox"])
def test_what_a_project_has_beside_us_is_none_of_our_problems(path, api):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] != PROBLEM


def test_other_methods_are_405(api):
    problem(api.delete("/api/v1/inbox"), 405)
    problem(api.get("/api/v1/docs"), 404)


def test_a_database_that_fails_is_503_and_says_when_to_come_back(api, monkeypatch):
    def failing(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(reading, "head", failing)
    response = api.get("/api/v1/session")
    problem(response, 503)
    assert int(response["Retry-After"]) > 0
    assert b"locked" not in response.content


def test_what_a_query_says_beside_what_is_known_is_refused(api, alice):
    for path in ("/session?x=1", "/inbox?filters=unread", "/inbox?query=", "/inbox/1?limit=1"):
        answer = api.get(f"/api/v1{path}")
        problem(answer, 422)
        assert list(answer.json()["errors"].values()) == [["There is no such parameter."]]
    problem(api.get("/api/v1/inbox?limit=1&limit=2"), 422)
    # Who it is comes first.
    problem(Client().get("/api/v1/session?x=1"), 401)


def test_the_description_of_the_api_is_rendered_once_and_may_be_kept(client):
    first = client.get("/api/v1/openapi.json")
    assert first["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in first["Vary"]
    again = client.get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    with mock.patch.object(NinjaAPI, "get_openapi_schema", side_effect=AssertionError):
        assert client.get("/api/v1/openapi.json").content == first.content


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").json()


def test_the_document_names_each_answer(document):
    refused = ["401", "403", "405", "422", "429", "503"]
    body = "400 413 415"
    answers = {
        f"{method} {path.removeprefix('/api/v1')}": sorted(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert answers == {
        f"{operation}": sorted([*refused, *others.split()])
        for operation, others in {
            "get /session": "200 400",
            "get /inbox": "200 304 400",
            "get /inbox/events": "200",
            "get /inbox/poll": "200",
            "post /inbox/actions": f"200 409 {body}",
            "get /inbox/{id}": "200 400 404",
            "post /echo": f"200 404 {body}",
            "post /diagnostics/runs": f"201 404 {body}",
            "get /diagnostics/events": "200 400 404",
            "get /preferences": "200 400",
            "patch /preferences": f"200 409 {body}",
            "post /preferences/mutes": f"200 409 {body}",
            "delete /preferences/mutes": "200 400",
            "post /notifications": f"200 201 409 {body}",
            "get /notifications/{id}": "200 400 404",
            "patch /notifications/{id}": f"200 404 409 {body}",
            "delete /notifications/{id}": "200 400 404",
            "get /notifications/{id}/trace": "200 400 404",
            "post /tokens": f"201 {body}",
        }.items()
    }


def test_problems_are_described_as_such(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]


def test_the_document_says_who_may_ask(document):
    schemes = {name: one["type"] for name, one in document["components"]["securitySchemes"].items()}
    assert schemes == {
        "TokenAuth": "http",
        "SessionAuth": "apiKey",
        "ApiKeyAuth": "http",
        "TokenMakerAuth": "http",
    }
    bare = [
        name for name, one in document["paths"].items() for o in one.values() if not o["security"]
    ]
    assert bare == []
