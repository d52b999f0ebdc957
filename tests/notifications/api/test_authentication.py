"""Which credential opens what: a table, and the rules around it."""

import itertools
import json
import logging

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from notifications.credentials import keys, tokens
from notifications.models import AccessToken, ApiKey, Inbox, InboxItem, Notification, audiences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support.sessions import login_by

ORIGIN = "https://shop.example"


class World:
    """Alice with one notification that a key has sent, and every kind of credential of hers."""

    def __init__(self, alice, session):
        self.alice, self.session = alice, session
        self.key_row, self.key = keys.make(
            "shop", ["send:user", "send:group", "send:everyone", "tokens"], origins=[ORIGIN]
        )
        self.notification = acts.send(
            Message("Hello"),
            audience=audiences.ChosenUsers([alice.pk], "alice"),
            sent_by=self.key_row.identity,
        ).notification

    def client(self, *, csrf=True, cookie=False, bearer=None):
        client = Client(enforce_csrf_checks=True)
        headers = {}
        if cookie:
            client.force_login(self.alice, backend="django.contrib.auth.backends.ModelBackend")
        if cookie and csrf:
            client.get("/inbox/")
            headers["x-csrftoken"] = client.cookies[settings.CSRF_COOKIE_NAME].value
        if bearer is not None:
            headers["authorization"] = bearer
        return client, headers

    def token(self, **maker):
        return tokens.issue(
            self.alice, origins=[ORIGIN], **maker or {"session": login_by(self.session)}
        )[0]

    # --- Credentials --------------------------------------------------------------------------

    def nothing(self):
        return self.client()

    def cookie(self):
        return self.client(cookie=True)

    def cookie_without_csrf(self):
        return self.client(cookie=True, csrf=False)

    def basic_and_cookie(self):
        client, headers = self.client(cookie=True)
        return client, headers | {"authorization": "Basic YTpi"}

    def good_token(self):
        return self.client(bearer=f"Bearer {self.token()}")

    def token_of_key(self):
        return self.client(bearer=f"bearer {self.token(api_key=self.key_row)}")

    def expired_token(self):
        answer = self.client(bearer=f"Bearer {self.token()}")
        AccessToken.objects.update(expires_at=timezone.now())
        return answer

    def token_of_ended_session(self):
        answer = self.client(bearer=f"Bearer {self.token()}")
        self.session.delete()
        return answer

    def token_of_revoked_key(self):
        row, _ = keys.make("gone", ["tokens"])
        answer = self.client(bearer=f"Bearer {self.token(api_key=row)}")
        keys.revoke(ApiKey.objects.filter(pk=row.pk))
        return answer

    def good_key(self):
        return self.client(bearer=f"Bearer {self.key}")

    def key_without_scopes(self):
        ApiKey.objects.update(scopes=[])
        return self.client(bearer=f"Bearer {self.key}")

    def expired_key(self):
        ApiKey.objects.update(expires_at=timezone.now())
        return self.client(bearer=f"Bearer {self.key}")

    def revoked_key(self):
        keys.revoke(ApiKey.objects.all())
        return self.client(bearer=f"Bearer {self.key}")

    def bad_bearer_and_cookie(self):
        client, headers = self.client(cookie=True)
        return client, headers | {"authorization": "Bearer nt_x"}

    def empty_bearer(self):
        return self.client(bearer="Bearer")


