"""Many sign in at once, with wrong passwords: nobody else waits for them."""

import threading
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from django.utils.crypto import get_random_string

from accounts import hashing
from accounts.models import User
from tests.sockets.test_access import is_signed_out
from tests.support.servers import CSRF_COOKIE, SESSION_COOKIE, UVICORN

MANY = 3 * hashing.PLACES


def try_once(site, number):
    """A wrong password. Returns: the status; None where it is not said when to come again."""
    csrf = "csrf" * 8
    name = f"user{number}"
    form = {"csrfmiddlewaretoken": csrf, "username": name, "password": "wrong"}
    # A session that is nobody's: else they were one caller, whose requests wait for each other.
    session = get_random_string(32, "abcdefghijklmnopqrstuvwxyz")
    request = urllib.request.Request(
        f"{site.origin}/accounts/login/",
        urllib.parse.urlencode(form).encode(),
        {"Cookie": f"{CSRF_COOKIE}={csrf}; {SESSION_COOKIE}={session}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code if int(error.headers["Retry-After"]) else None


def test_while_many_sign_in_pages_open_and_streams_go_on_and_end(
    start_server, connect, sender, alice, bob
):
    site = start_server(UVICORN, LOGIN_RATE_PER_MIN=0, may_warn=True)
    stream, other = (connect(one, site).until_synced() for one in (alice, bob))
    numbers, are_others_served = count(), threading.Event()

    def go_on_trying():
        codes = [try_once(site, next(numbers))]
        while not are_others_served.wait(0.5):
            codes.append(try_once(site, next(numbers)))
        return codes

    with ThreadPoolExecutor(MANY) as pool:
        tries = [pool.submit(go_on_trying) for _ in range(MANY)]
        # So many find no place; the others wait for their turn.
        try:
            assert site.get("/accounts/login/").status == 200
            sender.send("Hello", alice.pk)
            stream.until_revision(1)
            bob.is_active = False
            bob.save()
            assert is_signed_out(other, within_s=30)
        finally:
            are_others_served.set()
    codes = [code for one in tries for code in one.result()]
    assert set(codes) == {200, 503}
    assert codes.count(503) >= MANY - hashing.PLACES - 1
    assert User.objects.filter(username__startswith="user").count() == 0
