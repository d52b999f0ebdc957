"""In which language an answer is: by what was chosen, by the cookie, by the browser."""

import pytest
from django.test import Client
from django.utils.cache import has_vary_header

from notifications.preferences import acts

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


def language(answer):
    return answer.headers.get("Content-Language")


@pytest.fixture
def alices(alice):
    browser = Client()
    browser.force_login(alice)
    return browser


def test_a_page_is_in_the_language_that_the_browser_asks_for(client):
    answer = client.get("/accounts/login/", headers=GERMAN)
    assert language(answer) == "de"
    assert '<html lang="de" dir="ltr"' in answer.content.decode()
    assert language(client.get("/accounts/login/", headers={"accept-language": "fi"})) == "en"


def test_arabic_is_written_from_right_to_left(client):
    answer = client.get("/accounts/login/", headers={"accept-language": "ar"})
    assert '<html lang="ar" dir="rtl"' in answer.content.decode()


def test_caches_know_that_pages_differ_by_language(client):
    for path in ("/accounts/login/", "/nothing"):
        answer = client.get(path, headers=GERMAN)
        assert has_vary_header(answer, "Accept-Language")
        assert has_vary_header(answer, "Cookie")
        assert answer.headers["Cache-Control"] != "public"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/openapi.json", "/api/v1/inbox/items", "/identity/theme.css", "/identity/icon.svg"],
)
def test_what_programs_read_is_the_same_in_each_language(client, alices, alice, path):
    acts.choose(alice.pk, language="de")
    for browser in (client, alices):
        answer = browser.get(path, headers=GERMAN)
        assert language(answer) is None
        assert not has_vary_header(answer, "Accept-Language")
        assert answer.content == browser.get(path).content


def test_what_was_chosen_goes_before_the_browser(alices, alice):
    acts.choose(alice.pk, language="ar")
    assert language(alices.get("/inbox/", headers=GERMAN)) == "ar"
    # Pages that ask for no user know it from the cookie.
    assert language(alices.get("/nothing", headers=GERMAN)) == "ar"
    acts.choose(alice.pk, language="")
    alices.cookies.clear()
    assert language(alices.get("/accounts/login/", headers=GERMAN)) == "de"


def test_it_is_chosen_in_the_preferences(alices):
    page = alices.get("/inbox/preferences/").content.decode()
    assert ">Deutsch</option>" in page
    assert ">العربيّة</option>" in page
    chosen = {"op": "save", "theme": "auto", "toast_s": "8", "language": "de"}
    saved = alices.post("/inbox/preferences/", chosen)
    assert saved.status_code == 302
    assert saved.cookies["notifications_language"].value == "de"
    assert language(alices.get("/inbox/preferences/")) == "de"


def test_what_is_no_language_here_is_not_chosen(alices, alice):
    chosen = {"op": "save", "theme": "auto", "toast_s": "8", "language": "tlh"}
    assert alices.post("/inbox/preferences/", chosen).status_code == 422
    # One that was there, and is no longer.
    acts.choose(alice.pk, language="tlh")
    assert language(alices.get("/inbox/", headers=GERMAN)) == "de"


def test_where_nothing_acts_on_it_it_cannot_be_chosen(alices, settings):
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.endswith("PreferredLanguageMiddleware")
    ]
    browser = Client()
    browser.cookies = alices.cookies
    assert 'name="language"' not in browser.get("/inbox/preferences/").content.decode()
