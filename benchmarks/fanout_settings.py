"""The project's settings, with the ASGI application that benchmarks/fanout.py asks for."""

import os

from config.settings import *  # noqa: F403

ASGI_APPLICATION = f"benchmarks.fanout_app.{os.environ['FANOUT_APPLICATION']}"
# What is broadcast stands in no database, which a heartbeat would find out.
NOTIFICATIONS_PING_INTERVAL_S = 600
