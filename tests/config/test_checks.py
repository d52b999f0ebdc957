"""`manage.py check`: each rule finds what it is for; defaults and documented settings pass."""

import copy
import os
import re

import pytest
import redis
from django.core import checks
from django.core.mail.backends import console
from django.db import connection
from django.urls import include, path
from django.views.generic import RedirectView

from notifications.checks import storage
from tests.config.test_environment import manage
from tests.docs import markdown

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "/srv/db.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}
POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "notifications",
    "OPTIONS": {"pool": {"max_size": 10}},
}
OURS = {"BACKEND": "notifications.push.memory_layer.MemoryLayer"}
PUBSUB = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}
CORE = {"BACKEND": "channels_redis.core.RedisChannelLayer"}


def found(*, deploy=True, **which):
    """The ids of ours that are found."""
    said = checks.run_checks(include_deployment_checks=deploy, **which)
    assert all(one.hint for one in said if one.id.startswith(("notifications.", "accounts.")))
    return {one.id for one in said if one.id.startswith(("notifications.", "accounts."))}


@pytest.fixture(autouse=True)
def production(settings, monkeypatch):
    """Settings at which nothing is found."""
    # Not the whole of DATABASES, whose overriding Django warns of.
    monkeypatch.setitem(settings.DATABASES, "default", copy.deepcopy(SQLITE))
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.ALLOWED_HOSTS = ["notify.example"]
    settings.CHANNEL_LAYERS = {"default": OURS}
    # Which Django asks the database once: not these tests, where they are a process's first.
    monkeypatch.setitem(vars(connection.features), "supports_json_field", True)
    assert found() == set()


@pytest.fixture
def database(settings, monkeypatch):
    """Change the database's settings."""

    def change(base=SQLITE, **values):
        monkeypatch.setitem(settings.DATABASES, "default", copy.deepcopy(base) | values)

    return change


# --- Channel layer --------------------------------------------------------------------------------


def test_layers_that_lose_hints_or_sockets_are_told_of(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert found(deploy=False) == {"notifications.W023"}
    settings.CHANNEL_LAYERS = {"default": CORE}
    assert found(deploy=False) == {"notifications.W024"}


def test_the_core_layer_is_worse_with_redis_8(settings, monkeypatch):
    settings.CHANNEL_LAYERS = {"default": CORE}
    monkeypatch.setattr(redis, "__version__", "8.1.0")
    assert found() == {"notifications.W024", "notifications.W025"}
    settings.CHANNEL_LAYERS = {"default": PUBSUB, "publishing": PUBSUB}
    assert found() == set()


def test_a_layer_that_is_not_installed_is_an_error(settings):
    settings.CHANNEL_LAYERS = {"default": OURS, "publishing": {"BACKEND": "gone.layers.Layer"}}
    assert found() == {"notifications.E020"}


def test_a_redis_layer_publishes_by_a_second_one(settings):
    settings.CHANNEL_LAYERS = {"default": PUBSUB}
    assert found() == {"notifications.W002"}


# --- The project around the app -------------------------------------------------------------------


class Elsewhere:
    """Urls without ours."""

    urlpatterns = [path("home/", RedirectView.as_view(url="/"), name="home")]


class Beside(Elsewhere):
    """Urls with ours, and no page to sign in."""

    urlpatterns = [*Elsewhere.urlpatterns, path("", include("notifications.urls"))]


def test_the_urls_have_to_be_included(settings):
    settings.ROOT_URLCONF = Elsewhere
    assert found(deploy=False) == {"notifications.W020"}


@pytest.mark.parametrize("login_url", ["/accounts/login/", "accounts:login"])
def test_there_is_a_page_to_sign_in(settings, login_url):
    settings.ROOT_URLCONF = Beside
    settings.LOGIN_URL = login_url
    assert found(deploy=False) == {"notifications.W021"}
    for another in ("/home/", "home", "https://login.example/"):
        settings.LOGIN_URL = another
        assert found(deploy=False) == set()


@pytest.mark.parametrize("first", [True, False])
def test_of_two_commands_of_one_name_one_is_hidden(settings, tmp_path, monkeypatch, first):
    commands = tmp_path / "shop" / "management" / "commands"
    commands.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").touch()
    for name in ("doctor", "runserver", "sell"):
        (commands / f"{name}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    apps = settings.INSTALLED_APPS
    settings.INSTALLED_APPS = ["shop", *apps] if first else [*apps, "shop"]
    assert found(deploy=False) == {"notifications.W022"}
    (said,) = (one for one in checks.run_checks() if one.id == "notifications.W022")
    hides = "of 'shop', which hides that of notifications"
    assert (hides if first else "of 'notifications', which hides that of shop") in said.msg


# --- Database -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "id_"),
    [
        ({"ENGINE": "django.db.backends.mysql"}, "notifications.E004"),
        ({"NAME": ":memory:"}, "notifications.E007"),
        ({"NAME": "file:x?mode=memory&cache=shared"}, "notifications.E007"),
        ({"OPTIONS": SQLITE["OPTIONS"] | {"transaction_mode": None}}, "notifications.W016"),
        ({"OPTIONS": SQLITE["OPTIONS"] | {"transaction_mode": "deferred"}}, "notifications.W016"),
    ],
)
def test_a_database_that_would_break_promises_is_found(database, values, id_):
    database(**values)
    assert found(deploy=False) == {id_}


def test_pages_that_hold_the_write_lock_are_warned_of(database):
    database(ATOMIC_REQUESTS=True)
    assert found() == {"notifications.W019"}
    database(ATOMIC_REQUESTS=True, OPTIONS=SQLITE["OPTIONS"] | {"transaction_mode": "DEFERRED"})
    assert found() == {"notifications.W016"}
    database(POSTGRESQL, ATOMIC_REQUESTS=True, CONN_MAX_AGE=60)
    assert found() == set()


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        ("PRAGMA journal_mode=WAL;PRAGMA synchronous=EXTRA", set()),
        ("pragma journal_mode = wal", {"notifications.W004"}),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", {"notifications.W004"}),
        ("PRAGMA synchronous=FULL", {"notifications.W003"}),
        (None, {"notifications.W003", "notifications.W004"}),
    ],
)
def test_sqlite_keeps_a_log_and_waits_for_the_disk(database, command, ids):
    database(OPTIONS=SQLITE["OPTIONS"] | {"init_command": command})
    assert found() == ids
    assert found(deploy=False) == set()


