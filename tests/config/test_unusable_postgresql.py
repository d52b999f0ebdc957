"""PostgreSQL may keep text in another encoding, or take no writes: then it is refused by name."""

import io
import re

import psycopg
import pytest
from django.core import checks
from django.core.management import call_command
from django.db.backends.postgresql import psycopg_any

from notifications.models import InboxItem
from tests.config.test_environment import manage
from tests.config.test_unusable_database import ASK
from tests.support.pgbouncer import pgbouncer
from tests.support.ports import free_port
from tests.support.processes import database_url

ASK_READINESS = "import json; from config import health; print(json.dumps(health._ask_database()))"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_is_not_utf_8_is_refused(db, encoding):
    name = f"in_{encoding.lower()}"
    with psycopg.connect(database_url(), autocommit=True) as opened:
        opened.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
    try:
        url = f"{database_url().rpartition('/')[0]}/{name}"
        migrated = manage("migrate", SECRET_KEY="k" * 60, DATABASE_URL=url)
        asked = manage("shell", "-c", ASK_READINESS, SECRET_KEY="k" * 60, DATABASE_URL=url)
    finally:
        with psycopg.connect(database_url(), autocommit=True) as opened:
            opened.execute(f"DROP DATABASE {name}")
    assert migrated.returncode == 1
    assert "notifications.E012" in migrated.stderr
    assert encoding in migrated.stderr
    assert '"database": "not UTF-8"' in asked.stdout
    assert encoding in asked.stderr


def test_a_postgresql_that_only_reads_is_named(db):
    url = f"{database_url()}?options=-c%20default_transaction_read_only%3Don"
    variables = {"SECRET_KEY": "k" * 60, "DATABASE_URL": url, "ALLOWED_HOSTS": "testserver"}
    checked = manage("check", "--database", "default", **variables)
    asked = manage("shell", "-c", ASK, **variables)
    assert "notifications.E013" in checked.stderr
    assert '"database": "read-only"' in asked.stdout
    assert "default_transaction_read_only is on" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_where_nothing_is_heard_the_check_and_the_doctor_say_why(transactional_db, settings):
    def warned():
        found = checks.run_checks(include_deployment_checks=True, databases=["default"])
        return [one.msg + one.hint for one in found if one.id == "notifications.W001"]

    def examined():
        out = io.StringIO()
        call_command("doctor", stdout=out)
        assert out.getvalue().endswith("All is well.\n")
        return out.getvalue()

    assert warned() == []
    assert "at once, by PostgreSQL's LISTEN." in examined()
    with pgbouncer(database_url()) as settings.NOTIFICATIONS_LISTEN_DATABASE:
        (said,) = warned()
        assert "DATABASE_LISTEN_URL" in said
        assert "commits within 0.5 s: what is notified does not come through." in examined()
        settings.NOTIFICATIONS_LISTEN = False
        assert warned() == []
        assert "commits" not in examined()
    settings.NOTIFICATIONS_LISTEN = True
    settings.NOTIFICATIONS_LISTEN_DATABASE = f"postgres://a:secret@127.0.0.1:{free_port()}/x"
    (said,) = warned()
    assert "refused" in said
    assert "secret" not in said


def test_what_cannot_be_listened_by_is_named(db, settings, monkeypatch):
    def found():
        return {one.id for one in checks.run_checks(include_deployment_checks=True)}

    settings.NOTIFICATIONS_LISTEN_DATABASE = "secret nonsense"
    assert "notifications.E016" in found()
    settings.NOTIFICATIONS_LISTEN_DATABASE = ""
    assert not {"notifications.E016", "notifications.W018"} & found()
    monkeypatch.setattr(psycopg_any, "is_psycopg3", False)
    assert "notifications.W018" in found()
    settings.NOTIFICATIONS_LISTEN = False
    assert "notifications.W018" not in found()


def test_behind_a_pooler_it_works_and_the_role_is_told_to_be_given_its_parameters(
    transactional_db, alice
):
    def found(url):
        variables = {"SECRET_KEY": "k" * 60, "DATABASE_URL": url}
        return manage("check", "--deploy", "--database", "default", **variables).stderr

    with pgbouncer(database_url()) as url:
        sent = manage(
            "notify", "Hello", "--user", alice.username, SECRET_KEY="k" * 60, DATABASE_URL=url
        )
        assert (sent.returncode, sent.stderr) == (0, "")
        warned = found(url)
    assert InboxItem.objects.count() == 1
    assert "notifications.W011" in warned
    assert "notifications.W011" not in found(database_url())
    acts = re.findall(r"ALTER ROLE … (SET \w+ = '\w+');", warned)
    assert len(acts) == 3
    with psycopg.connect(database_url(), autocommit=True) as own:
        try:
            for act in acts:
                own.execute(f"ALTER ROLE CURRENT_USER {act}")
            with pgbouncer(database_url()) as url:
                assert "notifications.W011" not in found(url)
        finally:
            own.execute("ALTER ROLE CURRENT_USER RESET ALL")
