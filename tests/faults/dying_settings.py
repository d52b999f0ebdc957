"""The settings, with a layer that ends its process (tests/support/dying_layer.py)."""

from config.settings import *  # noqa: F403

CHANNEL_LAYERS = {"default": {"BACKEND": "tests.support.dying_layer.DyingLayer"}}
