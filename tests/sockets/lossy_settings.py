"""The settings, with a channel layer that does harm (tests/support/lossy_layer.py)."""

from config.settings import *  # noqa: F403

CHANNEL_LAYERS = {"default": {"BACKEND": "tests.support.lossy_layer.LossyLayer"}}
