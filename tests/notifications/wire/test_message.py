"""A field of a notification is declared once; whoever names fields agrees with that."""

from typing import get_type_hints

import pytest
from django.core.validators import MaxLengthValidator

from notifications.api import schemas
from notifications.management.commands.notify import Command
from notifications.models import Notification
from notifications.models.notification import ContentValidator
from notifications.wire import serializers
from notifications.wire.message import COMPOSED, DEFAULTS, EDITABLE, PARTS, Content, Kind, Message


def test_what_functions_take_is_what_a_message_takes():
    fields = get_type_hints(Message)
    assert get_type_hints(Content) == {name: fields[name] for name in DEFAULTS}, (
        "Message and Content differ: a field belongs into both, with the same type."
    )
    assert set(PARTS) - set(DEFAULTS) == {"title"}


def test_a_message_of_its_defaults_is_a_row_of_its_defaults():
    row = Notification(**Message("Hello").columns())
    assert row.title == "Hello"
    for name in DEFAULTS:
        assert getattr(row, name) == Notification._meta.get_field(name).get_default(), name


@pytest.mark.parametrize("name", PARTS)
def test_the_model_holds_a_field_to_what_is_said_of_it(name):
    part, column = PARTS[name], Notification._meta.get_field(name)
    checks = [one.check for one in column.validators if isinstance(one, ContentValidator)]
    assert checks == ([part.check] if part.check else [])
    assert tuple(word for word, _ in column.choices or ()) == part.words
    if part.kind in {Kind.LINE, Kind.LINES, Kind.LINK}:
        assert column.max_length == part.max_length
        lengths = [one for one in column.validators if isinstance(one, MaxLengthValidator)]
        assert {one.limit_value for one in lengths} == {part.max_length}


def test_every_edge_has_every_field():
    everywhere = set(PARTS)
    options = {action.dest for action in Command().create_parser("manage.py", "notify")._actions}
    assert everywhere - options == {"actions"}  # by --jsonl
    asked = set(schemas.NotificationIn.model_fields)
    assert everywhere - asked == {"sender"}  # said by the key, or by the command
    assert asked - everywhere == {"audience"}
    assert set(schemas.EditIn.model_fields) == set(EDITABLE)
    # What is not a text cannot be typed into a form; threads are for programs.
    assert everywhere - set(COMPOSED) == {"actions", "data", "thread"}
    for shown in (set(schemas.NotificationOut.model_fields), set(serializers.CONTENT)):
        assert everywhere - shown == {"send_at"}


def test_the_document_says_of_each_field_what_it_may_be():
    """The document is what other programs are made from: nothing of it changes by accident."""
    text, link = "string(1..200)~", "string(..2000)~ | null = None"
    level = "['info', 'success', 'warning', 'critical']"
    moment = "string | null = None"
    assert described(schemas.NotificationIn) == {
        "audience": "AudienceIn, needed",
        "title": f"{text}, needed",
        "body": "string(..10000)~ = ''",
        "level": f"{level} = 'info'",
        "category": "string(1..64)~ = 'general'",
        "url": link,
        "actions": "array of ActionIn(..2) = []",
        "thread": "string(..200)~ | null = None",
        "data": "object = {}",
        "send_at": moment,
        "expires_at": moment,
    }
    edited = described(schemas.EditIn)
    assert edited == {
        "title": f"{text} = None",
        "body": "string(..10000)~ = None",
        "level": f"{level} = None",
        "url": link,
    }
    shown = described(schemas.NotificationOut)
    said = {
        "title": "string, needed",
        "body": "string, needed",
        "body_truncated": "boolean, needed",
        "level": f"{level}, needed",
        "category": "string, needed",
        "url": "string | null, needed",
        "actions": "array of Action, needed",
        "sender": "string | null, needed",
        "thread": "string | null, needed",
        "data": "object, needed",
    }
    assert list(shown)[4:14] == list(said)
    assert {name: shown[name] for name in said} == said


def described(schema):
    """The fields of a schema as its document has them, in short; ``~`` is a pattern."""
    document = schema.model_json_schema()
    return {
        name: _type(field)
        + (", needed" if name in document.get("required", ()) else f" = {field['default']!r}")
        for name, field in document["properties"].items()
    }


def _type(field):
    if "anyOf" in field:
        return " | ".join(_type(one) for one in field["anyOf"])
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "enum" in field:
        return str(field["enum"])
    words = field["type"] + (f" of {_type(field['items'])}" if "items" in field else "")
    least = field.get("minLength", "")
    if most := field.get("maxLength", field.get("maxItems")):
        words += f"({least}..{most})"
    return words + "~" * ("pattern" in field)
