"""The project's settings, with the ASGI application that benchmarks/fanout.py asks for."""

import os

from config.settings import *  # noqa: F403

ASGI_APPLICATION = f"benchmarks.fanout_app.{os.environ['FANOUT_APPLICATION']}"
