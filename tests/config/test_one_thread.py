"""A request is one visit to one thread, and leaves nothing in it."""

import asyncio
import threading
from contextvars import ContextVar

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth import get_user_model
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone, translation

from config.one_thread import Handler
from tests.support.processes import PATIENCE_S

User = get_user_model()
seen = []


def plain(request):
    seen.append((threading.get_ident(), translation.get_language()))
    translation.activate("de")  # as a view may, which nobody takes back
    answer = HttpResponse(request.body or b"none", status=201)
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer


def streamed(_request):
    return StreamingHttpResponse(iter([b"one ", b"two"]))


async def in_a_loop(request):
    await asyncio.sleep(0)
    return HttpResponse(f"{await User.objects.acount()} {request.body.decode()}")


def failing(_request):
    noted.append(User.objects.count())
    raise RuntimeError


def looking(_request):
    User.objects.count()
    # What was set in this thread and in this context before.
    noted.append((connection.in_atomic_block, said.get(), timezone.get_current_timezone_name()))
    said.set("said")
    timezone.activate("Asia/Tokyo")
    held.append(connections["default"])
    return HttpResponse("looked")


noted, held, said = [], [], ContextVar("said", default=None)
urlpatterns = [
    path("plain/", plain),
    path("streamed/", streamed),
    path("in_a_loop/", in_a_loop),
    path("failing/", failing),
    path("looking/", looking),
]


@pytest.fixture(autouse=True)
def routes(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    seen.clear()
    noted.clear()
    held.clear()


async def answered(handler, where, body=b""):
    scope = {
        "type": "http", "method": "POST", "path": where, "raw_path": where.encode(),
        "root_path": "", "query_string": b"", "http_version": "1.1", "scheme": "http",
        "headers": [(b"host", b"testserver")], "server": ("testserver", 80),
    }  # fmt: skip
    asked = ApplicationCommunicator(handler, scope)
    for n, part in enumerate((body[:1], body[1:])):
        event = {"type": "http.request", "body": part, "more_body": n == 0}
        await asked.send_input(event)
    start = await asked.receive_output(PATIENCE_S)
    told = await asked.receive_output(PATIENCE_S)
    await asked.wait(PATIENCE_S)
    return start, told


def test_it_answers_as_the_view_does():
    start, body = asyncio.run(answered(Handler(), "/plain/", b"said"))
    assert (start["status"], body["body"]) == (201, b"said")
    cookies = [value for name, value in start["headers"] if name == b"Set-Cookie"]
    assert [one.split(b";")[0] for one in cookies] == [b"a=1", b"b=2"]
    assert not body.get("more_body", False)


def test_what_is_streamed_is_answered_as_a_whole():
    start, body = asyncio.run(answered(Handler(), "/streamed/"))
    assert (start["status"], body["body"]) == (200, b"one two")


def test_a_thread_serves_again_and_knows_nothing_of_the_request_before():
    async def twice():
        handler = Handler()
        await answered(handler, "/plain/")
        await answered(handler, "/plain/")

    asyncio.run(twice())
    (first, before), (second, after) = seen
    assert first == second != threading.get_ident()
    assert before == after


def test_signals_come_around_each_request_in_its_thread():
    told = []

    def note(signal, **_more):
        told.append((signal, threading.get_ident()))

    for signal in (request_started, request_finished):
        signal.connect(note)
    try:
        asyncio.run(answered(Handler(), "/plain/"))
    finally:
        for signal in (request_started, request_finished):
            signal.disconnect(note)
    ((thread, _),) = seen
    assert told == [(request_started, thread), (request_finished, thread)]


def test_who_goes_before_the_request_is_whole_is_answered_nothing():
    async def gone():
        scope = {"type": "http", "method": "POST", "path": "/plain/", "headers": []}
        asked = ApplicationCommunicator(Handler(), scope)
        await asked.send_input({"type": "http.disconnect"})
        await asked.wait(PATIENCE_S)
        assert await asked.receive_nothing()

    asyncio.run(gone())
    assert seen == []


def test_it_answers_nothing_but_http():
    async def ask():
        await Handler()({"type": "websocket"}, None, None)

    with pytest.raises(ValueError, match="HTTP"):
        asyncio.run(ask())


def test_what_fails_once_a_view_is_done_takes_no_answer_back():
    """Its transaction is committed, so it must not read as if it were not."""

    def fail(**_more):
        raise RuntimeError

    request_finished.connect(fail)
    try:
        start, body = asyncio.run(answered(Handler(), "/plain/", b"said"))
    finally:
        request_finished.disconnect(fail)
    assert (start["status"], body["body"]) == (201, b"said")


@pytest.mark.django_db(transaction=True)
def test_a_view_may_be_async():
    start, body = asyncio.run(answered(Handler(), "/in_a_loop/", b"said"))
    assert (start["status"], body["body"]) == (200, b"0 said")


@pytest.mark.django_db(transaction=True)
def test_a_request_finds_nothing_of_one_that_failed():
    async def some():
        handler = Handler()
        statuses = []
        for where in ("/looking/", "/failing/", "/looking/", "/nowhere/"):
            start, _ = await answered(handler, where)
            statuses.append(start["status"])
        return statuses

    assert asyncio.run(some()) == [200, 500, 200, 404]
    here = timezone.get_default_timezone_name()
    assert noted == [(False, None, here), 0, (False, None, here)]
    # What each had open to the database is closed.
    assert [one.connection for one in held] == [None] * 2
