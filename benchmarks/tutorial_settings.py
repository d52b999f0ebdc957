"""What the tutorial of Channels has in its settings, as far as a socket needs it."""

SECRET_KEY = "x" * 50
INSTALLED_APPS = ["channels"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
