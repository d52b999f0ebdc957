"""What PostgreSQL's reconciler looks at, and tells."""

import threading

import pytest
from django.db import OperationalError

from notifications.models import Epoch
from notifications.push.reconcilers.postgresql import PostgresqlReconciler
from tests.notifications.push.reconcilers.test_base import NotingHub, epoch_tag, inbox, send
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_what_is_new_or_was_hinted_is_told(alice, bob, settings):
    settings.NOTIFICATIONS_RECONCILE_S = 0.02
    hub = NotingHub(inbox(alice), inbox(bob))
    running = PostgresqlReconciler(hub)
    thread = threading.Thread(target=running._run, daemon=True)
    thread.start()
    at_first = [(epoch_tag(), pk, 0) for pk in (inbox(alice), inbox(bob))]
    until(lambda: hub.told.takes > 20, "many looks", within_s=30)
    assert sorted(hub.seen) == at_first
    for pk in (inbox(bob), -1):
        hub.told.learn(pk, epoch_tag(), 0)
    until(lambda: len(hub.seen) > 2, "what bob was hinted", within_s=30)
    looks = hub.told.takes
    until(lambda: hub.told.takes > looks + 20, "many more looks", within_s=30)
    assert hub.seen[2:] == [(epoch_tag(), inbox(bob), 0)]
    running.stop()
    thread.join(30)
    assert not thread.is_alive()
    hub.close()


def test_what_a_look_that_failed_should_have_told_the_next_one_tells(alice):
    gone = OperationalError("gone")
    errors = iter((None, None, gone, None, None, gone, None))

    class Failing(PostgresqlReconciler):
        def _rows(self, inbox_ids):
            rows = super()._rows(inbox_ids)
            if error := next(errors):
                raise error
            return rows

    hub = NotingHub(inbox(alice))
    running = Failing(hub)
    running._tell(running._wait_and_look())
    assert running._wait_and_look().rows == []
    hub.told.learn(inbox(alice), epoch_tag(), 0)
    with pytest.raises(OperationalError):
        running._wait_and_look()
    assert running._wait_and_look().rows == [(inbox(alice), 0)]
    assert running._wait_and_look().rows == []
    send(alice)
    with pytest.raises(OperationalError):
        running._wait_and_look()
    assert running._wait_and_look().rows == [(inbox(alice), 1)]
    hub.close()


def test_who_is_named_is_looked_at_and_nobody_else(alice, bob, charlie, settings):
    settings.NOTIFICATIONS_RECONCILE_S = 60
    hub = NotingHub(inbox(alice), inbox(bob))
    running = PostgresqlReconciler(hub)
    running._tell(running._wait_and_look())
    looked = []
    real = running._rows
    running._rows = lambda ids: looked.append(ids) or real(ids)
    send(alice)
    send(bob)
    running.look_at({inbox(alice), inbox(charlie)})
    assert running._wait_and_look().rows == [(inbox(alice), 1)]
    running.look_at({inbox(charlie)})
    assert running._wait_and_look() is None
    assert looked == [[inbox(alice)]]
    # What there is to read no stream waits for.
    until(lambda: len(hub.woken) == 2, "both were told", within_s=30)
    assert hub.woken == [{inbox(alice), inbox(charlie)}, {inbox(charlie)}]
    # What was read of alice is known; of bob it is told when all are looked at.
    running.poll_now()
    assert running._wait_and_look().rows == [(inbox(bob), 1)]
    hub.close()


def test_a_look_at_some_in_another_epoch_is_followed_by_one_at_all(alice, settings):
    settings.NOTIFICATIONS_RECONCILE_S = 60
    hub = NotingHub(inbox(alice))
    running = PostgresqlReconciler(hub)
    running._tell(running._wait_and_look())
    assert Epoch.renew(running._secret)
    running.look_at({inbox(alice)})
    assert running._wait_and_look() is None
    state = running._wait_and_look()
    assert (state.epoch_secret, state.rows) == (
        Epoch.objects.get().epoch_secret,
        [(inbox(alice), 0)],
    )
    hub.close()


@pytest.mark.parametrize("look", ["at all", "at some"])
def test_a_backup_put_back_before_a_look_saw_what_was_told_begins_a_new_epoch(alice, bob, look):
    hub = NotingHub(inbox(alice), inbox(bob))
    running = PostgresqlReconciler(hub)
    send(alice)
    running._tell(running._wait_and_look())
    before = epoch_tag()
    # Of another epoch, of what the database has, and of what it has not.
    hub.told.learn(inbox(bob), "another", 9)
    hub.told.learn(inbox(alice), before, 1)
    told = {(inbox(alice), 1), (inbox(bob), 0)}
    assert set(running._look_at_all().rows) == told
    hub.told.learn(inbox(alice), before, 2)
    if look == "at all":
        assert running._look_at_all() is None
    else:
        assert running._look_at_some([inbox(alice)]) is None
    assert epoch_tag() != before
    # Once is enough.
    running._tell(running._look_at_all())
    assert running._look_at_all().rows == []
    hub.close()
