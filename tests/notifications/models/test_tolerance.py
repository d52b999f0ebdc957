"""What bears with bad values costs no connection anything, however often it is used."""

from django.db import connection

from notifications.models.tolerance import read_anything


def test_a_connection_that_was_taken_from_a_pool_thousands_of_times_reads_as_at_first(db):
    connection.ensure_connection()
    for _ in range(2000):  # Django says so each time
        read_anything(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        assert cursor.fetchone()[0] is not None
