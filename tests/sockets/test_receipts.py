"""A client's pong is the proof of delivery: it reaches the item, and nobody else's."""

from notifications.models import Inbox, InboxItem
from tests.support.processes import until


def delivered(user):
    items = InboxItem.objects.filter(inbox__user=user, delivered_at__isnull=False)
    return sorted(items.values_list("notification__title", flat=True))


def test_a_pong_says_that_it_was_delivered(site, connect, sender, alice, bob):
    client = connect(alice, site).until_synced()
    sender.send("Hello", alice.pk, bob.pk)
    client.until_revision(1)
    assert delivered(alice) == []
    client.pong()
    until(lambda: delivered(alice) == ["Hello"], "alice's client has said that it has it")
    assert delivered(bob) == []
    assert Inbox.objects.get(user=alice).revision == 1
    assert client.until_answered().state.revision == 1


def test_a_client_can_claim_no_more_than_it_was_sent(site, connect, sender, alice):
    client = connect(alice, site).until_synced()
    client.pong(revision=1000)
    client.until_answered()
    sender.send("later", alice.pk)
    client.until_revision(1)
    client.pong(epoch="another")
    client.until_answered()
    sender.send("last", alice.pk)
    client.until_revision(2)
    client.pong(revision=1)
    until(lambda: delivered(alice) == ["later"], "the first is delivered, and the last is not")


def test_the_cursor_that_a_client_comes_back_with_says_it_too(site, connect, sender, alice):
    first = connect(alice, site).until_synced()
    sender.send("Hello", alice.pk)
    first.until_revision(1)
    first.close()
    connect(alice, site, state=first.state).until_synced()
    until(lambda: delivered(alice) == ["Hello"], "the cursor has said that it was delivered")
