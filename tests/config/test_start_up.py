"""What a command need not wait for, since it does not use it."""

import os
import subprocess
import sys

from tests.config.test_environment import ROOT

# What an application server needs, or who has Redis.
HEAVY = {"redis", "prometheus_client", "channels_redis", "twisted", "uvicorn", "websockets"}
COMMANDS = f"""
import sys
from contextlib import suppress
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command, execute_from_command_line
call_command("migrate", verbosity=0)
call_command("check")
get_user_model().objects.create_user("alice")
call_command("notify", "Hello", user=["alice"])
with suppress(SystemExit):
    execute_from_command_line(["manage.py", "notify", "--help"])
print(*sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)
"""


def test_commands_load_neither_redis_nor_metrics_nor_servers(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        },
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "usage: manage.py notify" in ended.stdout
    assert ended.stderr.splitlines()[-1] == "", ended.stderr
