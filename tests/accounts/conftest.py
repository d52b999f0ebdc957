import pytest


@pytest.fixture
def sign_in(password):
    """Posts the login form as a browser would; ``path`` adds a query, headers go to the request."""

    def post(client, name, word=password, *, path="/accounts/login/", **extra):
        return client.post(path, {"username": name, "password": word, **extra})

    return post
