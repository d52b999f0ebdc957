"""Waiting until a file is written to."""

import os
import resource

import pytest

from notifications.push.reconcilers.inotify import FolderWatch

# select() knows no higher number.
SELECT_MAX = 1024


@pytest.fixture
def numbers_taken():
    """As many files open as a busy server has sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    first = os.open(os.devnull, os.O_RDONLY)
    taken = [first]
    while taken[-1] < SELECT_MAX:
        taken.append(os.dup(first))
    yield
    for number in taken:
        os.close(number)


def test_it_waits_in_a_process_with_more_than_a_thousand_sockets(numbers_taken, tmp_path):
    watch = FolderWatch(tmp_path, "-wal")
    try:
        assert not watch.wait(0)
        (tmp_path / "db-wal").write_text("a page")
        assert watch.wait(30)
        watch.wake()
        assert not watch.wait(30)
    finally:
        watch.close()
