"""The project's settings, with the ASGI application whose work is counted."""

from config.settings import *  # noqa: F403

ASGI_APPLICATION = "benchmarks.counted.application"
