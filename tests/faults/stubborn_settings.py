"""The settings, with what holds a process that is to end (tests/support/stubborn.py)."""

from config.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.faults.stubborn_asgi.application"
NOTIFICATIONS_HOUSEKEEPING = ["tests.support.stubborn.wait_for_ever"]
