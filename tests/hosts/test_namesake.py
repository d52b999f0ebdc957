"""django-notifications-hq, which owns the module `notifications` and the label of our app too."""

import shutil

import pytest

from tests.hosts import journey
from tests.hosts.conftest import Host

# Where that one's files lie, and as much of them as it takes. The real one is not asked for, since
# tests need no index of packages.
THEIRS = {
    "__init__.py": "__version__ = '1.8.3'\n",
    "apps.py": "from django.apps import AppConfig\n"
    "class Config(AppConfig):\n    name = 'notifications'\n",
    "admin.py": "",
    "base/__init__.py": "",
    "base/models.py": "",
    "models.py": "",
    "urls.py": "app_name = 'notifications'\nurlpatterns = []\n",
    "migrations/__init__.py": "",
    "migrations/0001_initial.py": "",
    "migrations/0002_auto_20150224_1134.py": "",
    "templatetags/__init__.py": "",
    "templatetags/notifications_tags.py": "",
}
FORGED = """
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).ensure_schema()
MigrationRecorder(connection).record_applied('notifications', '0001_initial')
"""


def write_theirs(folder):
    for name, text in THEIRS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.mark.parametrize("ours_is_last", [True, False])
def test_both_in_one_folder_are_told_apart_by_name(tmp_path, installed, ours_is_last):
    site = tmp_path / "site"
    write_theirs(site / "notifications")
    shutil.copytree(installed, site, dirs_exist_ok=True)
    if not ours_is_last:
        write_theirs(site / "notifications")
    (tmp_path / "host").mkdir()
    host = Host(tmp_path / "host", site)
    journey.install(host)
    for command in ("check", "migrate"):
        said = host.run("manage.py", command)
        assert said.returncode == 1
        last = said.stderr.splitlines()[-1]
        assert "files of django-notifications-hq, which owns the module 'notifications'" in last
        assert "pip uninstall django-notifications-hq" in last


def test_a_database_that_the_other_one_was_migrated_in_is_told(host):
    journey.install(host)
    host.ask(FORGED)
    said = host.run("manage.py", "migrate")
    assert said.returncode == 1
    assert "notifications.E021" in said.stderr
    assert "Traceback" not in said.stderr
