"""One call puts the app's streams before whatever a project has."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connections

from notifications import asgi

PATIENCE_S = 20


async def pages(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def first_answer(kind, path, **more):
    scope = {
        "type": kind, "path": path, "root_path": "", "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")],
        "client": ("192.0.2.1", 5), "server": ("127.0.0.1", 8000), **more,
    }  # fmt: skip
    asked = ApplicationCommunicator(asgi.wrap(pages), scope)
    first = "http.request" if kind == "http" else "websocket.connect"
    await asked.send_input({"type": first})
    answer = await asked.receive_output(PATIENCE_S)
    await asked.send_input({"type": f"{kind}.disconnect"})
    await asked.wait(PATIENCE_S)
    return answer


def answer_to(*args, **more):
    # In a thread: only in the main one it would set what is done at a signal.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(first_answer(*args, **more))).result(3 * PATIENCE_S)


@pytest.fixture(autouse=True)
def site(settings, transactional_db):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.NOTIFICATIONS_DISPATCH_IN_SERVER = False


@pytest.mark.parametrize(
    ("path", "status"), [("/shop/", 299), ("/api/v1/inbox/poll", 401), ("/api/v1/inbox", 299)]
)
def test_streams_are_the_apps_and_all_else_is_the_projects(path, status):
    assert answer_to("http", path, method="GET", scheme="http")["status"] == status


def test_sockets_are_the_apps(caplog):
    socket = {"scheme": "ws", "subprotocols": []}
    assert answer_to("websocket", "/ws/notifications/", **socket)["type"] == "websocket.accept"
    assert answer_to("websocket", "/ws/shop/", **socket)["type"] == "websocket.close"


def test_no_request_leaves_a_connection_behind_whatever_the_project_keeps(monkeypatch):
    """Its settings may be those of a site on WSGI, where each thread finds its own again."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 600)
    answer_to("http", "/shop/", method="GET")
    assert connections["default"].settings_dict["CONN_MAX_AGE"] == 0
