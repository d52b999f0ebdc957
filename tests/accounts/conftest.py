import pytest
from django.test import Client

from accounts import tokens
from accounts.models import Session


@pytest.fixture
def sign_in(password):
    """Posts the login form as a browser would; ``path`` adds a query, headers go to the request."""

    def post(client, name, word=password, *, path="/accounts/login/", **extra):
        return client.post(path, {"username": name, "password": word, **extra})

    return post


@pytest.fixture
def session_of():
    """Sign a user in; the session's row."""

    def create(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return Session.objects.get(pk=Session.row_key(client.session.session_key))

    return create


@pytest.fixture
def token_of(session_of):
    """Make a token for a user, by a session of theirs or by the key that is given."""

    def create(user, *origins, api_key=None):
        session = None if api_key else session_of(user)
        return tokens.issue(user, origins=origins, session=session, api_key=api_key)[0]

    return create
