"""The story of a notification over the API: of one's own, and of users by the scope for it."""

import pytest
from django.test import Client

from notifications.credentials import keys
from notifications.models import Notification
from tests.notifications.inbox.test_trace import stream

pytestmark = pytest.mark.django_db
__all__ = ["stream"]


@pytest.fixture
def shop():
    return keys.make("shop", ["send:user", "send:group"])


def ask(key, pk, **query):
    bearer = {"Authorization": f"Bearer {key}"}
    return Client().get(f"/api/v1/notifications/{pk}/trace", query, headers=bearer)


def sent_by(row, notification):
    Notification.objects.filter(pk=notification.pk).update(sent_by=row.identity)
    return notification.pk


def test_it_tells_all_steps_and_the_streams_of_a_user(shop, send, alice, stream):
    row, key = shop
    pk = sent_by(row, send(to=[alice]))
    kept = stream(alice, spans=[[0, 1, "hinted"]], acknowledged=1)
    answer = ask(key, pk, user=alice.username).json()
    assert (answer["id"], answer["user"]) == (str(pk), alice.username)
    steps = {one["step"]: one for one in answer["steps"]}
    assert steps["written"]["happened"] is True
    assert steps["seen"] == {
        "step": "seen", "happened": False, "at": None, "reason": "not_seen", "since": None,
        "detail": "It was not on a screen for a second.",
    }  # fmt: skip
    (told,) = answer["streams"]
    assert (told["connection"], told["outcome"], told["how"], told["acknowledged"]) == (
        kept.connection, "written", "hinted", True,
    )  # fmt: skip


def test_of_all_it_tells_no_streams(shop, send, alice, stream):
    row, key = shop
    pk = sent_by(row, send(to=[alice]))
    stream(alice, spans=[[0, 1, "hinted"]])
    answer = ask(key, pk).json()
    assert (answer["user"], answer["streams"]) == (None, [])
    assert [one["step"] for one in answer["steps"]][:3] == ["accepted", "committed", "dispatched"]


def test_of_what_somebody_else_has_sent_nothing_is_told(shop, send, alice):
    pk = send(to=[alice]).pk
    answers = [ask(shop[1], one, user=alice.username) for one in (pk, pk + 1, "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_of_a_user_it_takes_the_scope_to_send_to_users(send, alice):
    row, key = keys.make("lists", ["send:group"])
    pk = sent_by(row, send(to=[alice]))
    answers = [ask(key, pk, user=name) for name in (alice.username, "nobody at all")]
    assert {answer.status_code for answer in answers} == {403}
    assert ask(key, pk).status_code == 200


def test_of_who_is_no_recipient_nothing_else_is_told(shop, send, alice, charlie, stream):
    row, key = shop
    pk = sent_by(row, send(to=[alice]))
    stream(charlie, spans=[[0, 1, "hinted"]])
    answer = ask(key, pk, user=charlie.username).json()
    assert answer["streams"] == []
    assert answer["steps"][-1]["reason"] == "not_in_audience"


def test_an_unknown_name_is_a_problem(shop, send, alice):
    row, key = shop
    answer = ask(key, sent_by(row, send(to=[alice])), user="nobody at all")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == {"user": ["unknown: nobody at all"]}
