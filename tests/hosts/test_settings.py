"""Settings that projects have, and keep: none of them stops a command."""

from tests.hosts import journey

SETTINGS = """
DATABASES["default"] |= {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
"""
TESTS = """
from django.contrib.auth import get_user_model
from django.test import TestCase

import notifications


class SendingTests(TestCase):
    def test_what_is_sent_is_in_the_inbox(self):
        user = get_user_model().objects.create_user("bob")
        with self.captureOnCommitCallbacks(execute=True):
            notifications.send("Three for two", to=user)
        self.client.force_login(user)
        self.assertContains(self.client.get("/inbox/"), "Three for two")
"""


def test_what_costs_more_than_meant_is_a_warning(host):
    journey.install(host)
    host.add("shop/settings.py", SETTINGS)
    host.ask(journey.SET_UP)
    said = host.run("manage.py", "check")
    assert said.returncode == 0
    for number in (16, 23):
        assert f"notifications.W0{number}" in said.stderr
    with journey.served(host) as origin:
        journey.taken(host, journey.Browser(origin))
    journey.is_gone(host)


def test_a_project_tests_what_it_sends_in_djangos_own_database_for_tests(host):
    journey.install(host)
    host.write("shop/tests.py", TESTS)
    said = host.run("manage.py", "test")
    assert said.returncode == 0, said.stderr
    assert "Ran 1 test" in said.stderr
