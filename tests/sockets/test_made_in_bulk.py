"""Rows that code has made in bulk, which no signal tells of: a dispatcher finds them."""

from notifications.models import InboxItem, Notification, Status

MANY = 300


def make(many, *users):
    audience = {"audience_kind": "users", "audience_ids": [user.pk for user in users]}
    return Notification.objects.bulk_create(
        Notification(title=f"number {n}", status=Status.SENDING, **audience) for n in range(many)
    )


def test_they_all_arrive_in_order_and_once_at_each_socket(
    start_server, site, kind, connect, alice, bob
):
    # One dispatches beside serving; what it does reaches the other by Redis or by the database.
    busy = start_server(kind, NOTIFICATIONS_DISPATCH_IN_SERVER=1)
    clients = [connect(alice, where).until_synced() for where in [busy] * 4 + [site] * 2]
    other = connect(bob, busy).until_synced()
    titles = [one.title for one in make(MANY, alice)]
    make(1, bob)
    for client in clients:
        client.until_revision(MANY)
        frames = client.of_type("changes")
        told = [one for frame in frames for one in frame["notifications"]]
        assert [one["title"] for one in told] == titles
        assert [one["arrived_revision"] for one in told] == list(range(1, MANY + 1))
        assert client.state.counts == {"unread": MANY, "unseen": MANY}
    other.until_revision(1)
    assert InboxItem.objects.filter(inbox__user=alice).count() == MANY
