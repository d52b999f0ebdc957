"""`manage.py trace`: the story of a notification in a terminal."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.notifications.inbox.test_trace import stream

pytestmark = pytest.mark.django_db
__all__ = ["stream"]


def told(*arguments):
    output = io.StringIO()
    call_command("trace", *map(str, arguments), stdout=output)
    return output.getvalue()


def test_it_tells_the_steps_of_all(send, alice):
    notification = send(to=[alice])
    lines = told(notification.pk).splitlines()
    assert lines[0] == f"Notification {notification.pk}, Sent, for all:"
    assert [line.split()[0] for line in lines[1:]] == [
        "Accepted", "Committed", "Dispatched", "Acknowledged", "Seen", "Read",
    ]  # fmt: skip


def test_it_tells_of_one_user_with_streams_and_reasons(send, alice, stream):
    notification = send(to=[alice])
    kept = stream(alice, spans=[[0, 1, "hinted"]], acknowledged=1)
    output = told(notification.pk, "--user", alice.username)
    assert f"for {alice.username}:" in output
    assert f"{kept.connection} websocket" in output
    assert "written, hinted, acknowledged" in output
    assert "It was not on a screen for a second." in output


def test_it_says_since_when_somebody_was_offline(send, alice):
    output = told(send(to=[alice]).pk, "--user", alice.username)
    assert "No stream has been open since it arrived." in output


@pytest.mark.parametrize("arguments", [("0",), ("x",), ("999999",)])
def test_what_is_not_there_is_an_error(arguments):
    with pytest.raises(CommandError, match="There is no notification"):
        told(*arguments)


def test_an_unknown_user_is_an_error(send, alice):
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        told(send(to=[alice]).pk, "--user", "nobody")