def test_an_sqlite_without_full_text_is_told_of(database, monkeypatch):
    monkeypatch.setattr(storage, "FULL_TEXT", "of no such module")
    assert found(deploy=False) == {"notifications.W026"}
    database(POSTGRESQL)
    assert "notifications.W026" not in found(deploy=False)


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("ext4", set()), ("nfs4", {"notifications.W005"}), ("fuse.sshfs", {"notifications.W005"})],
)
def test_sqlite_on_another_machines_disk_is_found(tmp_path, monkeypatch, database, kind, ids):
    table = tmp_path / "mounts"
    table.write_text(f"dev / ext4 rw 0 0\nhost:/x {tmp_path}/net\\040disk {kind} rw 0 0\n", "utf-8")
    monkeypatch.setattr(storage, "MOUNTS", table)
    database(NAME=tmp_path / "net disk" / "db.sqlite3")
    assert found() == ids
    database(NAME=tmp_path / "db.sqlite3")
    assert found() == set()


def test_where_the_kernel_tells_of_no_mounts_nothing_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "none")
    assert found() == set()


def test_the_sockets_threads_leave_connections_to_the_pages(settings, database):
    database(POSTGRESQL)
    settings.NOTIFICATIONS_DATABASE_THREADS = 9
    assert found() == set()
    settings.NOTIFICATIONS_DATABASE_THREADS = 10
    assert found() == {"notifications.W006"}


@pytest.mark.django_db
def test_all_pools_together_fit_the_server(settings, database):
    if connection.vendor == "sqlite":
        settings.NOTIFICATIONS_SERVER_PROCESSES = 1000
        assert found(databases=["default"]) == set()
        return
    database(POSTGRESQL)
    settings.NOTIFICATIONS_SERVER_PROCESSES = 2
    settings.CHANNEL_LAYERS = {"default": PUBSUB, "publishing": PUBSUB}
    assert found(databases=["default"]) == set()
    settings.NOTIFICATIONS_SERVER_PROCESSES = 1000
    assert found() == set()
    assert found(databases=["default"]) == {"notifications.W007"}


