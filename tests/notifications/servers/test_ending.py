"""Who has connected when a server ends is answered: the kernel would reset them."""

import asyncio
import errno
import select
import socket
import subprocess
import sys

import pytest
import uvicorn

from notifications.servers import accepting
from notifications.servers.uvicorn import HttpProtocol, WebSocketProtocol
from notifications.servers.uvicorn_server import Server
from tests.support.ports import free_port

REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


async def answering(_scope, receive, send):
    await receive()
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"Here."})


def asked(port):
    """A client whose request is with the kernel: no server has had its turn meanwhile."""
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.sendall(REQUEST)
    return client


def answer(client):
    """All that it is sent until the end of the connection."""
    with client, client.makefile("rb") as file:
        return file.read()


def test_uvicorn_answers_who_has_come():
    port = free_port()
    config = uvicorn.Config(
        answering, port=port, lifespan="off", log_config=None,
        http=HttpProtocol, ws=WebSocketProtocol,
    )  # fmt: skip

    async def scenario():
        server = Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        clients = [asked(port) for _ in range(5)]
        await server.shutdown()
        assert not server.server_state.connections
        return clients

    for client in asyncio.run(scenario()):
        assert answer(client).endswith(b"Here.")
    with pytest.raises(ConnectionRefusedError):
        asked(port)


DAPHNE = """
import asyncio, sys
import django
django.setup()
from notifications.servers.daphne import DaphneServer
from tests.notifications.servers.test_ending import answer, answering, asked
from twisted.internet import reactor

port = int(sys.argv[1])
clients = []

async def application(scope, receive, send):
    if not clients:
        # While this one is under way others come, and the server is told to end.
        clients.extend(asked(port) for _ in range(5))
        reactor.stop()
        while any(one.connected for one in server._ports):
            await asyncio.sleep(0)
    await answering(scope, receive, send)

server = DaphneServer(application, endpoints=[f"tcp:{port}:interface=127.0.0.1"])
first = []
server.ready_callable = lambda: reactor.callLater(0, lambda: first.append(asked(port)))
server.run()
for client in first + clients:
    print(answer(client)[-5:].decode())
"""


def test_daphne_answers_who_has_come_and_whom_it_was_about_to_answer():
    ran = subprocess.run(
        [sys.executable, "-c", DAPHNE, str(free_port())],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.stdout.split(), ran.stderr, ran.returncode) == (["Here."] * 6, "", 0)


def test_who_has_gone_meanwhile_is_in_nobodys_way():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        asked(port).close()
        last = asked(port)
        accepted = accepting.all_from(listening.dup())
        assert len(accepted) == 2
        for one in accepted:
            one.close()
        last.close()


def test_who_comes_amid_the_close_is_refused_and_not_reset():
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as late:
        listening.setblocking(False)
        late.setblocking(False)
        accepting._drop_what_comes(listening)
        assert late.connect_ex(listening.getsockname()) == errno.EINPROGRESS
        with pytest.raises(BlockingIOError):
            listening.accept()
        listening.close()
        late.settimeout(30)
        # It tries again by itself, and finds nobody.
        select.select([], [late], [], 30)
        assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
