"""A user is deleted while something of theirs is being made: the user goes, with all of it."""

import threading

import pytest
from django.db import DatabaseError, connection
from django.db.models.deletion import Collector

from accounts.models import User
from notifications.credentials import keys, tokens
from notifications.models import AccessToken
from tests.support.processes import until
from tests.support.waiting import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_token_that_is_made_meanwhile_keeps_no_user_from_going(alice, monkeypatch):
    row, _ = keys.make("shop", ["tokens"])
    collect = Collector.collect
    threads = []

    def make_token():
        try:
            tokens.issue(alice, origins=[], api_key=row)
        except DatabaseError:
            pass  # there is nobody any more whom it could be for
        finally:
            connection.close()

    def look_and_be_overtaken(self, *arguments, **options):
        found = collect(self, *arguments, **options)
        if not threads:
            threads.append(threading.Thread(target=make_token))
            threads[0].start()
            until(
                lambda: not threads[0].is_alive() or somebody_waits(), "the token is made, or waits"
            )
        return found

    monkeypatch.setattr(Collector, "collect", look_and_be_overtaken)
    pk = alice.pk
    User.objects.get(pk=pk).delete()
    threads[0].join(60)
    assert not User.objects.filter(pk=pk).exists()
    assert not AccessToken.objects.exists()
