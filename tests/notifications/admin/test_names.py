"""A name is found at every door, however its letters were put together."""

import unicodedata

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from notifications.credentials import keys
from notifications.models import AccessToken, Notification, audiences
from notifications.models.audience import UnknownNames
from notifications.models.credentials import SCOPES

# One name, as Django keeps it, and as others write it: apart, and with one letter for two.
KEPT = "zoë-ﬁ"
USER = unicodedata.normalize("NFKC", KEPT)
WRITTEN = [USER, unicodedata.normalize("NFD", USER), KEPT]
written = pytest.mark.parametrize("name", WRITTEN)


@pytest.fixture
def zoe(user):
    return user(USER)


@pytest.fixture
def call(db):
    key = keys.make("shop", list(SCOPES))[1]

    def act(path, body):
        return Client().post(
            f"/api/v1{path}",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )

    return act


def is_sent_to(row):
    return Notification.objects.get().audience_ids == [row.pk]


@written
def test_a_user_by_the_api(zoe, call, name):
    answer = call("/notifications", {"title": "Hello", "audience": {"users": [name]}})
    assert answer.status_code == 201, answer.content
    assert is_sent_to(zoe)


@written
def test_a_user_of_a_token(zoe, call, name):
    assert call("/tokens", {"user": name}).status_code == 201
    assert AccessToken.objects.get().user == zoe


@written
def test_a_user_by_the_command(zoe, name):
    call_command("notify", "Hello", "--user", name, verbosity=0)
    assert is_sent_to(zoe)


def test_two_ways_to_write_one_name_are_one_recipient(zoe):
    audience = audiences.ChosenUsers.named(WRITTEN)
    assert (audience.ids, audience.label) == ([zoe.pk], USER)


def test_a_row_that_no_form_made_is_found_as_it_is_written(db):
    odd = get_user_model().objects.create(username=KEPT, password="!")
    assert audiences.ChosenUsers.named([KEPT]).ids == [odd.pk]
    with pytest.raises(UnknownNames):
        audiences.ChosenUsers.named([USER])


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("made", ["NFC", "NFD"])
def test_a_group(call, made, form):
    group = Group.objects.create(name=unicodedata.normalize(made, "Bürö"))
    asked = {"groups": [unicodedata.normalize(form, "Bürö")]}
    answer = call("/notifications", {"title": "Hello", "audience": asked})
    assert answer.status_code == 201, answer.content
    assert is_sent_to(group)
