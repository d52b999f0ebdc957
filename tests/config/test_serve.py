"""How server commands begin and end: what they say to a supervisor, and their exit status."""

import signal
import socket

import pytest

from tests.support.ports import free_port, listens
from tests.support.processes import Processes, until

pytestmark = pytest.mark.django_db(transaction=True)
COMMANDS = {
    "serve": lambda port: ("serve", "--port", str(port)),
    "runserver": lambda port: ("runserver", "--noreload", f"127.0.0.1:{port}"),
}
commands = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())


@pytest.fixture
def processes(tmp_path):
    with Processes(tmp_path, may_warn=True) as processes:
        yield processes


@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_supervisor_is_told_once_it_can_be_asked(processes, tmp_path, is_abstract):
    port, name = free_port(), f"{tmp_path}/told"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"\0{name}" if is_abstract else name)
        told.settimeout(60)
        address = f"@{name}" if is_abstract else name
        child = processes.manage(*COMMANDS["serve"](port), NOTIFY_SOCKET=address)
        assert told.recv(100) == b"READY=1"
        assert listens(port)
        assert child.terminate() == 0


def test_a_supervisor_that_has_gone_stops_nobody(processes, tmp_path):
    port = free_port()
    child = processes.manage(*COMMANDS["serve"](port), NOTIFY_SOCKET=f"{tmp_path}/gone")
    until(lambda: listens(port), "it listens")
    assert child.terminate() == 0
    assert "could not be told READY=1" in child.output()


def test_it_runs_on_the_event_loop_that_was_tested(processes, tmp_path):
    """Whatever else is installed where it runs."""
    (tmp_path / "uvloop.py").write_text("raise SystemExit('it was taken')")
    port = free_port()
    child = processes.manage(*COMMANDS["serve"](port), PYTHONPATH=tmp_path)
    until(lambda: listens(port), "it listens")
    assert child.terminate() == 0, child.report()


@commands
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_its_status_is_0(processes, command, number):
    port = free_port()
    child = processes.manage(*command(port))
    until(lambda: listens(port), "it listens")
    child.send(number)
    assert child.wait() == 0, child.report()
    assert "Traceback" not in child.output()


@commands
def test_where_the_port_is_taken_its_status_is_1(processes, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        child = processes.manage(*command(taken.getsockname()[1]))
        assert child.wait() == 1, child.report()
        assert "ddress already in use" in child.output()
        assert "Traceback" not in child.output()
        child.log.write_text("")  # its complaint was the right one


@commands
def test_where_a_setting_is_refused_its_status_is_1(processes, command):
    child = processes.manage(*command(free_port()), NOTIFICATIONS_DRAIN_S="soon")
    assert child.wait() == 1, child.report()
    assert "NOTIFICATIONS_DRAIN_S" in child.output()
    assert "Traceback" not in child.output()
