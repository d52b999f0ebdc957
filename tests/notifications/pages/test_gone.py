"""A link to what is not in one's inbox says so; it tells nobody what is in another's."""

import re

import pytest
from django.utils import timezone

from notifications.models import InboxItem, Notification

pytestmark = pytest.mark.django_db


def heading(answer):
    return re.search(r"<h1>(.*?)</h1>", answer.content.decode())[1]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "withdrawn"}, "This notification was withdrawn"),
        ({"expired_at": timezone.now()}, "This notification has expired"),
        ({}, "This notification was removed"),
    ],
)
def test_who_had_it_is_told_what_has_become_of_it(client, alice, charlie, send, fields, said):
    pk = send("Secret", to=[alice]).pk
    client.force_login(alice)
    assert client.get(f"/inbox/{pk}/").status_code == 200
    Notification.objects.filter(pk=pk).update(**fields)
    InboxItem.objects.filter(notification_id=pk).update(removed_at=timezone.now())
    answer = client.get(f"/inbox/{pk}/")
    assert (answer.status_code, heading(answer)) == (410, said)
    assert "Secret" not in answer.content.decode()
    client.force_login(charlie)
    assert client.get(f"/inbox/{pk}/").status_code == 404


def test_anothers_and_none_are_told_alike(client, alice, charlie, send):
    pk = send("Secret", to=[alice]).pk
    client.force_login(charlie)
    answers = [client.get(f"/inbox/{one}/") for one in (pk, pk + 999, "nothing")]
    assert {one.status_code for one in answers} == {404}
    assert len({re.sub("nonce.*|value=.*", "", one.content.decode()) for one in answers}) == 1
    assert heading(answers[0]) == "This notification is not in your inbox"
