"""What holds for every page, whoever adds one: by walking all that the URLconf has."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, path
from django.utils.cache import has_vary_header

import notifications
from config import flash
from config.urls import urlpatterns as ours
from notifications.models import InboxItem

pytestmark = pytest.mark.django_db


def patterns(resolver, start=""):
    """Every pattern, written out from the root."""
    for one in resolver.url_patterns:
        whole = start + str(one.pattern)
        yield from patterns(one, whole) if isinstance(one, URLResolver) else [whole]


def path_of(pattern, given="1"):
    """A path that a pattern means; of what has an id, one that does not exist."""
    choice = re.sub(r"\(\?P<\w+>([\w.*]+)[^)]*\)", r"\1", pattern)
    path = "/" + choice.translate(str.maketrans("", "", "^$*"))
    return re.sub(r"<[^>]+>", lambda _: given, path)


PATTERNS = sorted(set(patterns(get_resolver())))
PATHS = sorted(set(map(path_of, PATTERNS)))
ERRORS = ["/nothing", "/api/v1/nothing", "/static/nothing", "/static/notifications/icon.svg"]
NOT_FOR_OTHERS = {"private", "no-cache"}


@pytest.fixture
def browser(admin):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(admin)
    return browser


def test_the_walk_finds_pages_api_and_admin():
    found = {"/inbox/", "/inbox/1/", "/api/v1/inbox/1", "/admin/notifications/notification/add/"}
    assert found < set(PATHS)
    assert not [one for one in PATHS if re.search(r"[<>()?|\\]", one)]


def fail(_request):
    raise RuntimeError("on purpose")


# Where ROOT_URLCONF is this module.
urlpatterns = [path("fail", fail), path("api/v1/fail", fail), *ours]


def must_be_ours_alone(answer, where):
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy, where
    assert "frame-ancestors 'none'" in policy, where
    assert "unsafe" not in policy, where
    assert answer["X-Frame-Options"] == "DENY", where
    assert answer["X-Content-Type-Options"] == "nosniff", where
    if has_vary_header(answer, "Cookie"):
        said = {word.strip() for word in answer["Cache-Control"].split(",")}
        assert said >= NOT_FOR_OTHERS, where


@pytest.mark.parametrize("signed_in", [True, False], ids=["staff", "nobody"])
def test_no_answer_can_be_framed_or_kept_for_others(browser, signed_in):
    client = browser if signed_in else Client(raise_request_exception=False)
    for where in [*PATHS, *ERRORS]:
        answer = client.get(where)
        if answer.streaming:
            answer.getvalue()  # which closes the file
        assert answer.status_code < 500, where
        must_be_ours_alone(answer, where)


@pytest.mark.parametrize("where", ["/fail", "/api/v1/fail"])
def test_an_error_of_ours_can_be_framed_as_little(browser, settings, where):
    settings.ROOT_URLCONF = __name__
    answer = browser.get(where)
    assert answer.status_code == 500
    must_be_ours_alone(answer, where)


def test_no_page_is_written_to_without_a_csrf_token(browser):
    for where in [*PATHS, *ERRORS]:
        assert browser.post(where, {"x": "1"}).status_code in {401, 403, 404, 405}, where


def test_what_can_be_got_can_be_asked_for_without_its_body(browser):
    """RFC 9110, section 9.1. The API's document says what each of its paths takes."""
    for where in (one for one in PATHS if not one.startswith("/api/")):
        answer = browser.get(where)
        if answer.streaming:
            answer.getvalue()  # which closes the file
        if answer.status_code != 405:
            head = browser.head(where)
            head.close()
            assert head.status_code == answer.status_code, where


def is_write(query):
    return re.match(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", query["sql"], re.IGNORECASE)


def test_whoever_only_looks_what_is_there_changes_nothing_and_is_told_nothing(browser, admin):
    """RFC 9110, section 9.2.1: neither rows, nor a message that another page would say."""
    sent = notifications.send("Hello", to=admin)
    places = {path_of(one, given) for one in PATTERNS for given in ("1", str(sent.notification.pk))}
    for where in sorted(places):
        once = browser.get(where, headers={"Sec-Purpose": "prefetch"})
        if once.streaming:
            once.getvalue()  # which closes the file
        browser.cookies.pop(flash.CookieStorage.cookie_name, None)
        with CaptureQueriesContext(connection) as queries:
            head = browser.head(where)
        assert not list(filter(is_write, queries)), where
        # Django's admin says on whichever page comes next what it has not found.
        if not where.startswith("/admin/"):
            assert flash.CookieStorage.cookie_name not in head.cookies, where
    assert not InboxItem.objects.exclude(read_at=None).exists()
