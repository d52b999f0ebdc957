"""The echo, judged by an outside suite of protocol cases (Autobahn's, which `kosoku` runs)."""

import pytest

from tests.support.ports import free_port, listens
from tests.support.processes import Processes

pytestmark = pytest.mark.django_db(transaction=True)

# Compression, which neither server offers, and messages above our 64 KiB.
LEFT_OUT = [
    "12.*",
    "13.*",
    *(f"9.{kind}.{n}" for kind in (1, 2) for n in range(2, 7)),
    *(f"9.{kind}.*" for kind in (3, 4, 5, 6)),
]
COMMANDS = {
    "uvicorn": lambda port: ["serve", "--port", str(port)],
    "daphne": lambda port: ["runserver", "--noreload", f"127.0.0.1:{port}"],
}


@pytest.mark.parametrize("server", COMMANDS)
def test_no_case_fails(server, tmp_path):
    port = free_port()
    with Processes(tmp_path) as processes:
        child = processes.manage(
            *COMMANDS[server](port),
            NOTIFICATIONS_ECHO_RATE_PER_S=1_000_000,
            NOTIFICATIONS_ECHO_LIFE_S=3600,
        )

        processes.until(lambda: listens(port), "the server listens")
        command = ["-m", "tests.support.conformance", f"ws://127.0.0.1:{port}/ws/echo/", *LEFT_OUT]
        suite = processes.run("conformance", command)
        assert suite.wait() == 0, suite.output()
        child.terminate()
    assert int(suite.output().split(" cases pass")[0].split()[-1]) > 250
