"""The whole site below `/notify/`, through nginx, which passes the path on or cuts it off."""

import contextlib
import http.client
import re
from urllib.parse import urlsplit

import pytest

from tests.sockets.conftest import POLL, SSE, WEBSOCKET
from tests.support.client import SocketClient
from tests.support.http_client import CLIENTS
from tests.support.nginx import Nginx
from tests.support.servers import SESSION_COOKIE, UVICORN

PREFIX = "/notify"


@pytest.fixture(scope="module")
def server(servers):
    return servers.get(UVICORN, FORCE_SCRIPT_NAME=PREFIX)


@pytest.fixture(params=[False, True], ids=["passed on", "cut off"])
def proxy(request, server):
    with Nginx(server.port, prefix=PREFIX, cuts=request.param) as proxy:
        yield proxy


@pytest.fixture
def ask(proxy, sign_in, alice):
    key = sign_in(alice)

    def act(path, *, signed_in=True):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        headers = {"Cookie": f"{SESSION_COOKIE}={key}"} if signed_in else {}
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            # Pictures are asked for too.
            body = answer.read().decode(errors="replace")
            return answer.status, answer.headers.get("Location"), body

    return act


def test_every_address_of_a_page_is_below_the_path(ask):
    assert ask(f"{PREFIX}/", signed_in=False)[:2] == (302, f"{PREFIX}/inbox/")
    login = f"{PREFIX}/accounts/login/?next={PREFIX}/inbox/"
    assert ask(f"{PREFIX}/inbox/", signed_in=False)[:2] == (302, login)
    status, _, page = ask(f"{PREFIX}/inbox/")
    assert status == 200
    # The script finds the socket from there.
    assert f'src="{PREFIX}/api/v1/"' in page
    found = re.findall(r'(?:href|src|action)="([^"?#]+)"', page)
    assert [one for one in found if one[:1] == "/" and not one.startswith(f"{PREFIX}/")] == []
    for address in {one for one in found if "/static/" in one}:
        assert ask(address)[0] == 200, address
    for path in ("/healthz", "/api/v1/session", "/accounts/devices/"):
        assert ask(f"{PREFIX}{path}")[0] == 200, path


@pytest.mark.parametrize("kind_of", [WEBSOCKET, SSE, POLL])
def test_every_stream_is_below_the_path(clients, proxy, sign_in, alice, sender, kind_of):
    headers = [("Cookie", f"{SESSION_COOKIE}={sign_in(alice)}")]
    where = urlsplit(proxy.origin).netloc
    if kind_of == WEBSOCKET:
        url = f"ws://{where}{PREFIX}/ws/notifications/"
        client = SocketClient(clients, url, origin=proxy.origin, headers=headers)
    else:
        url = f"{proxy.origin}{PREFIX}"
        client = CLIENTS[kind_of](clients, url, origin=proxy.origin, headers=headers)
    client.open()
    client.until_synced()
    sender.send("Below", alice.pk)
    client.until_revision(1)
    client.close()