def test_a_postgresql_that_is_not_there_is_told_without_a_traceback():
    done = manage(
        "check", "--deploy", "--database", "default",
        SECRET_KEY="k" * 60, DATABASE_TIMEOUT_S="1",
        DATABASE_URL="postgres://nobody:hunter2@127.0.0.1:9/nothing",
    )  # fmt: skip
    assert done.returncode == 1
    assert "notifications.E009" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


# --- Serving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "ids"),
    [
        (60, {"notifications.W008"}),
        (59, set()),
        (22, set()),
        (21.9, {"notifications.W009"}),
    ],
)
def test_heartbeats_suit_proxies_and_slow_clients(settings, seconds, ids):
    settings.NOTIFICATIONS_PING_INTERVAL_S = seconds
    assert found() == ids
    assert found(deploy=False) == set()


def test_debug_in_several_processes_is_found(settings):
    settings.DEBUG = True
    assert found() == set()
    settings.NOTIFICATIONS_SERVER_PROCESSES = 2
    assert found() == {"notifications.W010"}


def test_errors_of_the_api_are_problems_also_those_of_csrf(settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "ProblemMiddleware" not in one]
    assert found() == {"notifications.W017"}
    settings.MIDDLEWARE.append("notifications.wire.problems.ProblemMiddleware")
    assert found() == {"notifications.W017"}


# --- Credentials ----------------------------------------------------------------------------------


def test_cors_is_around_what_answers_with_errors(settings):
    cors = "notifications.credentials.cors.CorsMiddleware"
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != cors]
    assert found(deploy=False) == set(), "no page of another origin is let in"
    settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example"]
    assert found(deploy=False) == {"notifications.E014"}
    settings.MIDDLEWARE.append(cors)
    assert found(deploy=False) == {"notifications.E014"}


@pytest.mark.parametrize(
    ("origin", "ids"),
    [
        ("https://shop.example", set()),
        ("https://*.shop.example", {"notifications.W012"}),
        ("https://*.example", {"notifications.W012", "notifications.E015"}),
        ("https://*", {"notifications.W012", "notifications.E015"}),
        ("https://*:8443", {"notifications.W012", "notifications.E015"}),
    ],
)
def test_origins_with_wildcards_are_found(settings, origin, ids):
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    assert found() == ids


