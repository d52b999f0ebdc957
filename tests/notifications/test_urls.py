"""What a project gets that includes our urls."""

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import URLResolver

from notifications.inbox import reading
from notifications.urls import urlpatterns


def views(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        else:
            yield pattern.callback


def test_none_of_our_views_is_one_transaction():
    found = list(views(urlpatterns))
    assert len(found) > 10
    assert all("default" in view._non_atomic_requests for view in found)


@pytest.mark.django_db(transaction=True)
def test_a_page_is_read_without_one_in_a_project_that_has_them_everywhere(alice, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    seen, page = [], reading.page

    def noting(*args, **options):
        seen.append(connection.in_atomic_block)
        return page(*args, **options)

    monkeypatch.setattr(reading, "page", noting)
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/inbox/", "/api/v1/inbox"):
        assert client.get(path).status_code == 200
    assert False in seen
    assert True not in seen
