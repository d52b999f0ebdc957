"""What a process counts of a notification's way is what the database holds of it."""

import re

from notifications.credentials import keys
from notifications.models import InboxItem
from tests.support.processes import until

NAMES = {"sent": "arrived_at", "delivered": "delivered_at", "seen": "seen_at", "read": "read_at"}


def counted(site):
    """Name with its labels -> value."""
    text = site.get("/metrics").body
    return {name: float(value) for name, value in re.findall(r"^(\S+) (\S+)$", text, re.MULTILINE)}


def risen(site, before):
    now = counted(site)
    return {name: now[name] - before.get(name, 0) for name in now if now[name] != before.get(name)}


def steps_of(user):
    items = InboxItem.objects.filter(inbox__user=user)
    return {step: items.exclude(**{field: None}).count() for step, field in NAMES.items()}


def test_each_step_is_counted_once_and_timed(start_server, kind, connect, sign_in, alice):
    # Nobody else's: what clients of other tests acknowledged is counted when it is written.
    site = start_server(kind)
    _, key = keys.make("shop", ["send:user"])
    before = counted(site)
    client = connect(alice, site).until_synced()
    for title in ("one", "two", "three"):
        body = {"title": title, "audience": {"users": [alice.username]}}
        assert site.call("POST", "/api/v1/notifications", key, body).status == 201
    client.until_revision(3)
    client.pong()
    until(lambda: steps_of(alice)["delivered"] == 3, "the client's word is written")
    session = sign_in(alice)
    ids = [*InboxItem.objects.filter(inbox__user=alice).values_list("notification_id", flat=True)]
    site.act(session, "seen", *ids[:2])
    site.act(session, "read", ids[2])
    client.until_revision(5)
    wanted = steps_of(alice)
    assert wanted == {"sent": 3, "delivered": 3, "seen": 3, "read": 1}

    def steps():
        now = risen(site, before)
        return {step: now.get(f'notifications_items_total{{step="{step}"}}', 0) for step in NAMES}

    until(lambda: steps() == wanted, "each step is counted once")
    client.close()
    ended = 'notifications_streams_ended_total{cause="client"}'
    until(lambda: ended in risen(site, before), "it is counted that the client went")
    now = risen(site, before)
    assert now['notifications_streams_opened_total{how="new",transport="websocket"}'] == 1
    assert now["notifications_commit_to_acknowledged_seconds_count"] == 3
    # What the database was quicker to tell of is not in it.
    hinted = now.get("notifications_commit_to_sent_seconds_count", 0)
    assert hinted >= 3 or now["notifications_hints_healed_total"] >= 1
    for timed in ("catch_up", "handshake", "dispatch_chunk"):
        assert now[f"notifications_{timed}_seconds_count"] >= 1


def test_a_connection_that_is_not_let_in_is_counted_by_why(site):
    before = counted(site)
    assert site.get("/api/v1/inbox/poll").status == 401
    refused = 'notifications_connections_refused_total{cause="signed_out"}'
    assert risen(site, before)[refused] == 1