READ, ACT, TOKENS, SEND, OWN, EDIT = range(6)
CALLS = [
    (READ, "GET", "/session", None),
    (READ, "GET", "/inbox", None),
    (READ, "GET", "/inbox/{id}", None),
    (ACT, "POST", "/inbox/actions", {"op": "read", "notifications": ["1"]}),
    (TOKENS, "POST", "/tokens", {}),
    (SEND, "POST", "/notifications", {"audience": {"users": ["alice"]}, "title": "T"}),
    (OWN, "GET", "/notifications/{id}", None),
    (EDIT, "PATCH", "/notifications/{id}", {"title": "Changed"}),
    (EDIT, "DELETE", "/notifications/{id}", None),
]
#                          read act  tokens send own  edit
TABLE = {
    World.nothing: (401, 401, 401, 401, 401, 401),
    World.cookie: (200, 200, 201, 401, 401, 401),
    World.cookie_without_csrf: (200, 403, 403, 401, 401, 401),
    World.basic_and_cookie: (200, 200, 201, 401, 401, 401),
    World.good_token: (200, 200, 403, 403, 403, 403),
    World.token_of_key: (200, 200, 403, 403, 403, 403),
    World.expired_token: (401, 401, 401, 401, 401, 401),
    World.token_of_ended_session: (401, 401, 401, 401, 401, 401),
    World.token_of_revoked_key: (401, 401, 401, 401, 401, 401),
    World.good_key: (403, 403, 201, 201, 200, 200),
    World.key_without_scopes: (403, 403, 403, 403, 200, 200),
    World.expired_key: (401, 401, 401, 401, 401, 401),
    World.revoked_key: (401, 401, 401, 401, 401, 401),
    World.bad_bearer_and_cookie: (401, 401, 401, 401, 401, 401),
    World.empty_bearer: (401, 401, 401, 401, 401, 401),
}


@pytest.fixture
def world(alice, session_of, transactional_db):
    return World(alice, session_of(alice))


def call(world, credential, method, path, body, **more):
    client, headers = credential
    if path == "/tokens" and headers.get("authorization", "").lower().startswith("bearer nk_"):
        body = {"user": "alice"}
    return client.generic(
        method,
        "/api/v1" + path.format(id=world.notification.pk),
        "" if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers | more,
    )


@pytest.mark.parametrize("credential", TABLE, ids=lambda one: one.__name__)
def test_each_credential_opens_what_is_its_own(world, credential):
    used = credential(world)
    for kind, method, path, body in CALLS:
        before = (Notification.objects.count(), InboxItem.objects.count())
        answer = call(world, used, method, path, body)
        expected = TABLE[credential][kind]
        assert answer.status_code == expected, (method, path, answer.content)
        if expected >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"]
            assert (Notification.objects.count(), InboxItem.objects.count()) == before
        if expected == 401:
            assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_is_of_its_user_whoever_is_signed_in(world, charlie):
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie)
    headers = {"authorization": f"Bearer {world.token()}"}
    assert len(client.get("/api/v1/inbox").json()["notifications"]) == 0
    assert len(client.get("/api/v1/inbox", headers=headers).json()["notifications"]) == 1
    act = {"op": "read", "notifications": [str(world.notification.pk)]}
    answer = client.post(
        "/api/v1/inbox/actions", act, content_type="application/json", headers=headers
    )
    assert answer.json()["changed"] == 1
    assert Inbox.objects.get(user=charlie).revision == 0


def test_charlies_token_shows_nothing_of_alices(world, charlie, session_of):
    token, _ = tokens.issue(charlie, origins=[], session=login_by(session_of(charlie)))
    headers = {"authorization": f"Bearer {token}"}
    client = Client()
    assert client.get("/api/v1/inbox", headers=headers).json()["notifications"] == []
    pk = world.notification.pk
    assert client.get(f"/api/v1/inbox/{pk}", headers=headers).status_code == 404


def test_another_key_sees_a_notification_as_little_as_one_that_is_missing(world):
    _, key = keys.make("other", ["send:user", "send:everyone"])
    headers = {"authorization": f"Bearer {key}"}
    client = Client()
    for method, body in (("GET", ""), ("PATCH", '{"title": "Mine"}'), ("DELETE", "")):
        foreign, missing = (
            client.generic(
                method,
                f"/api/v1/notifications/{pk}",
                body,
                content_type="application/json",
                headers=headers,
            )
            for pk in (world.notification.pk, 987654321)
        )
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content
    world.notification.refresh_from_db()
    assert (world.notification.title, world.notification.status) == ("Hello", "sent")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        (ORIGIN, 200),
        ("HTTPS://SHOP.example:443", 200),
        ("https://evil.example", 403),
        ("http://shop.example", 403),
        ("https://shop.example:444", 403),
        ("null", 403),
        ("", 403),
        ("http://testserver", 403),
    ],
)
def test_a_token_is_good_in_a_browser_on_its_origins_alone(world, origin, status):
    more = {} if origin is None else {"origin": origin}
    for path in ("/session", "/inbox", "/inbox/{id}"):
        assert call(world, world.good_token(), "GET", path, None, **more).status_code == status


