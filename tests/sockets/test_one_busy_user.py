"""One user's thousand requests over a hundred connections: the others are served meanwhile."""

import asyncio
import json
import re
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.support.servers import CSRF_COOKIE, SESSION_COOKIE

CONNECTIONS, EACH = 100, 3
TOO_MANY = 429
# As many characters as Django's own CSRF secrets have.
CSRF = "csrf" * 8


def threads_of(site):
    status = Path(f"/proc/{site.child.pid}/status").read_text("utf-8")
    return int(re.search(r"^Threads:\s*(\d+)$", status, re.MULTILINE)[1])


def request_of(site, session, method, path, body=None):
    content = json.dumps(body).encode() if body else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
        f"Cookie: {CSRF_COOKIE}={CSRF}; {SESSION_COOKIE}={session}\r\nX-CSRFToken: {CSRF}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Storm:
    """Requests of one user over many connections, each of which asks as soon as it is answered."""

    def __init__(self, site, requests):
        self._site = site
        self._requests = requests
        self.statuses = Counter()
        self.most_threads = 0
        self.retries_after, self.refusals = set(), set()
        # On a loop of its own, beside the one of the tests' other clients.
        self._done = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._done.start()
        return self

    def __exit__(self, *_):
        self._done.join()

    @property
    def goes_on(self):
        return self._done.is_alive()

    async def _run(self):
        await asyncio.gather(*(self._ask(number) for number in range(CONNECTIONS)))

    async def _ask(self, number):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.port)
        for turn in range(EACH):
            writer.write(self._requests[(number + turn) % len(self._requests)])
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = re.search(r"content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]))
            status = int(head.split()[1])
            self.statuses[status] += 1
            if status == TOO_MANY:
                self.refusals.add(body)
            self.retries_after |= set(re.findall(r"retry-after: (\d+)", head))
            self.most_threads = max(self.most_threads, threads_of(self._site))
        writer.close()


def acts_of(site, session, item):
    ops = ("read", "unread")
    return [
        request_of(
            site, session, "POST", "/api/v1/inbox/actions", {"op": op, "notifications": [item]}
        )
        for op in ops
    ]


def pages_of(site, session, _item):
    return [request_of(site, session, "GET", "/inbox/")]


@pytest.mark.parametrize("requests", [acts_of, pages_of], ids=lambda one: one.__name__)
def test_others_are_served_meanwhile(site, connect, sign_in, sender, alice, bob, requests):
    idle = threads_of(site)
    item, session, rounds = sender.send("for alice", alice.pk), sign_in(bob), 0
    with Storm(site, requests(site, sign_in(alice), item)) as storm:
        while storm.goes_on:
            rounds += 1
            client = connect(bob, site).until_synced()
            sender.send(f"for bob {rounds}", bob.pk)
            client.until_revision(rounds)
            client.close()
            assert site.get("/api/v1/session", session).status == 200
            assert site.get("/inbox/", session).status == 200
    assert rounds > 1
    # None is lost, and none fails: what is not done is told to come back.
    assert storm.statuses.keys() == {200, 429}
    assert storm.statuses.total() == CONNECTIONS * EACH
    assert storm.statuses[200] > EACH
    assert storm.retries_after == {"2"}
    # Each request has a thread, and one more while that ends.
    assert storm.most_threads - idle < 40


def test_a_page_that_is_too_much_says_so_to_people(start_server, kind, sign_in, alice):
    site = start_server(kind, REQUESTS_WAITING_MAX=8)
    with Storm(site, pages_of(site, sign_in(alice), None)) as storm:
        pass
    assert storm.statuses[429] > 0
    assert {200, 429} == storm.statuses.keys()
    assert any(b"<h1>Too many requests at once</h1>" in body for body in storm.refusals)


def test_bodies_that_come_drop_by_drop_take_no_turn(site, sign_in, alice):
    session = sign_in(alice)
    whole = acts_of(site, session, "1")[0]
    slow = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(40)]
    try:
        for one in slow:
            one.sendall(whole[:-1])
        assert site.get("/api/v1/session", session).status == 200
        for one in slow:
            one.sendall(whole[-1:])
        assert {one.recv(12) for one in slow} == {b"HTTP/1.1 200"}
    finally:
        for one in slow:
            one.close()
