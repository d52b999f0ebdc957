"""The project's settings, with the ASGI application whose work benchmarks/cores.py counts."""

from config.settings import *  # noqa: F403

ASGI_APPLICATION = "benchmarks.counted.application"
