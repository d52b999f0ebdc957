"""What operators ask a process: whether it lives, whether it is ready, and how much it does."""

import fcntl
import http.client
import os
import struct
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from tests.sockets.conftest import KINDS, ON_SQLITE
from tests.support import postgresql
from tests.support.processes import until

PATHS = ("/healthz", "/readyz", "/metrics")
# The deadline is a second; the rest is a slow machine's.
AT_ONCE_S = 5
# Where SQLite's readers lock the index of its WAL (walformat.html, section 2.3).
WAL_LOCKS = (120, 8)


def ask(site, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        return answer
    finally:
        connection.close()


def is_ready(site):
    """Whether it says so; it must say something, and soon."""
    began_at = time.monotonic()
    status = site.get("/readyz").status
    assert time.monotonic() - began_at < AT_ONCE_S
    assert site.get("/healthz").status == 200
    return status == 200


def test_a_process_that_is_well_says_so_without_a_login(site):
    assert site.get("/healthz").json() == {"status": "ok"}
    assert site.get("/readyz").json() == {
        "status": "ok",
        "process": "ok",
        "database": "ok",
        "migrations": "ok",
        "reconciler": "ok",
        "channel_layer": "ok",
    }
    assert "notifications_streams_open" in site.get("/metrics").body


@pytest.mark.parametrize("path", PATHS)
def test_no_cache_keeps_an_answer_and_no_page_can_use_it(site, path):
    answer = ask(site, path)
    assert answer.getheader("cache-control") == "no-store"
    assert answer.getheader("content-security-policy").startswith("default-src 'none'")
    assert answer.getheader("x-frame-options") == "DENY"
    assert answer.getheader("x-content-type-options") == "nosniff"
    assert answer.getheader("set-cookie") is None
    assert ask(site, path, "HEAD").status == 200
    assert ask(site, path, "POST").status == 405


def test_probes_may_name_any_host(site):
    for path in ("/healthz", "/readyz"):
        assert ask(site, path, Host="10.1.2.3:8000").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
    ],
    ids=str,
)
def test_what_a_proxy_passes_on_or_another_name_asks_gets_no_metrics(site, headers):
    answer = ask(site, "/metrics", **headers)
    assert answer.status == 403
    assert "notifications_" not in answer.text


def test_with_a_token_only_its_bearer_gets_metrics(start_server, kind):
    site = start_server(kind, METRICS_TOKEN="scraper")
    assert ask(site, "/metrics").status == 403
    assert ask(site, "/metrics", Authorization="Bearer scrape").status == 403
    known = {"Authorization": "Bearer scraper", "X-Forwarded-For": "10.0.0.1", "Host": "a.example"}
    assert ask(site, "/metrics", **known).status == 200


def test_without_its_tables_a_process_is_not_ready_until_they_are_there(
    start_server, servers, new_database, kind
):
    with new_database() as url:
        site = start_server(kind, may_warn=True, DATABASE_URL=url)
        assert not is_ready(site)
        assert site.get("/readyz").json()["migrations"] == "missing"
        migrate = servers.manage("migrate", "--verbosity", "0", DATABASE_URL=url)
        assert migrate.wait() == 0, migrate.report()
        until(lambda: is_ready(site), "it is ready")
        stop(site)


def test_a_database_that_hangs_makes_it_unready_and_hangs_nothing(
    start_server, servers, new_database, kind
):
    with new_database() as url:
        migrate = servers.manage("migrate", "--verbosity", "0", DATABASE_URL=url)
        assert migrate.wait() == 0, migrate.report()
        site = start_server(kind, may_warn=True, DATABASE_URL=url)
        until(lambda: is_ready(site), "it is ready")
        with hanging(url):
            until(lambda: not is_ready(site), "it is not ready")
            assert site.get("/readyz").json()["database"] == "no answer"
        until(lambda: is_ready(site), "it is ready again")
        stop(site)


def test_a_writer_does_not_make_it_unready(site, alice):
    with transaction.atomic():
        alice.save()
        assert is_ready(site)


def test_without_its_channel_layer_it_is_degraded_and_stays_ready(start_server):
    site = start_server(KINDS[0], may_warn=True, REDIS_URL="redis://127.0.0.1:1")
    until(lambda: site.get("/readyz").json()["status"] == "degraded", "it is degraded")
    assert site.get("/readyz").json()["channel_layer"] == "no answer"
    assert is_ready(site)


def stop(site):
    """End a server while its database is still there."""
    assert site.stop() == 0


@pytest.fixture
def new_database(tmp_path):
    """An empty database of a server that nobody else uses, so that it may be stopped; its URL."""

    @contextmanager
    def make():
        if ON_SQLITE:
            yield f"sqlite:///{tmp_path}/own.sqlite3"
            return
        with postgresql.private_postgresql() as server:
            yield postgresql.create_database(server, "own")

    return make


@contextmanager
def hanging(url):
    """A database that takes questions and does not answer."""
    if ON_SQLITE:
        index = Path(url.removeprefix("sqlite:///") + "-shm")
        start, length = WAL_LOCKS
        with index.open("r+b") as file:
            lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
            fcntl.fcntl(file, fcntl.F_SETLKW, lock)
            yield
        return
    with postgresql.frozen(url):
        yield
