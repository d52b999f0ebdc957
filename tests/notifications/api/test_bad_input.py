"""The same input is refused at every door: ORM, bulk, send(), the command and the admin."""

import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, transaction
from django.urls import reverse

from notifications.models import InboxItem, Notification, Status, audiences
from notifications.sending import acts
from notifications.wire.message import Message

BAD = {
    "no title": {"title": ""},
    "blank title": {"title": "  "},
    "title too long": {"title": "x" * 201},
    "NUL in the title": {"title": "a\0b"},
    "line feed in the title": {"title": "a\nb"},
    "escape in the title": {"title": "a\x1b[2Jb"},
    "surrogate in the title": {"title": "a\ud800b"},
    "body too long": {"body": "x" * 10_001},
    "NUL in the body": {"body": "a\0b"},
    "surrogate in the body": {"body": "\udfff"},
    "no such level": {"level": "loud"},
    "category with a blank": {"category": "a b"},
    "category too long": {"category": "a" * 65},
    "script url": {"url": "javascript:alert(1)"},
    "other site's url": {"url": "//evil.example"},
    "plain http url": {"url": "http://example.com"},
    "url too long": {"url": "/" + "a" * 2000},
    "sender too long": {"sender": "x" * 101},
    "NUL in the sender": {"sender": "a\0"},
}
BAD_JSON = {
    "data is a list": {"data": [1]},
    "data is an empty list": {"data": []},
    "data too large": {"data": {"x": "y" * 2048}},
    "NUL in data": {"data": {"x": "\0"}},
    "huge integer in data": {"data": {"x": 2**60}},
}
BAD_ACTIONS = {
    "three actions": {"actions": [{"label": "x", "url": "/"}] * 3},
    "script action": {"actions": [{"label": "x", "url": "javascript:x"}]},
}
by_name = pytest.mark.parametrize(
    "bad",
    [*BAD.values(), *BAD_JSON.values(), *BAD_ACTIONS.values()],
    ids=[*BAD, *BAD_JSON, *BAD_ACTIONS],
)


@pytest.fixture(autouse=True)
def nothing_is_stored(alice):
    yield
    assert not Notification.objects.exists()
    assert not InboxItem.objects.exists()


def row(**fields):
    return Notification(
        **{"title": "Hello", "audience_kind": "everyone", "status": Status.SENDING} | fields
    )


@by_name
def test_send_refuses(bad):
    with pytest.raises(ValidationError) as refused:
        acts.send(Message(**{"title": "Hello"} | bad), audience=audiences.Everyone())
    assert set(refused.value.message_dict) == set(bad)


@by_name
def test_save_refuses(bad):
    with pytest.raises(ValidationError):
        row(**bad).save()


@by_name
def test_bulk_create_refuses(bad):
    with pytest.raises(ValidationError):
        Notification.objects.bulk_create([row(), row(**bad)])


@pytest.mark.parametrize("bad", [*BAD.values(), *BAD_JSON.values()], ids=[*BAD, *BAD_JSON])
def test_the_command_refuses(bad):
    fields = {"title": "Hello"} | bad
    title = fields.pop("title")
    options = [
        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in fields.items()
    ]
    with pytest.raises(CommandError):
        call_command("notify", *options, "--everyone", "--", title)


# No browser can post a lone surrogate: UTF-8 has no bytes for it.
POSTABLE = {name: bad for name, bad in BAD.items() if "surrogate" not in name}


@pytest.mark.parametrize("bad", POSTABLE.values(), ids=POSTABLE)
def test_the_admin_refuses(bad, client, admin):
    client.force_login(admin)
    form = {
        "title": "Hello",
        "level": "info",
        "category": "general",
        "kind": "everyone",
        "key": "k",
    }
    posted = client.post(reverse("admin:notifications_notification_add"), form | bad)
    assert posted.status_code == 200
    assert set(posted.context["adminform"].form.errors) == set(bad)


@pytest.mark.parametrize(
    "forced",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"body": "x" * 10_001},
        {"url": "javascript:alert(1)"},
        {"url": "//evil.example"},
        {"url": "/\\evil.example"},
        {"level": "loud"},
        {"status": "lost"},
        {"status": "scheduled"},
    ],
    ids=str,
)
def test_the_database_refuses_what_gets_around_the_model(forced):
    row(status=Status.DRAFT).save()
    # DataError: PostgreSQL knows the length of its columns.
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Notification.objects.update(**forced)
    Notification.objects.all().delete()


def test_an_audience_is_of_a_known_kind_and_names_whole_numbers():
    for bad in (
        {"audience_kind": "planet"},
        *({"audience_ids": ids} for ids in (["1"], [True], 7)),
    ):
        with pytest.raises(ValidationError):
            row(**bad).save()


def test_a_notification_does_not_expire_before_it_is_sent():
    with pytest.raises(ValidationError):
        row(
            send_at=datetime(2030, 1, 2, tzinfo=UTC), expires_at=datetime(2030, 1, 1, tzinfo=UTC)
        ).save()
