"""Where one is signed in, and signing out there."""

import re

import pytest
from django.test import Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
PATH = "/accounts/devices/"


@pytest.fixture
def signed_in(sign_in, alice):
    """Sign alice in with a browser that names itself so."""

    def act(agent):
        client = Client(headers={"user-agent": agent})
        sign_in(client, "alice")
        return client

    return act


def names(client):
    return re.findall("<strong>([^<]*)</strong>", client.get(PATH).content.decode())


def devices(client):
    return re.findall('name="device" value="([^"]*)"', client.get(PATH).content.decode())


def test_each_device_is_named_and_this_one_comes_first(signed_in):
    here, *_ = (signed_in(agent) for agent in (FIREFOX, EDGE, IPHONE))
    assert names(here) == ["Firefox on Linux", "Safari on iOS", "Edge on Windows"]
    assert here.get(PATH).content.decode().count("This device") == 1


@pytest.mark.parametrize(
    ("agent", "name"), [("curl/8.1", "curl/8.1"), ("", "Unknown device"), ("<b>", "&lt;b&gt;")]
)
def test_what_names_no_browser_stands_as_it_came(agent, name, signed_in):
    assert names(signed_in(agent)) == [name]


def test_a_session_of_before_the_page_was_there_is_listed_too(client, alice):
    client.force_login(alice)
    session = client.session
    del session["device"]
    session.save()
    assert names(client) == ["Unknown device"]


def test_a_device_is_signed_out_and_no_other(signed_in):
    here, there = signed_in(FIREFOX), signed_in(EDGE)
    page = here.post(PATH, {"device": devices(here)[1]}, follow=True)
    assert "Signed out there." in page.content.decode()
    assert names(here) == ["Firefox on Linux"]
    assert there.get("/inbox/").status_code == 302
    assert "already" in here.post(PATH, {"device": "x"}, follow=True).content.decode()


def test_everywhere_else_leaves_this_device(signed_in):
    here, *others = (signed_in(agent) for agent in (FIREFOX, EDGE, IPHONE))
    page = here.post(PATH, {"everywhere": "else"}, follow=True)
    assert "Signed out on 2 other devices." in page.content.decode()
    assert [one.get("/inbox/").status_code for one in others] == [302, 302]


def test_everywhere_is_here_too(signed_in):
    here, there = signed_in(FIREFOX), signed_in(EDGE)
    page = here.post(PATH, {"everywhere": "too"}, follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/login/")
    assert there.get("/inbox/").status_code == 302


def test_charlie_neither_sees_nor_ends_a_session_of_alices(signed_in, client, charlie):
    there = signed_in(FIREFOX)
    client.force_login(charlie)
    assert "Firefox" not in client.get(PATH).content.decode()
    client.post(PATH, {"device": devices(there)[0]})
    client.post(PATH, {"everywhere": "too"})
    assert there.get("/inbox/").status_code == 200


def test_the_key_of_a_session_is_never_on_the_page(signed_in):
    clients = [signed_in(FIREFOX), signed_in(EDGE)]
    page = clients[0].get(PATH).content.decode()
    assert not [one for one in clients if one.session.session_key in page]


def test_who_is_not_signed_in_is_asked_to(client, db):
    assert client.get(PATH).url == f"/accounts/login/?next={PATH}"
    assert client.post(PATH, {"everywhere": "too"}).status_code == 302


def test_signing_out_needs_the_token(signed_in):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(FIREFOX).cookies
    assert strict.post(PATH, {"everywhere": "too"}).status_code == 403
