"""What a connection is given so that it can read anything is given to it once."""

import inspect
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

CONNECTIONS = 200
# Far more calls than a query takes inside each other, far fewer than connections.
DEPTH = 100


@pytest.fixture
def shallow():
    """Python gives up soon where calls stand inside each other."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + DEPTH)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.django_db(transaction=True)
def test_after_many_connections_a_read_costs_what_it_did(alice, request):
    for _ in range(CONNECTIONS):
        connection.close()
        connection.ensure_connection()
    request.getfixturevalue("shallow")
    assert get_user_model().objects.get(pk=alice.pk).date_joined == alice.date_joined
