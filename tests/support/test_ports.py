"""Nobody is given a port that somebody else may take before it is listened on."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, listens

ASK = "from tests.support.ports import free_port; print(free_port(), flush=True); input()"


def ask():
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", ASK], stdin=pipe, stdout=pipe, text=True)


def test_processes_are_given_different_ports():
    own = free_port()
    with ask() as one, ask() as other:
        given = {own, int(one.stdout.readline()), int(other.stdout.readline())}
        assert len(given) == 3
        for process in (one, other):
            process.stdin.close()


def test_a_port_is_not_given_twice_in_a_row():
    assert len({free_port() for _ in range(100)}) == 100


def test_clients_are_given_none_of_them_by_the_kernel():
    first, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("utf-8").split()
    assert free_port() < int(first)


def test_a_port_in_use_is_passed_over():
    taken = free_port()
    with socket.socket() as listener:
        listener.bind((LOOPBACK, taken))
        listener.listen()
        assert listens(taken)
        # A whole round of this process's own ports.
        assert taken not in {free_port() for _ in range(200)}
