"""Whatever goes wrong, a person gets a page of ours that says so and leads on."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBadRequest
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (by name)
from config.urls import urlpatterns as ours
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
HERE = "http://testserver"


def raises(error):
    def view(_request):
        raise error

    return view


urlpatterns = [
    path("bad", lambda _request: HttpResponseBadRequest("Say <what>.")),
    path("forbidden", raises(PermissionDenied)),
    path("broken", raises(RuntimeError("on purpose"))),
    path("button", require_POST(raises(RuntimeError))),
    *ours,
]


@pytest.fixture
def checked():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def sign_in_by(checked, alice):
    """Post the login as a browser does, with the token that a page was drawn with."""

    def act(token, path=LOGIN, **headers):
        form = {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token}
        return checked.post(path, form, headers=headers)

    return act


def token(client, path=LOGIN):
    return client.get(path).context["csrf_token"]


@pytest.mark.parametrize(
    ("where", "status", "heading"),
    [
        ("/bad", 400, "That request made no sense"),
        ("/forbidden", 403, "You may not open this"),
        ("/nothing", 404, "There is nothing here"),
        ("/inbox/nothing/", 404, "This notification is not in your inbox"),
        ("/button", 405, "This cannot be opened like that"),
        ("/broken", 500, "Something went wrong on our side"),
    ],
)
def test_an_error_has_a_page_with_a_way_on(
    checked, alice, settings, where, status, heading, django_assert_max_num_queries
):
    settings.ROOT_URLCONF = __name__
    checked.force_login(alice)
    # Those of the session, the user and their language, where the view itself asks who it is.
    with django_assert_max_num_queries(4):
        answer = checked.get(where)
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert '<a class="button" href="/inbox/">' in page
    assert 'rel="stylesheet"' in page


def test_an_error_has_a_page_also_where_pages_cannot_be_drawn(checked, settings):
    settings.ROOT_URLCONF = __name__
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}]
    answer = checked.get("/broken")
    assert answer.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")


def test_a_bare_sentence_is_put_into_a_page(checked, settings):
    settings.ROOT_URLCONF = __name__
    assert "<p>Say &lt;what&gt;.</p>" in checked.get("/bad").content.decode()


def test_what_a_405_allows_is_still_said(checked, settings):
    settings.ROOT_URLCONF = __name__
    answer = checked.get("/button")
    assert answer["Allow"] == "POST"
    assert answer["Content-Type"].startswith("text/html")
    assert checked.head("/button").content == b""


def test_the_api_answers_with_problems_all_the_same(checked):
    for where in ("/api/v1/nothing", "/api/v1/inbox/actions"):
        assert checked.get(where)["Content-Type"] == "application/problem+json"


# --- Forms that are older than the last sign-in ---------------------------------------------------


def test_a_sign_in_form_from_before_another_sign_in_just_works(checked, sign_in_by):
    old = token(checked)
    sign_in_by(old, origin=HERE)
    checked.post("/accounts/logout/", headers={"origin": HERE})
    answer = sign_in_by(old, origin=HERE)
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/")


def test_a_sign_in_form_beside_a_signed_in_tab_leads_to_the_inbox(checked, sign_in_by):
    old = token(checked)
    sign_in_by(old, origin=HERE)
    assert sign_in_by(old, origin=HERE)["Location"] == "/inbox/"


def test_signing_out_by_an_old_page_just_works(checked, sign_in_by):
    old = token(checked)
    sign_in_by(old, origin=HERE)
    checked.post("/accounts/logout/", {"csrfmiddlewaretoken": old}, headers={"origin": HERE})
    assert checked.get("/inbox/").status_code == 302


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"}])
@pytest.mark.parametrize("path", [LOGIN, "/admin/login/", "/accounts/logout/"])
def test_nobody_is_signed_in_or_out_from_elsewhere(checked, sign_in_by, alice, headers, path):
    token(checked)
    assert sign_in_by("x" * 32, path, **headers).status_code == 403
    assert checked.get("/inbox/").status_code == 302  # signed in by none of them
    checked.force_login(alice)
    assert sign_in_by("x" * 32, path, **headers).status_code == 403
    assert checked.get("/inbox/").status_code == 200


def test_any_other_old_form_is_said_to_be_old(checked, sign_in_by):
    old = token(checked)
    sign_in_by(old, origin=HERE)
    form = {"csrfmiddlewaretoken": old}
    for where, again in (("/inbox/actions/", "/inbox/"), ("/accounts/devices/",) * 2):
        answer = checked.post(where, form, headers={"origin": HERE})
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "<h1>This page was out of date</h1>" in page
        assert f'<a class="button primary" href="{again}">Try it again</a>' in page


def test_a_browser_without_cookies_is_told_so(sign_in_by):
    answer = sign_in_by("x" * 32, origin=HERE)
    assert answer.status_code == 403
    assert "Your browser sent no cookie" in answer.content.decode()


def test_an_act_of_somebody_signed_out_leads_back_after_signing_in(checked, alice):
    checked.force_login(alice)
    answer = checked.get("/inbox/actions/", follow=True)
    assert answer.redirect_chain == [("/inbox/", 302)]
    assert "nothing was done" in answer.content.decode()


def test_the_page_for_being_offline_asks_for_nobody_and_is_kept_with_its_style(client):
    page = client.get("/offline/")
    assert page.status_code == 200
    assert not page.cookies
    worker = client.get("/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker["Cache-Control"]
    for kept in ('"/offline/"', "page.css", "icon.svg"):
        assert kept in worker.content.decode()
