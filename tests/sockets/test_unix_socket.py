"""Behind a proxy that comes by a Unix socket: what it says of its clients holds, as by TCP."""

import http.client
import socket

import pytest

from tests.support.bare import PATIENCE_S
from tests.support.processes import until
from tests.support.servers import SHUTDOWN_S, STARTUP_S

HOST = "notify.example"
BAD_KEY = "Bearer nk_000000000000_" + "x" * 43
BY_TLS = {"X-Forwarded-Proto": "https"}


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__(HOST, timeout=PATIENCE_S)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self._path)


def listens(path):
    """Whether somebody takes connections: the path is there a moment earlier."""
    connection = Connection(str(path))
    try:
        connection.connect()
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    finally:
        connection.close()
    return True


@pytest.fixture(scope="module")
def ask(servers, tmp_path_factory):
    """Ask by https through a proxy at the socket; the answer's status and its Location."""
    path = tmp_path_factory.mktemp("uds") / "web"
    child = servers.manage(
        "serve",
        "--uds",
        str(path),
        HTTPS="1",
        ALLOWED_HOSTS=HOST,
        NOTIFICATIONS_REFUSED_RATE_PER_MIN="2",
    )
    until(lambda: listens(path), "it listens", within_s=STARTUP_S)

    def act(where, **headers):
        connection = Connection(str(path))
        try:
            connection.request("GET", where, headers={"Host": HOST, **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Location")
        finally:
            connection.close()

    yield act
    child.terminate(SHUTDOWN_S)


def test_the_proxy_says_how_its_client_came(ask):
    assert ask("/accounts/login/", **BY_TLS) == (200, None)
    by_http = (301, f"https://{HOST}/accounts/login/")
    assert ask("/accounts/login/", **{"X-Forwarded-Proto": "http"}) == by_http
    assert ask("/accounts/login/") == by_http


@pytest.mark.parametrize(("scheme", "status"), [("https", 101), ("http", 403)])
def test_a_socket_opens_by_the_origin_of_that_scheme(ask, scheme, status):
    shaken = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": f"{scheme}://{HOST}",
    }
    assert ask("/ws/echo/", **shaken, **BY_TLS)[0] == status


def test_each_client_of_the_proxy_has_an_address_of_its_own(ask):
    # The last address is what the proxy has seen; what stands before it, the client has written.
    for address in ("192.0.2.7", "192.0.2.8"):
        answers = [
            ask(
                "/api/v1/notifications/1",
                Authorization=BAD_KEY,
                **BY_TLS,
                **{"X-Forwarded-For": f"198.51.100.{claimed}, {address}"},
            )[0]
            for claimed in range(3)
        ]
        assert answers == [401, 401, 429], address