def test_a_token_opens_no_page(world):
    client, headers = world.good_token()
    for path in ("/inbox/", "/admin/", f"/inbox/{world.notification.pk}/"):
        assert client.get(path, headers=headers).status_code == 302


@pytest.mark.parametrize("path", ["/session", "/notifications/1", "/tokens", "/openapi.json"])
def test_secrets_in_a_query_are_refused_and_said_so(world, path):
    for query in (
        {"token": world.token()},
        {"x": world.token()},
        {"x": world.key},
        {"api_key": "x"},
        {"access_token": ""},
    ):
        answer = Client().get(f"/api/v1{path}", query)
        assert answer.status_code == 400
        assert "never into a URL" in answer.json()["detail"]


def test_no_secret_is_logged(world, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = [world.key, world.token(), "nk_0123456789ab_" + "x" * 43]
    for secret, (_, method, path, body) in itertools.product(secrets, CALLS):
        call(world, world.client(bearer=f"Bearer {secret}"), method, path, body)
        Client().get("/api/v1/session", {"token": secret})
    assert not [one for one in secrets if one in caplog.text]


def test_without_a_csrf_token_no_cookie_changes_anything(world):
    """Every operation of the API that may write: a new one is covered too."""
    client, _ = world.cookie_without_csrf()
    document = client.get("/api/v1/openapi.json").json()
    writes = [
        (method, path)
        for path, operations in document["paths"].items()
        for method in operations
        if method != "get"
    ]
    assert len(writes) >= 5
    for method, path in writes:
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = client.generic(
                method.upper(),
                path.replace("{id}", "1"),
                '{"op": "read", "notifications": ["1"]}',
                content_type=kind,
            )
            assert answer.status_code in {401, 403}, (method, path, kind)
    assert not AccessToken.objects.exists()


def test_a_session_makes_tokens_for_its_own_origin_and_trusted_ones(world, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example", "https://*.firm.example"]

    def make(body):
        answer = call(world, world.cookie(), "POST", "/tokens", body)
        return answer.status_code, answer.json()

    status, made = make({})
    assert (status, made["expires_in"]) == (201, 600)
    assert tokens.find(made["token"]).origins == ("http://testserver",)
    good = ["https://app.example", "https://a.firm.example", "http://testserver"]
    assert tokens.find(make({"origins": good})[1]["token"]).origins == tuple(good)
    assert tokens.find(make({"origins": []})[1]["token"]).origins == ()
    for bad in ("https://evil.example", "https://*.firm.example", "null", "", "x", "\0"):
        status, _ = make({"origins": [bad]})
        assert status in {400, 422}, bad
    for body in ({"user": "alice"}, {"user": "bob"}, {"origin": []}, {"origins": "x"}, []):
        assert make(body)[0] == 422


def test_a_key_makes_tokens_for_active_users_on_its_origins(world, bob, user):
    user("gone", is_active=False)
    client, headers = world.good_key()

    def make(body):
        return client.post("/api/v1/tokens", body, content_type="application/json", headers=headers)

    login = tokens.find(make({"user": "bob"}).json()["token"])
    assert (login.user, login.origins, login.session_key) == (bob, (ORIGIN,), None)
    for body in (
        {},
        {"user": "nobody"},
        {"user": "gone"},
        {"user": ""},
        {"user": 1},
        {"user": "bob", "origins": ["https://evil.example"]},
    ):
        assert make(body).status_code == 422, body
    assert AccessToken.objects.count() == 1


def test_signing_out_while_a_token_is_made_makes_none(world):
    client, headers = world.cookie()
    Session.objects.all().update(user=None)
    key = client.session.session_key
    Session.objects.filter(pk=Session.row_key(key)).delete()
    answer = client.post("/api/v1/tokens", content_type="application/json", headers=headers)
    assert answer.status_code == 401
