"""Access ends at once, though who ended it dies right after the commit, or has another clock."""

from __future__ import annotations

import signal
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.faults.scenarios import small_cluster
from tests.faults.test_clock import faked_clock
from tests.support.processes import until
from tests.support.servers import CSRF_COOKIE, SESSION_COOKIE
from tests.support.watchers import TRANSPORTS, WEBSOCKET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster
    from tests.support.watchers import Watcher

# A second, and what a busy machine may add; all streams are looked at after sixty.
SOON_S = 15


def are_sent_away(watchers: list[Watcher]) -> None:
    for watcher in watchers:
        sent_away = lambda w=watcher: w.verdict in {4001, 401}  # noqa: E731
        until(sent_away, f"{watcher} is sent away", within_s=SOON_S)


@pytest.mark.parametrize("how", ["deactivate", "sign out"])
def test_who_ends_access_dies_right_after_the_commit(start_cluster: StartCluster, how: str) -> None:
    cluster = small_cluster(start_cluster(), TRANSPORTS)
    (user,) = cluster.users
    dying = cluster.actor("revoke_and_die_before_publishing", how=how, user=user)
    assert dying.wait() == -signal.SIGKILL, dying.report()
    are_sent_away(cluster.watchers)


@pytest.mark.parametrize("ahead", ["-3m", "+3m"])
def test_clocks_differ(start_cluster: StartCluster, tmp_path: Path, ahead: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text(f"{ahead}\n", "utf-8")
    cluster = small_cluster(start_cluster(), [WEBSOCKET])
    cluster.start_servers(1, **faked_clock(clock))
    cluster.add_users(1)
    first, second = cluster.users
    for user, site in ((first, 1), (second, 0), (second, 1)):
        cluster.watch(user, WEBSOCKET, [site])
    cluster.wait_until_synced()
    # Wherever one signs out: by the clock that differs, and by the true one.
    for user, site in ((first, 1), (second, 0)):
        sign_out(cluster, user, site)
        are_sent_away([one for one in cluster.watchers if one.story.user == user])


def sign_out(cluster: Cluster, user: int, server: int) -> None:
    csrf = "csrf" * 8
    request = urllib.request.Request(
        f"http://127.0.0.1:{cluster.servers[server].port}/accounts/logout/",
        urllib.parse.urlencode({"csrfmiddlewaretoken": csrf}).encode(),
        {"Cookie": f"{CSRF_COOKIE}={csrf}; {SESSION_COOKIE}={cluster.session(user)}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert "/accounts/login/" in answer.url
