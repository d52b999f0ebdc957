import pytest


@pytest.fixture
def browser(client, alice):
    """Alice's, without JavaScript."""
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client
