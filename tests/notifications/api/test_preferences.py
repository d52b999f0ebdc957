"""What people choose, over the API."""

import pytest
from django.test import Client

from notifications.inbox import reading
from notifications.models import InboxRule, Preferences

URL = "/api/v1/preferences"
QUIET = {"days": [4, 0], "from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}


@pytest.fixture
def api(alice):
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def patch(api, **body):
    return api.patch(URL, body, content_type="application/json")


def test_at_first_nothing_is_chosen(api):
    chosen = api.get(URL).json()
    assert (chosen["toast_s"], chosen["keys"], chosen["theme"]) == (8, True, "auto")
    assert (chosen["quiet"], chosen["mutes"]) == (None, [])
    assert chosen["categories"]["*"] == {
        "inbox": True, "toast": True, "desktop": True, "sound": False, "is_locked": False,
    }  # fmt: skip
    assert not Preferences.objects.exists()


def test_what_is_given_is_changed_and_the_rest_stays(api, alice):
    before = reading.head(alice.pk).revision
    answer = patch(api, toast_s=None, quiet=QUIET, categories={"news": {"sound": True}})
    assert answer.status_code == 200
    assert patch(api, keys=False, categories={"news": {"inbox": False}}).status_code == 200
    chosen = api.get(URL).json()
    assert (chosen["toast_s"], chosen["keys"]) == (None, False)
    assert chosen["quiet"] == QUIET | {"days": [0, 4]}
    assert (chosen["categories"]["news"]["sound"], chosen["categories"]["news"]["inbox"]) == (
        True,
        False,
    )
    assert reading.head(alice.pk).revision == before + 2
    patch(api, keys=False)
    assert reading.head(alice.pk).revision == before + 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"toast_s": 9},
        {"theme": "pink"},
        {"keys": None},
        {"quiet": QUIET | {"zone": "Mars/Base"}},
        {"quiet": QUIET | {"from": "24:00"}},
        {"quiet": QUIET | {"days": []}},
        {"categories": {"No!": {"toast": True}}},
        {"categories": {"news": {"mail": True}}},
        {"more": 1},
    ],
)
def test_what_makes_no_sense_is_refused(api, body):
    assert patch(api, **body).status_code == 422
    assert not Preferences.objects.exists()


def test_mutes_are_added_once_and_taken_back(api, alice, bob):
    for _ in range(2):
        answer = api.post(
            f"{URL}/mutes", {"kind": "sender", "value": "Robot"}, content_type="application/json"
        )
        assert answer.status_code == 200
    assert [(one["kind"], one["value"]) for one in answer.json()["mutes"]] == [("sender", "Robot")]
    other = Client()
    other.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert other.delete(f"{URL}/mutes?kind=sender&value=Robot").status_code == 200
    assert InboxRule.objects.count() == 1
    assert api.delete(f"{URL}/mutes?kind=sender&value=Robot").json()["mutes"] == []


def test_what_is_locked_is_a_conflict(api, settings):
    settings.NOTIFICATIONS_PREFERENCES = {"billing": {"is_locked": True}}
    asked = {"kind": "category", "value": "billing"}
    assert api.post(f"{URL}/mutes", asked, content_type="application/json").status_code == 409
    assert patch(api, categories={"billing": {"toast": False}}).status_code == 409
    assert api.get(URL).json()["categories"]["billing"]["is_locked"]


def test_nobody_reads_or_changes_them_without_a_credential(db):
    assert Client().get(URL).status_code == 401
    assert Client().patch(URL, {}, content_type="application/json").status_code == 401