def test_any_host_is_no_host(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert found() == {"notifications.W013"}


# --- Accounts -------------------------------------------------------------------------------------


def test_sessions_are_ours(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    assert found(deploy=False) == {"accounts.E001"}


def test_a_cookie_for_other_sites_pages_needs_https(settings):
    settings.SESSION_COOKIE_SAMESITE = "None"
    assert found(deploy=False) == {"accounts.E002"}
    settings.SESSION_COOKIE_SECURE = True
    assert found(deploy=False) == set()


def test_a_session_cookie_belongs_to_one_host(settings):
    settings.SESSION_COOKIE_NAME = "sessionid"
    assert found() == {"accounts.W001"}


def test_mail_reaches_somebody(settings):
    settings.EMAIL_BACKEND = f"{console.__name__}.EmailBackend"
    assert found() == {"accounts.W002"}


# --- As a whole -----------------------------------------------------------------------------------


def documented_environment(tmp_path):
    page = (markdown.DOCS / "howto" / "run-in-production.md").read_text("utf-8")
    ini = next(
        one.text
        for one in markdown.blocks(page)
        if one.language == "ini" and "ALLOWED_" in one.text
    )
    values = dict(line.split("=", 1) for line in ini.split())
    # What `collectstatic` writes.
    (tmp_path / "staticfiles.json").write_text("{}")
    # The one value that the page asks its reader to make, by the line that it shows.
    assert values["SECRET_KEY"] == "a-long-random-text"
    return values | {"SECRET_KEY": os.urandom(40).hex(), "STATIC_ROOT": str(tmp_path)}


def test_static_files_have_to_be_collected(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    assert found() == {"notifications.W015"}
    (tmp_path / "staticfiles.json").write_text("{}")
    assert found() == set()


def test_the_documented_production_settings_pass_without_a_warning(tmp_path):
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING", **documented_environment(tmp_path)
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"no issues", done.stdout)


def test_the_defaults_pass_without_a_warning(tmp_path):
    done = manage(
        "check", "--fail-level", "WARNING",
        SECRET_KEY="key", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_by_https_cookies_are_secure_and_http_is_sent_there(tmp_path):
    done = manage(
        "shell", "-c",
        "from django.test import Client\n"
        "path = '/accounts/login/'\n"
        "plain, by_tls = Client().get(path), Client().get(path, secure=True)\n"
        "print(plain.status_code, plain['Location'], by_tls['Strict-Transport-Security'])\n"
        "print(by_tls.cookies['notifications_csrf']['secure'])\n"
        "from django.conf import settings\n"
        "print(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE)",
        SECRET_KEY="k" * 60, HTTPS="1", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
        ALLOWED_HOSTS="testserver",
    )  # fmt: skip
    assert done.stdout.splitlines()[-3:] == [
        "301 https://testserver/accounts/login/ max-age=31536000",
        "True",
        "__Host-notifications_session True",
    ], done.stderr


@pytest.mark.parametrize(
    ("set_to", "said"),
    [
        ({}, "notifications_session / None Lax"),
        ({"HTTPS": "1"}, "__Host-notifications_session / None Lax"),
        ({"FORCE_SCRIPT_NAME": "/notify"}, "notifications_session /notify None Lax"),
        (
            {"FORCE_SCRIPT_NAME": "/n", "SESSION_COOKIE_PATH": "/"},
            "notifications_session / None Lax",
        ),
        (
            {"HTTPS": "1", "SESSION_COOKIE_DOMAIN": "shop.example", "SESSION_COOKIE_NAME": "shop"},
            "__Secure-shop / shop.example Lax",
        ),
        (
            {"HTTPS": "1", "SESSION_COOKIE_SAMESITE": "None"},
            "__Host-notifications_session / None None",
        ),
    ],
)
def test_the_sessions_cookie_is_named_and_sent_as_it_is_set(tmp_path, set_to, said):
    done = manage(
        "shell", "-v", "0", "-c",
        "from django.conf import settings\n"
        "names = ('NAME', 'PATH', 'DOMAIN', 'SAMESITE')\n"
        "print(*(getattr(settings, f'SESSION_COOKIE_{name}') for name in names))",
        SECRET_KEY="k" * 60, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3", **set_to,
    )  # fmt: skip
    assert done.stdout.splitlines() == [said], done.stderr


# --- Whose site it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SITE_NAME", "", "E030"),
        ("SITE_NAME", "two\nlines", "E030"),
        ("SITE_NAME", "x" * 61, "E030"),
        ("SITE_ACCENT", "blue", "E031"),
        ("SITE_ACCENT", "#0b57d", "E031"),
        ("SITE_LOGO", "https://elsewhere.example/logo.png", "E032"),
        ("SITE_LOGO", "//elsewhere.example/logo.png", "E032"),
        ("SITE_ACCENT", "#ffcc00", "W030"),
        ("SITE_LOGO", "acme/missing.svg", "W031"),
    ],
)
def test_an_identity_that_cannot_be_shown_is_told_of(settings, name, value, expected):
    setattr(settings, f"NOTIFICATIONS_{name}", value)
    assert found() == {f"notifications.{expected}"}


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"billing": True},
        {"Billing!": {}},
        {7: {}},
        {"billing": {"mail": True}},
        {"billing": {"toast": "yes"}},
        {"billing": {"is_locked": True, "inbox": False}},
    ],
)
def test_preferences_that_would_not_hold_are_told_of(settings, said):
    settings.NOTIFICATIONS_PREFERENCES = said
    assert found() == {"notifications.E033"}


def test_preferences_of_a_project_pass(settings):
    settings.NOTIFICATIONS_PREFERENCES = {
        "*": {"desktop": False},
        "billing": {"sound": True, "is_locked": True},
        "tips": {"inbox": False},
    }
    assert found() == set()


def test_an_identity_of_a_project_passes(settings):
    settings.NOTIFICATIONS_SITE_NAME = "Müller & Söhne"
    settings.NOTIFICATIONS_SITE_ACCENT = "#7b2d8b"
    for logo in ("/media/logo.svg", "notifications/icon.svg"):
        settings.NOTIFICATIONS_SITE_LOGO = logo
        assert found() == set()
