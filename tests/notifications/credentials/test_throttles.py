import pytest
from django.test import Client

from notifications.conf import conf
from notifications.credentials import keys, throttles
from notifications.credentials.throttles import Throttle


@pytest.fixture
def bucket(settings):
    settings.NOTIFICATIONS_TOKEN_RATE_PER_MIN = 6
    return Throttle(lambda: conf.TOKEN_RATE_PER_MIN)


def test_so_many_at_once_and_then_one_each_sixtieth(bucket):
    assert [bucket.wait_s("a", now=0) for _ in range(7)] == [0] * 6 + [10]
    assert bucket.wait_s("b", now=0) == 0
    assert bucket.wait_s("a", now=5) == 5
    assert bucket.wait_s("a", now=10) == 0
    assert bucket.wait_s("a", now=10) == 10
    assert [bucket.wait_s("a", now=1000) for _ in range(7)] == [0] * 6 + [10]


def test_zero_is_no_limit(bucket, settings):
    settings.NOTIFICATIONS_TOKEN_RATE_PER_MIN = 0
    assert {bucket.wait_s("a", now=0) for _ in range(100)} == {0}


def test_it_forgets_who_has_not_asked_for_longest(bucket, monkeypatch):
    monkeypatch.setattr(throttles, "_MAX", 2)
    for _ in range(6):
        bucket.wait_s("a", now=0)
    assert bucket.wait_s("a", now=0) > 0
    for who in "bc":
        bucket.wait_s(who, now=0)
    assert bucket.wait_s("a", now=0) == 0


def refused(answer):
    assert int(answer["Retry-After"]) > 0
    return answer.status_code


def test_an_address_may_try_keys_so_often(client, db, settings):
    settings.NOTIFICATIONS_REFUSED_RATE_PER_MIN = 2
    _, good = keys.make("shop", ["send:user"])
    for _ in range(2):
        answer = client.get("/api/v1/session", headers={"authorization": "Bearer nk_x"})
        assert answer.status_code == 401
    answer = client.get("/api/v1/session", headers={"authorization": "Bearer nt_x"})
    assert refused(answer) == 429
    assert answer.json()["status"] == 429
    # Who has a good one is not made to wait for that.
    path = "/api/v1/notifications/1"
    assert client.get(path, headers={"authorization": f"Bearer {good}"}).status_code == 404


def test_a_user_and_a_key_may_ask_so_often(alice, bob, settings):
    settings.NOTIFICATIONS_API_USER_RATE_PER_MIN = settings.NOTIFICATIONS_API_KEY_RATE_PER_MIN = 2
    _, key = keys.make("shop", ["send:user"])
    of_alice, of_bob = Client(), Client()
    of_alice.force_login(alice)
    of_bob.force_login(bob)
    calls = [
        lambda: of_alice.get("/api/v1/session"),
        lambda: Client().get("/api/v1/notifications/1", headers={"authorization": f"Bearer {key}"}),
    ]
    for call in calls:
        assert [call().status_code for _ in range(2)] in ([200, 200], [404, 404])
        assert refused(call()) == 429
    assert of_bob.get("/api/v1/session").status_code == 200


def test_tokens_are_made_so_often(alice, settings):
    settings.NOTIFICATIONS_TOKEN_RATE_PER_MIN = 1
    client = Client()
    client.force_login(alice)
    _, key = keys.make("shop", ["tokens"])
    by_key = {"authorization": f"Bearer {key}"}

    def make(body=None, headers=None):
        return client.post(
            "/api/v1/tokens", body or {}, content_type="application/json", headers=headers
        )

    assert make().status_code == 201
    assert refused(make()) == 429
    # A key makes them for all of its users: each has a bucket.
    assert make({"user": "alice"}, by_key).status_code == 201
    assert refused(make({"user": "alice"}, by_key)) == 429
    assert make({"user": "admin"}, by_key).status_code == 422
