"""Processes that live are known by their leases, whatever happens to the clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Process
from notifications.push import presence

pytestmark = pytest.mark.django_db


def lease(name, **ends_in):
    now = timezone.now()
    users = presence.pack([7])
    until = now + timedelta(**ends_in)
    return Process.objects.create(id=name, started_at=now, lease_until=until, inboxes=users)


def test_a_lease_from_before_the_clock_was_set_back_is_that_of_a_dead_process():
    lease("dead", hours=1)
    assert presence.online([7]) == set()
    assert presence.forget_old() == 1
    assert not Process.objects.exists()


def test_a_process_lives_as_long_as_its_lease():
    lease("alive", seconds=4)
    assert presence.online_count() == 1
    assert presence.forget_old() == 0
