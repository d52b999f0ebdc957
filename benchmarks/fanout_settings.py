"""The project's settings, with the ASGI application that benchmarks/fanout.py measures."""

from config.settings import *  # noqa: F403

ASGI_APPLICATION = "benchmarks.fanout_app.application"
# What is broadcast stands in no database, which a heartbeat would find out.
NOTIFICATIONS_PING_INTERVAL_S = 600
