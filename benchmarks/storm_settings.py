"""The project's settings, with the ASGI application that benchmarks/storm.py asks for."""

import os

from config.settings import *  # noqa: F403

ASGI_APPLICATION = f"benchmarks.storm_app.{os.environ['STORM_APPLICATION']}"
