"""Rows that were written around the model, over every transport: bob does not notice."""

import pytest
from django.db import connection

from notifications.models import Notification
from tests.sockets.conftest import over_all

BAD = {
    "actions of numbers": ("actions", "[1]"),
    "actions are an object": ("actions", '{"a": 1}'),
    "an action's url is null": ("actions", '[{"label": "Go", "url": null}]'),
    "data is null": ("data", "null"),
}


@pytest.fixture
def bad_ones(alice, sender):
    """In alice's inbox, each bad in its own way."""
    cast = "" if connection.vendor == "sqlite" else "::jsonb"
    pks = []
    for why, (column, value) in BAD.items():
        sender.send(why, alice.pk)
        pk = Notification.objects.get(title=why, items__inbox__user=alice).pk
        with connection.cursor() as cursor:
            table = Notification._meta.db_table
            cursor.execute(f"UPDATE {table} SET {column} = %s{cast} WHERE id = %s", (value, pk))
        pks.append(str(pk))
    return pks


@pytest.fixture
def warned(site):
    """What the server says of the rows is no complaint."""
    site.may_warn = True
    yield
    assert not site.new_complaints()
    site.may_warn = False


@over_all
def test_bad_rows_end_nobodys_stream(warned, bad_ones, site, connect, sender, alice, bob):
    hers, his = connect(alice, site).until_synced(), connect(bob, site).until_synced()
    assert {one["id"] for one in hers.state.listed()} == set(bad_ones)
    sender.send("Good", alice.pk, bob.pk)
    assert hers.until_revision(len(BAD) + 1).state.titles()[0] == "Good"
    assert his.until_revision(1).state.titles() == ["Good"]
    assert (hers.closed, his.closed) == (None, None)
