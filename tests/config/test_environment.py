"""A wrong value stops the start, with a message that names the variable."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import environment as env
from tests.support.forkserver import UNBUFFERED, run

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments, **variables):
    """Run manage.py with only these variables of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return run(["manage.py", *arguments], kept | UNBUFFERED | variables, ROOT)


@pytest.mark.parametrize(
    "read",
    [
        lambda: env.boolean("KNOB", default=True),
        lambda: env.integer("KNOB", 1, least=0, most=10),
        lambda: env.seconds("KNOB", 1, least=0, most=10),
        lambda: env.origins("KNOB"),
        lambda: env.redis_url("KNOB"),
        lambda: env.postgresql_url("KNOB"),
        lambda: env.script_name("KNOB"),
        lambda: env.database("KNOB", Path("x")),
        lambda: env.email("KNOB", "consolemail://"),
        lambda: env.choice("KNOB", "this", ("this", "that")),
    ],
    ids=[
        "boolean",
        "integer",
        "seconds",
        "origins",
        "redis",
        "postgresql",
        "script name",
        "database",
        "email",
        "choice",
    ],
)
@pytest.mark.parametrize("value", ["maybe", "1,5x", "ftp://x"])
def test_a_wrong_value_is_refused_by_name(read, value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB"):
        read()


@pytest.mark.parametrize("value", ["sqlite:////secret.db", "postgres://a:secret@h:x/d"])
def test_a_url_that_leads_to_no_postgresql_is_refused_and_not_repeated(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB") as refused:
        env.postgresql_url("KNOB")
    assert "secret" not in str(refused.value)
    for fine in ("", "postgres://a:secret@h:5432/d"):
        monkeypatch.setenv("KNOB", fine)
        assert env.postgresql_url("KNOB") == fine


@pytest.mark.parametrize("value", ["-1", "11", "1.5", ""])
def test_a_number_is_whole_and_in_its_range(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="a whole number from 0 to 10"):
        env.integer("KNOB", 1, least=0, most=10)


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1", "1e9"])
def test_a_duration_is_finite_and_in_its_range(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB"):
        env.seconds("KNOB", 1, least=0, most=10)


@pytest.mark.parametrize(
    "value", ["sqlite://:memory:", "sqlite:///", "mysql://x/y", "postgres://h"]
)
def test_a_database_is_a_file_or_postgresql(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB"):
        env.database("KNOB", Path("x"))


def test_a_database_url_that_is_refused_is_not_repeated(monkeypatch):
    monkeypatch.setenv("KNOB", "mysql://user:hunter2@host/name")
    with pytest.raises(ImproperlyConfigured) as refused:
        env.database("KNOB", Path("x"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False), (" true ", True)]
)
def test_a_boolean_is_said_in_several_ways(value, meant, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    assert env.boolean("KNOB", default=not meant) is meant


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("KNOB", " a.example , ,b.example")
    assert env.hosts("KNOB", ["x"]) == ["a.example", "b.example"]
    assert env.secrets("KNOB") == ["a.example", "b.example"]
    monkeypatch.setenv("KNOB", "https://a.example,http://b.example:8000")
    assert env.origins("KNOB") == ["https://a.example", "http://b.example:8000"]


GOOD_HOSTS = "*,a,.a.example,xn--bcher-kva.example,a_b.example,127.0.0.1,[::1],localhost"
GOOD_ORIGINS = "http://a,https://*.a.example,https://a.example:8443,http://[::1]:80,https://*"


@pytest.mark.parametrize(
    ("read", "values"),
    [(lambda: env.hosts("KNOB", []), GOOD_HOSTS), (lambda: env.origins("KNOB"), GOOD_ORIGINS)],
    ids=["hosts", "origins"],
)
def test_an_entry_of_a_list_that_is_well_formed_is_taken_as_it_is(read, values, monkeypatch):
    monkeypatch.setenv("KNOB", values)
    assert read() == values.split(",")


@pytest.mark.parametrize(
    "value",
    [
        "'a.example'", '"a.example"', "https://a.example", "a.example:8000", "a.example/", "a b",
        "['a.example']", "::1", "[a]", "a..b", "-a", "a.example;b.example", "*.a.example", "bücher",
    ],
)  # fmt: skip
def test_a_host_that_no_request_could_name_is_refused(value, monkeypatch):
    monkeypatch.setenv("KNOB", f"good.example,{value}")
    with pytest.raises(ImproperlyConfigured, match="KNOB: ") as refused:
        env.hosts("KNOB", [])
    assert repr(value) in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        "'https://a.example'", "https://a.example/", "https://a.example?", "https://a.example#",
        "https://u@a.example", "https://a.example:", "https://a.example:99999", "https://",
        "a.example", "wss://a.example", "https://a b", 'https://a.example"',
    ],
)  # fmt: skip
def test_an_origin_that_no_page_could_have_is_refused(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB: "):
        env.origins("KNOB")


@pytest.mark.parametrize("value", ["'hunter2'", '"hunter2"', "['hunter2']", "hunter2 hunter2"])
def test_a_secret_in_quotes_is_refused_and_not_repeated(value, monkeypatch):
    monkeypatch.setenv("KNOB", f"good,{value}")
    with pytest.raises(ImproperlyConfigured, match="KNOB: entry 2") as refused:
        env.secrets("KNOB")
    assert "hunter2" not in str(refused.value)


def test_a_path_is_never_taken_for_a_url(monkeypatch):
    path = "/srv/a#b?c%41+d e/db.sqlite3"
    monkeypatch.delenv("KNOB", raising=False)
    assert env.database("KNOB", Path(path))["NAME"] == path
    monkeypatch.setenv("KNOB", f"sqlite:///{quote(path)}")
    assert env.database("KNOB", Path("x"))["NAME"] == path


@pytest.mark.parametrize(
    "value",
    [
        "sqlite:////srv/a#b/db", "sqlite:////srv/a?b/db", "sqlite:////srv/100%/db", "sqlite://srv/db",
        "sqlite:db", "postgres://u:hunter2#@h/n", "postgres://u:hunter2%@h/n",
    ],
)  # fmt: skip
def test_a_url_that_would_lead_elsewhere_is_refused(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB") as refused:
        env.database("KNOB", Path("x"))
    assert "hunter2" not in str(refused.value)


def test_a_postgresql_url_is_what_libpq_takes_it_for(monkeypatch):
    monkeypatch.setenv("KNOB", "postgres://me:a+b%40%2F@[::1]:5433/n?sslmode=require")
    assert env.database("KNOB", Path("x")) == {
        "ENGINE": "django.db.backends.postgresql", "NAME": "n", "USER": "me", "PASSWORD": "a+b@/",
        "HOST": "::1", "PORT": "5433", "OPTIONS": {"sslmode": "require"},
    }  # fmt: skip
    monkeypatch.setenv("KNOB", "postgresql://me@%2Frun%2Fpostgresql/n")
    socket = env.database("KNOB", Path("x"))
    assert (socket["HOST"], socket["PORT"], socket["OPTIONS"]) == ("/run/postgresql", "", {})
    monkeypatch.setenv("KNOB", "postgres://first:1,second/n")
    assert env.database("KNOB", Path("x"))["PORT"] == "1,"


@pytest.mark.parametrize(
    "value", ["postgres://u:hunter2@h:99999/n", "postgres://u:hunter2@h:x/n", "postgres:n",
              "postgres://u:hunter2@h/n?pool=1"],
)  # fmt: skip
def test_what_libpq_does_not_take_is_refused(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB") as refused:
        env.database("KNOB", Path("x"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("scheme", "how", "port"),
    [
        ("smtp", {}, 25),
        ("smtp+tls", {"EMAIL_USE_TLS": True}, 587),
        ("smtp+ssl", {"EMAIL_USE_SSL": True}, 465),
    ],
)
def test_mail_goes_where_its_url_says(scheme, how, port, monkeypatch):
    smtp = how | {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    monkeypatch.setenv("KNOB", f"{scheme}://me%40home:a+b%2F@mail.example:2525")
    assert env.email("KNOB", "") == smtp | {
        "EMAIL_HOST": "mail.example", "EMAIL_PORT": 2525,
        "EMAIL_HOST_USER": "me@home", "EMAIL_HOST_PASSWORD": "a+b/",
    }  # fmt: skip
    monkeypatch.setenv("KNOB", f"{scheme}://[::1]/")
    assert env.email("KNOB", "") == smtp | {
        "EMAIL_HOST": "::1", "EMAIL_PORT": port, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "smtp://", "smtp://u:hunter2@:25", "smtp://u:hunter2@h:x", "smtp://u:hunter2@h:0",
        "smtp://u:hunter2@h:99999", "smtp://u:hunter2#@h", "smtp://u:hunter2%@h", "mail.example:25",
        "smtp://u:hunter2/@h", "smtp://u:hunter2?@h", "smtps://u:hunter2@h", "consolemail://h",
    ],
)  # fmt: skip
def test_a_mail_url_that_would_lead_elsewhere_is_refused(value, monkeypatch):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="KNOB") as refused:
        env.email("KNOB", "consolemail://")
    assert "hunter2" not in str(refused.value)


def test_a_checkout_whose_path_has_such_characters_keeps_its_database_there(tmp_path):
    checkout = tmp_path / "a#b?c%41+d"
    checkout.mkdir()
    for name in ("accounts", "notifications", "templates", "manage.py"):
        (checkout / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "config", checkout / "config", ignore=shutil.ignore_patterns("__py*"))
    ended = subprocess.run(
        [sys.executable, "-c", "import manage; manage.main()", "migrate", "-v", "0"],
        cwd=checkout, env={"PATH": os.environ["PATH"], "SECRET_KEY": "x"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (checkout / "var" / "db.sqlite3").stat().st_size > 0


def test_what_is_not_set_has_its_default(monkeypatch):
    monkeypatch.delenv("KNOB", raising=False)
    assert env.boolean("KNOB", default=True) is True
    assert env.integer("KNOB", 3, least=0, most=10) == 3
    assert env.hosts("KNOB", ["x"]) == ["x"]
    assert env.secrets("KNOB") == []
    assert env.redis_url("KNOB") is None
    assert env.database("KNOB", Path("/tmp/x.db"))["NAME"] == "/tmp/x.db"


def test_the_secret_key_comes_from_the_environment_then_from_the_file(monkeypatch, tmp_path):
    file = tmp_path / "secret_key"
    monkeypatch.delenv("KNOB", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"KNOB is not set and .*secret_key does not"):
        env.secret_key("KNOB", file, debug=False)
    file.write_text("from the file\n")
    assert env.secret_key("KNOB", file, debug=False) == "from the file"
    monkeypatch.setenv("KNOB", "from the environment")
    assert env.secret_key("KNOB", file, debug=False) == "from the environment"


def test_a_start_with_a_wrong_value_ends_with_one_line_that_names_it(tmp_path):
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    ended = manage(
        "check", SECRET_KEY="x", DATABASE_URL=database, NOTIFICATIONS_DISPATCH_LEASE_S="soon"
    )
    assert ended.returncode != 0
    assert ended.stderr.strip() == (
        "Settings: NOTIFICATIONS_DISPATCH_LEASE_S='soon' is not a number from 0.1 to 3600."
    )


def test_without_a_secret_key_and_without_debug_nothing_starts(tmp_path):
    # In a copy, since the checkout may have the key that `make run` made.
    for name in ("accounts", "notifications"):
        (tmp_path / name).symlink_to(ROOT / name)
    # Not by a link, or Python would take what lies beside the file that it leads to.
    shutil.copy(ROOT / "manage.py", tmp_path)
    shutil.copytree(ROOT / "config", tmp_path / "config")
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    assert "SECRET_KEY is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_sqlite_is_opened_so_that_commits_last_and_writers_wait(db, settings):
    if connection.vendor != "sqlite":
        assert settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] > 0
        return
    with connection.cursor() as cursor:
        pragmas = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 20_000]
    assert Path(settings.DATABASES["default"]["NAME"]).is_file()


@pytest.mark.database
def test_neither_setting_that_would_hurt_is_on(settings):
    assert settings.DATABASES["default"]["CONN_MAX_AGE"] == 0
    assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS")


@pytest.mark.parametrize("name", ["", "a b", "a;b", "__Host-shop", "caf\u00e9"])
def test_a_cookies_name_is_a_plain_word(monkeypatch, name):
    monkeypatch.setenv("KNOB", name)
    with pytest.raises(ImproperlyConfigured, match="KNOB"):
        env.cookie_name("KNOB", "sessionid")
    monkeypatch.setenv("KNOB", "shop-2_session")
    assert env.cookie_name("KNOB", "sessionid") == "shop-2_session"
