"""The proxy does what its faults say, and nothing else."""

import contextlib
import select
import socket
import threading
import time

import pytest

from tests.support.processes import until
from tests.support.proxy import Fault, Proxy

PATIENCE_S = 10
HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Server:
    """Answers a request with a head and an echo of whatever comes after it."""

    def __init__(self):
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                _, _, data = client.recv(65536).partition(b"\r\n\r\n")
                client.sendall(HEAD)
                while data := data or client.recv(65536):
                    self.received += data
                    client.sendall(data)
                    if data.endswith(b"end"):
                        return
                    data = b""
            except OSError:
                pass


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def proxy(server):
    with Proxy(server.port) as proxy:
        yield proxy


def ask(proxy, path="/a"):
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def read(client, size):
    found = b""
    while len(found) < size and (data := client.recv(65536)):
        found += data
    return found


def test_without_a_fault_everything_passes_both_ways(proxy):
    with ask(proxy) as client:
        assert read(client, len(HEAD)) == HEAD
        client.sendall(b"hello")
        assert read(client, 5) == b"hello"


def test_connections_and_requests_are_counted_by_their_path(proxy):
    with ask(proxy, "/a/1") as one, ask(proxy, "/b") as other:
        read(one, len(HEAD)), read(other, len(HEAD))
        assert [proxy.open_count(prefix) for prefix in ("/a", "/b", "/c", "/")] == [1, 1, 0, 2]
    proxy.until_open("/", 0)
    assert proxy.request_count("/a") == 1


def test_a_refused_request_is_answered_with_403(proxy):
    proxy.fault("/a", Fault.REFUSE)
    with ask(proxy) as client:
        assert read(client, 12).startswith(b"HTTP/1.1 403")
    with ask(proxy, "/b") as client:
        assert read(client, len(HEAD)) == HEAD


def test_a_reset_is_one(proxy):
    proxy.fault("/a", Fault.RESET)
    with ask(proxy) as client, pytest.raises(ConnectionResetError):
        client.recv(1)


def test_what_is_open_can_be_cut(proxy):
    with ask(proxy) as client:
        read(client, len(HEAD))
        proxy.cut("/a")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_in_a_black_hole_nothing_gets_through_and_nothing_ends(proxy, server):
    with ask(proxy) as client:
        read(client, len(HEAD))
        proxy.fault("/a", Fault.BLACK_HOLE)
        client.sendall(b"lost")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert server.received == b""
        proxy.fault("/a", None)
        client.settimeout(PATIENCE_S)
        client.sendall(b"found")
        assert read(client, 5) == b"found"


def test_what_is_swallowed_was_received_by_the_server(proxy, server):
    proxy.fault("/a", Fault.SWALLOW)
    with ask(proxy) as client:
        assert read(client, len(HEAD)) == HEAD
        client.sendall(b"hello")
        until(lambda: server.received == b"hello", "the server has received it")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_what_is_buffered_comes_at_its_end(proxy, server):
    proxy.fault("/a", Fault.BUFFER)
    with ask(proxy) as client:
        client.sendall(b"hello")
        until(lambda: server.received == b"hello", "the server has received it")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(PATIENCE_S)
        client.sendall(b"end")
        assert read(client, 100) == HEAD + b"helloend"


def test_what_is_delayed_comes_later_both_ways_and_in_its_order(proxy):
    with ask(proxy) as client:
        read(client, len(HEAD))
        proxy.fault("/a", Fault.DELAY)
        began_at = time.monotonic()
        for byte in b"hello":
            client.sendall(bytes([byte]))
        assert read(client, 5) == b"hello"
        assert time.monotonic() - began_at >= 2 * proxy.delay_s
        client.sendall(b"end")
        assert read(client, 100) == b"end"


def test_while_one_connection_is_delayed_others_are_not_and_it_can_be_cut(server):
    with Proxy(server.port, delay_s=10 * PATIENCE_S) as proxy, ask(proxy, "/b") as other:
        read(other, len(HEAD))
        threads = threading.active_count()
        proxy.fault("/a", Fault.DELAY)
        with ask(proxy, "/a") as delayed:
            proxy.until_open("/a", 1)
            other.sendall(b"hello")
            assert read(other, 5) == b"hello"
            with ask(proxy, "/b") as later:
                assert read(later, len(HEAD)) == HEAD
            assert select.select([delayed], [], [], 0)[0] == []
            proxy.cut("/a")
            with pytest.raises(ConnectionResetError):
                delayed.recv(1)
        until(lambda: threading.active_count() == threads, "nothing waits", within_s=PATIENCE_S)


def test_where_the_server_is_gone_a_connection_ends(proxy, server):
    server.close()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S) as client:
        assert client.recv(1) == b""
