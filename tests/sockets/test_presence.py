"""Who is online, by what server processes say of themselves as long as they live."""

import pytest

from notifications.models import Process
from notifications.push import presence
from tests.sockets.conftest import over_all
from tests.support.processes import until

# A list of users is at most so old; then it takes a moment on a busy machine.
SOON_S = presence.INBOXES_EVERY_S + 3
# A killed process is missed so soon.
KILLED_S = 5
BUSY_S = 1


@over_all
def test_who_has_a_stream_is_online_and_who_leaves_is_not(
    site, other_site, connect, alice, bob, charlie, transport
):
    both = [connect(alice, one).until_synced() for one in (site, other_site)]
    connect(bob, other_site).until_synced()
    # Charlie watches: on one site alone, which may be the later one to say so.
    all_three = {alice.pk, bob.pk, charlie.pk}
    until(lambda: presence.online(all_three) == all_three, "all are online", within_s=SOON_S)
    assert presence.online([alice.pk]) == {alice.pk}
    assert presence.online_count() >= 3
    everybody = {alice.pk, bob.pk}
    both[0].close()
    both[1].close()
    until(lambda: presence.online(everybody) == {bob.pk}, "alice has left", within_s=SOON_S)


def test_the_users_of_a_killed_process_are_offline_within_five_seconds(
    servers, kind, other_site, connect, alice, bob
):
    killed = servers.start(kind)
    connect(alice, killed, judges=False).until_synced()
    connect(bob, other_site).until_synced()
    everybody = {alice.pk, bob.pk}
    until(lambda: presence.online(everybody) == everybody, "both are online", within_s=SOON_S)
    killed.child.kill()
    gone = lambda: presence.online(everybody) == {bob.pk}  # noqa: E731
    until(gone, "only bob is online", within_s=KILLED_S + BUSY_S)


def test_processes_say_what_they_carry_and_the_dead_are_forgotten(site, connect, user):
    ghost = user("ghost")
    Process.objects.create(
        id="dead",
        started_at="2020-01-01T00:00Z",
        lease_until="2020-01-01T00:01Z",
        inboxes=presence.pack([ghost.notifications_inbox.pk]),
    )
    assert presence.online([ghost.pk]) == set()
    carried = lambda: [p for p in Process.objects.live() if p.streams.get("websocket")]  # noqa: E731
    until(carried, "a process says how many streams it has", within_s=SOON_S)
    assert presence.forget_old() >= 1
    assert not Process.objects.filter(id="dead").exists()
    assert Process.objects.live().exists()


@pytest.mark.parametrize("ids", [[], [7], [2**40, 3, 1]])
def test_ids_are_packed_and_come_back(ids):
    assert set(presence.unpack(presence.pack(ids))) == set(ids)
