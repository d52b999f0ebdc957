"""The sdist and the wheel: all of the app, nothing else, and no more needed than they say."""

import re
import subprocess
import tarfile
import zipfile
from importlib import metadata
from signal import SIGTERM

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.hosts import journey
from tests.hosts.conftest import ROOT
from tests.support.ports import free_port

BUNDLES = ROOT / "bundles"
# Loaded where something asks for an extra.
EXTRAS = {
    "channels_redis", "daphne", "h11", "matplotlib", "prometheus_client", "psycopg", "psycopg_pool",
    "redis", "rich", "twisted", "uvicorn", "websockets",
}  # fmt: skip
# This project's own, and no part of the app.
OURS = {"axes", "config", "accounts", "csp", "whitenoise", "environ"}


def app():
    """The files of the app, as they lie in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "notifications"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def bundles():
    """What `make bundles` made, by the names that it has in the wheel."""
    made = [path for path in BUNDLES.rglob("*") if path.is_file()]
    assert len(made) > 20
    return {f"notifications/static/{path.relative_to(BUNDLES)}": path for path in made}


def test_the_wheel_has_all_of_the_app_and_nothing_else(built):
    (wheel,) = (built / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == app() | set(bundles())
    for name in (
        "py.typed",
        "static/notifications/elements.d.ts",
        "static/notifications/types.d.ts",
        "migrations/0001_initial.py",
        "templates/notifications/inbox.html",
        "static/notifications/define.js",
    ):
        assert f"notifications/{name}" in names


def test_the_sdist_has_what_the_wheel_is_built_from_and_nothing_else(built):
    (sdist,) = (built / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = {one.name.partition("/")[2] for one in file if one.isfile()}
    made = {"PKG-INFO", "setup.cfg"}
    rest = {name for name in names - app() - made if ".egg-info/" not in name}
    assert app() <= names
    made = {f"bundles/{path.relative_to(BUNDLES)}" for path in bundles().values()}
    assert rest == made | {"LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"}


def test_the_wheels_modules_and_styles_are_the_bundles(installed):
    for name, bundle in bundles().items():
        assert (installed / name).read_bytes() == bundle.read_bytes(), name


# What a process imports to serve, with whose package each is.
IMPORTED = """
import sys
from importlib.metadata import packages_distributions
from django.urls import get_resolver
from django.test import Client
import notifications, shop.asgi
get_resolver().url_patterns
notifications.send('Hello', to=notifications.everyone)
Client().get('/inbox/'), Client().get('/api/v1/inbox')
of = packages_distributions()
# What each Python loads where setuptools is.
names = {name.partition('.')[0] for name in sys.modules} - {'_distutils_hack'}
print(*sorted({one for name in names for one in of.get(name, ())}))
"""


def names_in(lines):
    """The packages that are required here, without extras."""
    asked = [Requirement(line) for line in lines or ()]
    return {
        canonicalize_name(one.name)
        for one in asked
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }


def needed(site):
    """What the installed app says that it needs, and what that needs, without extras."""
    (app,) = metadata.distributions(name="django-notification-inbox", path=[str(site)])
    found, waiting = set(), names_in(app.requires)
    assert len(waiting) <= 5
    while waiting:
        found |= waiting
        waiting = {need for one in waiting for need in names_in(metadata.requires(one))} - found
    return found


@pytest.fixture
def bare(host, installed):
    """A host in whose Python nothing is installed that a bare install does not bring."""
    hidden = sorted(EXTRAS | OURS)
    host.write(
        "sitecustomize.py",
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {hidden}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n",
    )
    host.environment["PYTHONPATH"] = f"{host.folder}:{installed}"
    host.changed = 0
    journey.install(host)
    return host


def test_a_bare_install_does_all_but_serve(bare, installed):
    assert bare.changed <= 10
    bare.ask(journey.SET_UP)
    assert "notifications.E" not in bare.run("manage.py", "check").stderr
    imported = {canonicalize_name(name) for name in bare.ask(IMPORTED).split()}
    assert {"django", "channels", "django-ninja"} <= imported
    # Where there is one, Python's own zoneinfo looks into it.
    allowed = needed(installed) | {"tzdata"}
    assert imported - {"django-notification-inbox"} <= allowed
    assert "1 recipient" in bare.manage("notify", "Hello", "--user", "alice")


def test_what_is_missing_is_said_in_a_sentence(bare):
    assert_asks_for("uvicorn", bare.run("manage.py", "serve"))
    assert_asks_for("compare", bare.run("manage.py", "compare_transports"))
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}
    bare.add("shop/settings.py", f"CHANNEL_LAYERS = {{'default': {layer}, 'publishing': {layer}}}")
    assert_asks_for("redis", bare.run("manage.py", "check"))


def assert_asks_for(extra, said):
    assert said.returncode == 1
    assert f"pip install 'django-notification-inbox[{extra}]'" in said.stderr
    assert "Traceback" not in said.stderr


def test_transports_are_compared_in_any_project_beside_what_it_has(host):
    journey.install(host)
    asked = ["--users=2", "--messages=2", "--mean-gap=0.1", "--interval=0.1"]
    said = host.manage("compare_transports", *asked, "--transport=websocket")
    assert re.search(r"(?m)^WebSocket +2 +0 +2 ", said)
    assert not (host.folder / "db.sqlite3").exists()


def test_runserver_is_djangos_own_where_there_is_no_daphne(bare):
    bare.ask(journey.SET_UP)
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = ["manage.py", "runserver", "--noreload", address]
    with journey.running(bare, *command, port=port, stopped_by=-SIGTERM):
        browser = journey.Browser(f"http://{address}")
        assert "From code" in browser.get("/inbox/")
        assert "customElements" in browser.get("/static/notifications/define.js")
    said = (bare.folder / f"{port}.log").read_text("utf-8")
    assert "no streams: pip install 'django-notification-inbox[daphne]'" in said
