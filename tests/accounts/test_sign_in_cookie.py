"""A page can tell by a cookie whether it was drawn for who is signed in now."""

from django.conf import settings

from tests.accounts.test_devices import PATH, devices

NAME = settings.NOTIFICATIONS_SIGN_IN_COOKIE


def test_each_sign_in_has_another_one_and_none_is_left_after_signing_out(client, sign_in, alice):
    sign_in(client, "alice")
    first = client.cookies[NAME]
    assert first.value
    assert not first["httponly"]
    client.post("/accounts/logout/")
    assert client.cookies[NAME].value == ""
    sign_in(client, "alice")
    assert client.cookies[NAME].value not in {"", first.value}


def test_cookies_of_another_site_on_this_host_stay_as_they_are(client, sign_in, alice):
    theirs = ("sessionid", "csrftoken", "messages", "signed_in", "time_zone")
    for name in theirs:
        client.cookies[name] = "theirs"
    answers = [client.get("/accounts/login/"), sign_in(client, "alice"), client.get("/inbox/")]
    answers += [client.post(PATH, {"device": "none"}), client.post("/accounts/logout/")]
    assert not {name for answer in answers for name in answer.cookies} & set(theirs)


def test_pages_between_leave_it_as_it_is(client, sign_in, alice):
    sign_in(client, "alice")
    assert NAME not in client.get("/inbox/").cookies


def test_it_goes_with_this_device_and_stays_with_others(client, sign_in, alice):
    sign_in(client, "alice")
    client.post(PATH, {"everywhere": "else"})
    assert client.cookies[NAME].value
    client.post(PATH, {"device": devices(client)[0]})
    assert client.cookies[NAME].value == ""


def test_a_wrong_password_brings_none(client, sign_in, alice):
    sign_in(client, "alice", "wrong")
    assert NAME not in client.cookies
