"""Whatever holds a process that is told to end: it ends within its time, and says what held it."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from notifications.push.drain import ends_within_s
from tests.support import stubborn
from tests.support.bare import Bare
from tests.support.processes import Child, Processes, until
from tests.support.servers import DAPHNE, UVICORN, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STUBBORN = {"DJANGO_SETTINGS_MODULE": "tests.faults.stubborn_settings", "NOTIFICATIONS_DRAIN_S": 1}
# What a busy machine adds to the time that is promised.
LATE_S = 30
THREAD = "Held by thread notifications-database_0, at "
TASK = "Held by task swallow_cancellation, at "
LOOP = "Held by thread MainThread, at "
PLACE = " < support/stubborn.py:"


@pytest.fixture
def servers(transactional_db: None, tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path, **STUBBORN)
    yield servers
    servers.stop_all()


def must_have_said(child: Child, *lines: str) -> None:
    output = child.output()
    for line in lines:
        (said,) = (one for one in output.splitlines() if line in one)
        assert PLACE in said
    assert "Traceback" not in output


def test_servers_end_in_time_and_say_what_held_them(servers: Servers) -> None:
    sites = [servers.start(kind) for kind in (DAPHNE, UVICORN, UVICORN)]
    *slow, stopped = (site.child for site in sites)
    with ExitStack() as opened:
        for site, path in zip(sites, (stubborn.TASKS, stubborn.TASKS, stubborn.LOOP), strict=True):
            # The first that comes has the signals handled as by any server.
            assert site.get("/healthz").status == 200
            opened.enter_context(Bare(site.port)).request(path)
            until(lambda site=site: stubborn.HELD in site.child.output(), "it is held")  # type: ignore[misc]
        for child in (*slow, stopped):
            child.send(signal.SIGTERM)
        stopped.send(signal.SIGINT)
        assert stopped.wait(LATE_S) == 0
        assert [child.wait(ends_within_s() + LATE_S) for child in slow] == [0, 0]
    must_have_said(stopped, LOOP)
    for child in slow:
        must_have_said(child, THREAD, TASK)


@pytest.mark.parametrize("kind", [DAPHNE, UVICORN])
def test_a_handshake_that_is_under_way_in_the_end_is_refused_in_good_order(
    servers: Servers, kind: str
) -> None:
    site = servers.start(kind)
    with Bare(site.port) as bare:
        bare.ask_for_websocket(stubborn.HANDSHAKE)
        until(lambda: stubborn.HELD in site.child.output(), "it is held")
        site.child.send(signal.SIGTERM)
        head = bare.head()
        assert head.startswith("HTTP/1.1 503 ")
        assert "\r\nretry-after: " in head.lower()
    assert site.child.wait(LATE_S) == 0
    assert not site.new_complaints()


def test_a_dispatcher_ends_in_time_and_says_what_held_it(
    transactional_db: None, tmp_path: Path
) -> None:
    with Processes(tmp_path, may_warn=True) as processes:
        child = processes.manage("dispatcher", **STUBBORN, NOTIFICATIONS_DISPATCH_LEASE_S=1)
        processes.until(lambda: stubborn.HELD in child.output(), "it is held")
        assert child.terminate(LATE_S) == 0
        must_have_said(child, "Held by thread notifications-dispatcher, at ")
        child.log.write_text("")  # its complaint was the right one
