"""One password is hashed at a time, and who waits for theirs costs others nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.test import Client

from accounts import hashing
from accounts.line import Line, TooBusy
from tests.accounts.test_passwords import NEW, ask_for_link, change, is_signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def real_passwords(settings, fast_passwords):
    settings.PASSWORD_HASHERS = ["accounts.hashing.QueuedPasswordHasher"]


@contextmanager
def a_full_line():
    """All places are taken; a function that lets all of it go on, and returns once it is done."""
    go_on = threading.Event()
    taken = [hashing.line.submit(lambda: go_on.wait(60)) for _ in range(hashing.PLACES)]

    def empty():
        go_on.set()
        for one in taken:
            one.result(60)

    try:
        yield empty
    finally:
        empty()


@pytest.fixture
def full_line():
    with a_full_line() as empty:
        yield empty


def busy(answer):
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert b"Try again in a moment" in answer.content
    return True


def test_things_are_done_one_at_a_time_in_their_order():
    line, begun, at_once = Line("test", places=8), [], []
    lock = threading.Lock()

    def act(number):
        assert lock.acquire(blocking=False)
        begun.append(number)
        at_once.append(threading.get_ident())
        lock.release()

    with ThreadPoolExecutor(8) as pool:
        for one in list(pool.map(lambda n: line.submit(lambda: act(n)), range(8))):
            one.result(60)
    assert sorted(begun) == list(range(8))
    assert len(set(at_once)) == 1


def test_who_finds_no_place_or_waits_too_long_is_refused_and_nothing_is_done():
    line, go_on, done = Line("test", places=2), threading.Event(), []
    first = line.submit(lambda: go_on.wait(60))
    with pytest.raises(TooBusy):
        line.result_of(lambda: done.append("late"), within_s=0.01)
    second = line.submit(lambda: done.append("second"))
    with pytest.raises(TooBusy):
        line.submit(lambda: done.append("third"))
    go_on.set()
    assert first.result(60)
    second.result(60)
    # Their places are free again.
    line.result_of(lambda: done.append("last"), within_s=60)
    assert done == ["second", "last"]


def test_hashes_are_made_and_checked_as_ever():
    made = make_password("correct horse")
    assert made.startswith("pbkdf2_sha256$")
    assert check_password("correct horse", made)
    assert not check_password("wrong", made)


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_sign_in_that_finds_no_place_is_told_to_come_again(
    client, alice, sign_in, full_line, path, name
):
    assert busy(sign_in(client, name, path=path))
    # It was no try: no password was looked at.
    assert not AccessAttempt.objects.exists()
    # Pages need no place.
    client.force_login(alice)
    assert is_signed_in(client)


def test_nor_does_a_new_password_find_one_and_nothing_is_changed(client, alice, password):
    hers = Client()
    hers.force_login(alice)
    path = client.get(ask_for_link(client))["Location"]
    with a_full_line():
        assert busy(client.post(path, {"new_password1": NEW, "new_password2": NEW}))
        assert busy(change(hers, password))
    alice.refresh_from_db()
    assert alice.check_password(password)
    # The link works still.
    assert client.post(path, {"new_password1": NEW, "new_password2": NEW}).status_code == 302


def test_who_holds_locks_does_not_wait_for_strangers(full_line):
    with pytest.raises(TooBusy):
        make_password("correct horse")
    with transaction.atomic():
        assert make_password("correct horse")


def test_what_fails_csrf_is_no_try_and_costs_no_hash(alice, sign_in, settings, full_line):
    settings.LOGIN_RATE_PER_MIN = 2
    forged = Client(enforce_csrf_checks=True)
    for path in ("/accounts/login/", "/admin/login/"):
        assert [sign_in(forged, "alice", path=path).status_code for _ in range(5)] == [403] * 5
    assert not AccessAttempt.objects.exists()
    full_line()
    assert sign_in(Client(), "alice").status_code == 302
