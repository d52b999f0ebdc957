"""What no key, id or name can be is refused at each door, before a query is made of it.

PostgreSQL takes no NUL, SQLite no integer above 64 bits, and neither half of a surrogate.
"""

from itertools import product
from urllib.parse import quote_from_bytes

import pytest
from django.conf import settings
from django.test import Client

from notifications.models import Notification
from tests.config.test_every_url import PATTERNS, path_of

pytestmark = pytest.mark.django_db

BAD = {
    "NUL": b"\0",
    "NUL within": b"a\0b",
    "beyond 64 bits": b"9" * 30,
    "beyond what Python reads": b"9" * 5000,
    "negative": b"-1",
    "digits of another script": "\u0661\u0662".encode(),
    "superscript": "\u00b2".encode(),
    "no UTF-8": b"\xff",
    "longer than any column": b"x" * 3000,
}
# What walks over all pages tries the worst of them.
WORST = {name: BAD[name] for name in ("NUL", "beyond 64 bits", "longer than any column")}
of_the_worst = pytest.mark.parametrize("bad", WORST.values(), ids=WORST)
by_name = pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
# What pages, the admin and the API read from a query, and what else the admin takes for a filter.
QUERY = (
    "before", "bell", "epoch", "filter", "limit", "next", "notification", "o", "p", "progress", "q",
    "since", "wait", "_changelist_filters", "_popup", "app_label", "category",
    "field_name", "id", "id__exact", "is_active__exact", "level__exact", "model_name", "pk__in",
    "send_at__gte", "status__exact", "term", "user",
)  # fmt: skip
FORMS = (
    "/accounts/login/", "/admin/login/", "/accounts/password-reset/", "/accounts/devices/",
    "/inbox/actions/", "/admin/notifications/notification/", "/admin/notifications/apikey/add/",
    "/admin/notifications/notification/add/", "/admin/accounts/user/",
)  # fmt: skip
FILTERS = ("pk__in", "created_at__year", "q", "level__exact")
FORM = (
    "_selected_action", "act", "action", "audience", "body", "category", "device", "email",
    "everywhere", "expires_at", "groups", "index", "key", "kind", "level", "name", "new_password1",
    "new_password2", "next", "notification", "old_password", "origins", "password", "scopes",
    "send_at", "sender", "title", "upto", "url", "username", "users",
)  # fmt: skip
COOKIES = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    settings.NOTIFICATIONS_SIGN_IN_COOKIE,
    "notifications_messages",
)
# Lists of the admin, each filter of which is a query of its own.
LISTS = ("/admin/notifications/notification/", "/admin/accounts/user/")


@pytest.fixture
def staff(admin):
    browser = Client(raise_request_exception=False)
    browser.force_login(admin)
    return browser


@pytest.fixture
def nobody():
    return Client(raise_request_exception=False)


def must_have_an_answer(answer, *where):
    if answer.streaming:
        answer.getvalue()  # which closes the file
    assert answer.status_code < 500, where


@of_the_worst
def test_in_a_path(staff, bad):
    for pattern in (one for one in PATTERNS if "<" in one):
        where = path_of(pattern, quote_from_bytes(bad, safe=""))
        must_have_an_answer(staff.get(where), where)


@of_the_worst
def test_in_a_query(staff, bad):
    for where in map(path_of, PATTERNS):
        must_have_an_answer(staff.get(where, dict.fromkeys(QUERY, bad)), where)
    for where, name in product(LISTS, FILTERS):
        must_have_an_answer(staff.get(where, {name: bad}), where, name)


@of_the_worst
@pytest.mark.parametrize("where", FORMS)
def test_in_a_form(staff, nobody, where, bad):
    client = nobody if "/login/" in where or "/password-reset/" in where else staff
    must_have_an_answer(client.post(where, dict.fromkeys(FORM, bad)), where)


@by_name
def test_in_a_cookie(nobody, bad):
    for name, where in product(COOKIES, ("/inbox/", "/accounts/login/", "/api/v1/session")):
        nobody.cookies[name] = bad.decode("latin-1")
        must_have_an_answer(nobody.get(where), name, where)
        nobody.cookies.clear()


@pytest.fixture
def service(api_key):
    key = api_key("send:user", "send:group", "tokens")[1]
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {key}"})


@by_name
def test_in_the_body_of_the_api(staff, service, bad):
    text = bad.decode("utf-8", "surrogateescape")
    own = Notification.objects.create(title="One", audience_kind="everyone", sent_by="key:1")
    sent = {"audience": {"users": ["admin"]}, "title": "T"}
    acts = "/api/v1/inbox/actions"
    for client, where, body in (
        (service, "/api/v1/notifications", {**sent, "audience": {"users": [text]}}),
        (service, "/api/v1/notifications", {**sent, "audience": {"users": ["admin", text]}}),
        (service, "/api/v1/notifications", {**sent, "audience": {"groups": [text]}}),
        (service, "/api/v1/notifications", {**sent, "thread": text}),
        (service, "/api/v1/notifications", {**sent, "category": text}),
        (service, "/api/v1/notifications", {**sent, "data": {text: text}}),
        (service, "/api/v1/tokens", {"user": text}),
        (staff, "/api/v1/tokens", {"origins": [text]}),
        (staff, acts, {"op": "read", "notifications": [text, str(own.pk)]}),
        (staff, acts, {"op": "read", "notifications": ["1"], "op_id": text}),
        (staff, acts, {"op": "read", "all": True, "epoch": text, "upto": 1}),
        (staff, acts, {"op": "delivered", "epoch": text, "upto": 1}),
    ):
        answer = client.post(where, body, content_type="application/json")
        must_have_an_answer(answer, where, body)


@by_name
def test_in_a_header_of_the_api(staff, service, bad):
    text = bad.decode("latin-1")
    sent = {"audience": {"users": ["admin"]}, "title": "T"}
    headers = {"Idempotency-Key": text}
    answer = service.post(
        "/api/v1/notifications", sent, content_type="application/json", headers=headers
    )
    must_have_an_answer(answer)
    for name in ("If-None-Match", "User-Agent", "Origin", "Authorization"):
        must_have_an_answer(staff.get("/api/v1/inbox", headers={name: text}), name)
    # The device is remembered by it.
    staff.post("/accounts/login/", {"username": "admin"}, headers={"User-Agent": text})
