"""What the OpenAPI document says holds: schemathesis asks what it allows, and what it does not."""

import time
import unicodedata
from collections import Counter
from datetime import timedelta

import pytest
import schemathesis
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as rules

from accounts.models import Session
from accounts.sessions import SessionStore
from notifications.api.schemas import ActionsIn
from notifications.credentials import keys, tokens
from notifications.models import audiences
from notifications.models.credentials import SCOPES
from notifications.sending import acts
from notifications.wire import runs
from notifications.wire.message import Message
from tests.support.examples import times
from tests.support.sessions import login_by

RULES = rules(
    max_examples=times(10),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
INBOX = {
    "GET /session", "GET /inbox", "POST /inbox/actions", "POST /echo", "POST /diagnostics/runs",
    "GET /diagnostics/events", "GET /preferences", "PATCH /preferences", "POST /preferences/mutes",
    "DELETE /preferences/mutes",
}  # fmt: skip
# What each must be able to do.
GOOD = {
    "session": INBOX | {"POST /tokens"},
    "token": INBOX,
    "key": {"POST /notifications", "POST /tokens"},
}
# And what it may do where an id that is made up is there, which happens: it is a number.
BY_ID = {
    "session": {"GET /inbox/{id}"},
    "token": {"GET /inbox/{id}"},
    "key": {
        "GET /notifications/{id}", "PATCH /notifications/{id}", "DELETE /notifications/{id}",
        "GET /notifications/{id}/trace",
    },
}  # fmt: skip
CSRF = "csrf" * 8
FEASIBLE = {
    "data": {"order": 7},
    "send_at": "2040-01-01T00:00:00Z",
    "expires_at": "2040-01-02T00:00:00Z",
}
# Answered by consumers, not by Django: see tests/notifications/consumers/test_http.py.
STREAMS = r"/inbox/(events|poll)$"


@pytest.fixture
def kept_connection(db):
    """As Django's own test client has it: the end of a request does not end the transaction."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def document(kept_connection):
    found = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    return found.exclude(path_regex=STREAMS)


@pytest.fixture
def session(alice):
    store = SessionStore()
    store[SESSION_KEY] = str(alice.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    store.create()
    return store.session_key


@pytest.fixture
def key(db):
    return keys.make("shop", list(SCOPES))[1]


@pytest.fixture
def credentials(alice, session, key, settings):
    """What a request proves it by, by name. Nobody is made to wait: all of it comes at once."""
    for name in ("REFUSED", "TOKEN", "API_USER", "API_KEY"):
        setattr(settings, f"NOTIFICATIONS_{name}_RATE_PER_MIN", 0)
    settings.NOTIFICATIONS_EVERYONE_RATE_PER_H = 0
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    token, _ = tokens.issue(alice, origins=[], session=login_by(Session.objects.get(user=alice)))
    return {
        "session": {
            "cookies": {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF},
            "headers": {"X-CSRFToken": CSRF},
        },
        "token": {"headers": {"Authorization": f"Bearer {token}"}},
        "key": {"headers": {"Authorization": f"Bearer {key}"}},
    }


def proven_by(cookies=(), headers=()):
    """How schemathesis proves who asks; it also tries without, and with what is not valid."""

    class Proof:
        def get(self, case, context):
            return True

        def set(self, case, data, context):
            case.cookies = {**case.cookies, **dict(cookies)}
            case.headers = {**case.headers, **dict(headers)}

    return Proof


def seen(text):
    """The line, which shows something and turns nothing: no pattern knows which characters do."""
    plain = "".join(one for one in text if unicodedata.category(one) not in {"Cf", "Cn", "Co"})
    return plain if any(one.isascii() for one in plain.strip()) else f"a{plain[1:]}"


NO_IDS = {"actions", "events", "poll"}


def make_feasible(case, credential, alice):
    """Put in what no schema can say, where all else is valid: who is there, and what time it is."""
    queries = [part for where, part in case.meta.components.items() if where.value == "query"]
    if case.path.endswith("/events") and all(part.mode.is_positive for part in queries):
        # Whatever else is odd of it, such as a cookie that nobody reads.
        case.query["run"] = runs.begin(alice.pk, 5, time.time_ns() // 1_000_000)[0]
    # Places of their own beside the notifications, which are made up since the code names them.
    beside = {name: "1" for name, one in case.path_parameters.items() if one in NO_IDS}
    case.path_parameters.update(beside)
    if not case.meta.generation.mode.is_positive:
        return
    body = case.body
    if case.path.endswith("/tokens"):
        case.body = {"user": alice.username} if credential == "key" else {}
    elif case.path.endswith("/notifications"):
        body["audience"] = {"users": [alice.username]}
        body |= {name: seen(body[name]) for name in ("title", "sender") if body.get(name)}
        for action in body.get("actions") or ():
            action["label"] = seen(action["label"])
        body |= {name: good for name, good in FEASIBLE.items() if name in body}
    elif case.path.endswith("/actions"):
        # What is not known is ignored, but a NUL in it is refused.
        case.body = {name: one for name, one in body.items() if name in ActionsIn.model_fields}
        if "until" in case.body:
            case.body["until"] = (timezone.now() + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(("credential", "good"), GOOD.items())
def test_every_answer_is_one_that_the_document_names(
    document, credentials, credential, good, alice
):
    acts.send(Message("Hello"), audience=audiences.ChosenUsers([alice.pk], "alice"))
    answered = Counter()
    document.auth(refresh_interval=None)(proven_by(**credentials[credential]))
    for result in document.get_all_operations():
        operation = result.ok()

        def ask(case):
            make_feasible(case, credential, alice)
            answer = case.call_and_validate()
            answered[case.operation.label, answer.status_code // 100] += 1

        RULES(given(case=operation.as_strategy())(ask))()
    # All of it would be true of an API that refuses everything.
    done = {label.replace("/api/v1", "") for label, kind in answered if kind == 2}
    assert good <= done <= good | BY_ID[credential], answered
