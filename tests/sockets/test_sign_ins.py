"""Many sign in at once, with wrong passwords: nobody else waits for them."""

import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from accounts import hashing
from accounts.models import User
from tests.sockets.test_access import is_signed_out
from tests.support.servers import CSRF_COOKIE, UVICORN

MANY = hashing.PLACES + 8


def test_while_many_sign_in_pages_open_and_streams_go_on_and_end(
    start_server, connect, sender, alice, bob
):
    site = start_server(UVICORN, LOGIN_RATE_PER_MIN=0, may_warn=True)
    stream, other = (connect(one, site).until_synced() for one in (alice, bob))

    def try_once(number):
        csrf = "csrf" * 8
        form = {"csrfmiddlewaretoken": csrf, "username": f"user{number}", "password": "wrong"}
        request = urllib.request.Request(
            f"{site.origin}/accounts/login/",
            urllib.parse.urlencode(form).encode(),
            {"Cookie": f"{CSRF_COOKIE}={csrf}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code if int(error.headers["Retry-After"]) else None

    with ThreadPoolExecutor(MANY) as pool:
        tries = [pool.submit(try_once, number) for number in range(MANY)]
        # So many find no place; the others wait for their turn.
        assert site.get("/accounts/login/").status == 200
        sender.send("Hello", alice.pk)
        stream.until_revision(1)
        bob.is_active = False
        bob.save()
        assert is_signed_out(other, within_s=30)
        assert not all(one.done() for one in tries)
    codes = [one.result() for one in tries]
    assert set(codes) == {200, 503}
    assert codes.count(503) >= MANY - hashing.PLACES - 1
    assert User.objects.filter(username__startswith="user").count() == 0
