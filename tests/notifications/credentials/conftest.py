import pytest
from django.test import Client

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(params=["db", "cached_db", "cache", "file", "signed_cookies"])
def engine(request, settings, tmp_path):
    """A session engine of Django's, in a project that names no finder."""
    del settings.NOTIFICATIONS_SESSION_FINDER
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return request.param


@pytest.fixture
def signed_in():
    """A client that is signed in as this user."""

    def act(user, backend=BACKEND):
        client = Client()
        client.force_login(user, backend=backend)
        return client

    return act
