"""`docs/howto/run-in-production.md`, by its own units, proxy and lines of shell."""

import http.client
import re
import shlex
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.docs import markdown
from tests.sockets.conftest import ON_SQLITE
from tests.support.nginx import SHIPPED_NAME, Nginx, shipped
from tests.support.ports import free_port
from tests.support.processes import database_url, until
from tests.support.servers import UVICORN, Server
from tests.support.units import PAGE, Units, services, shell_lines

PORTS = ("8001", "8002")
# Both are answered whoever asks; the second does something, so it is not asked twice.
ASKED = {"GET": ("/accounts/login/", 200), "POST": ("/api/v1/notifications", 401)}


@pytest.fixture(scope="module")
def ports():
    return {one: free_port() for one in PORTS}


@pytest.fixture(scope="module")
def units(tmp_path_factory, ports, servers, redis):
    """The page's, all started; with them go the folder that the unit may write, and no other."""
    folder = tmp_path_factory.mktemp("units")
    state = Path(connection.settings_dict["NAME"]).parent if ON_SQLITE else folder
    environment = {
        "DATABASE_URL": database_url(),
        "ALLOWED_HOSTS": f"{SHIPPED_NAME},127.0.0.1",
        "NOTIFICATIONS_SERVER_PROCESSES": "2",
        "NOTIFICATIONS_DISPATCH_IN_SERVER": "0",
        "PYTHONUNBUFFERED": "1",
    }
    if redis is not None:
        environment["REDIS_URL"] = redis.url
    with Units(folder, ports, state, environment) as units:
        (begins,) = shell_lines("4. Processes", "systemctl")
        units.systemctl(begins)
        yield units


@contextmanager
def asking(port, method):
    """Ask without pause; the statuses, complete when the context is left."""
    path, _ = ASKED[method]
    found, stop = [], threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def ask():
        while not stop.is_set():
            asking = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
            asking.request(method, path, headers={"Host": SHIPPED_NAME})
            found.append(asking.getresponse().status)
            asking.close()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def test_the_units_may_write_what_they_must(units, ports, sender, sign_in, alice):
    pk = sender.send("Read me", alice.pk)
    for port, changed in zip(PORTS, (1, 0), strict=True):
        site = Server(UVICORN, units.running[f"notifications@{port}"], ports[port])
        assert site.act(sign_in(alice), "read", pk)["changed"] == changed


def test_a_new_version_is_no_moment_without_an_answer(units, ports):
    with (
        Nginx(ports["8001"], shipped(), other_server_port=ports["8002"]) as proxy,
        asking(proxy.port, "GET") as pages,
        asking(proxy.port, "POST") as posts,
    ):
        for line in shell_lines("A new version", "systemctl"):
            before = len(pages), len(posts)
            units.systemctl(line)
            until(lambda b=before: len(pages) > b[0] and len(posts) > b[1], "it is answered")
    assert set(pages) == {200}
    assert set(posts) == {401}
    assert not any("Traceback" in child.output() for child in units.running.values())


def test_with_sqlite_the_file_is_where_the_unit_may_write():
    server, _ = services()
    section = markdown.section(PAGE, "With SQLite")
    (url,) = re.findall(r"DATABASE_URL=(\S+)", section)
    folder = f"/var/lib/{server['StateDirectory']}"
    assert str(Path(urlsplit(url).path.removeprefix("/")).parent) == folder
    (made,) = shell_lines("With SQLite", "install")
    assert shlex.split(made)[-1] == folder
    assert f"-o {server['User']} " in made


def test_commands_make_files_of_the_user_of_the_unit():
    server, _ = services()
    for one in markdown.blocks(PAGE):
        if one.language == "sh":
            for line in re.findall(r"(?m)^.*manage\.py.*$", one.text):
                assert line.startswith(f"manage() {{ runuser -u {server['User']} -- .venv"), line
