"""Settings, as far as Django's defaults and the app's do not do."""

from __future__ import annotations

import os
import secrets

# It signs nothing that outlives the process.
SECRET_KEY = secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "notifications",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "notifications.solo.urls"
ASGI_APPLICATION = "notifications.solo.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Whoever starts it makes the file's folder, and removes it.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SOLO_DATABASE", ""),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
CHANNEL_LAYERS = {"default": {"BACKEND": "notifications.push.memory_layer.MemoryLayer"}}
USE_TZ = True
NOTIFICATIONS_PING_INTERVAL_S = float(os.environ.get("SOLO_PING_INTERVAL_S", "25"))
# Everybody who comes belongs to who has started it, and all come from one address.
NOTIFICATIONS_HANDSHAKE_RATE_PER_MIN = 0
NOTIFICATIONS_API_KEY_RATE_PER_MIN = NOTIFICATIONS_API_USER_RATE_PER_MIN = 0
# They have left before it is told to end.
NOTIFICATIONS_DRAIN_S = 0.0
