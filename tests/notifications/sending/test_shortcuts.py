"""``notifications.send`` and ``asend``: to whom, and when the promise is kept."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import SynchronousOnlyOperation, ValidationError
from django.db import connections, transaction
from django.utils.functional import SimpleLazyObject

import notifications
from notifications.models import InboxItem, Notification, Status, audiences
from notifications.sending import acts
from notifications.sending.shortcuts import audience_of
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def asynchronous_code_is_held_to_its_rules(monkeypatch):
    # The browser's tests, which may share this process, switch Django's check off.
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)


@pytest.fixture
def staff(alice, bob):
    group = Group.objects.create(name="staff")
    group.user_set.add(alice, bob)
    return group


def holders(sent):
    items = InboxItem.objects.present().filter(notification=sent.notification)
    return sorted(items.values_list("inbox__user__username", flat=True))


def in_an_event_loop(act):
    """Run ``act`` as an ASGI server would: its database work in another thread."""

    async def main():
        try:
            return await act()
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def test_to_takes_what_code_has_in_its_hands(alice, bob, charlie, staff):
    users = get_user_model().objects.filter(username__in=["alice", "bob"])
    asked = SimpleLazyObject(lambda: alice)  # as request.user is
    for to, expected in [
        (alice, ["alice"]),
        (asked, ["alice"]),
        ([alice, bob, alice], ["alice", "bob"]),
        ((user for user in [bob]), ["bob"]),
        (users, ["alice", "bob"]),
        (staff, ["alice", "bob"]),
        ([staff, Group.objects.create(name="none")], ["alice", "bob"]),
        (notifications.everyone, ["alice", "bob", "charlie"]),
        (audiences.ChosenUsers.named(["charlie"]), ["charlie"]),
    ]:
        sent = notifications.send("Hello", to=to)
        assert (sent.notification.status, holders(sent)) == (Status.SENT, expected)


def test_the_audience_is_named_as_the_command_names_it(alice, bob, staff):
    assert audience_of([bob, alice]).label == "bob, alice"
    assert audience_of([bob, alice]).ids == audiences.ChosenUsers.named(["alice", "bob"]).ids
    assert audience_of(staff).label == "staff"


@pytest.mark.parametrize("to", ["alice", b"alice", None, 7, AnonymousUser(), [1], ["alice"]])
def test_what_is_no_audience_is_refused(to, alice):
    with pytest.raises(TypeError, match="to= takes a user"):
        notifications.send("Hello", to=to)
    assert not Notification.objects.exists()


def test_users_and_groups_do_not_mix(alice, staff):
    with pytest.raises(TypeError, match="to= takes a user"):
        notifications.send("Hello", to=[alice, staff])


def test_nobody_the_unsaved_and_too_many_are_refused(alice):
    for to, message in [
        ([], "at least one"),
        (get_user_model().objects.none(), "at least one"),
        (get_user_model()(username="new"), "Save users and groups"),
        ([alice] * 1001, "At most 1000 users"),
    ]:
        with pytest.raises(ValueError, match=message):
            notifications.send("Hello", to=to)
    assert not Notification.objects.exists()


def test_who_is_not_active_gets_nothing(alice, charlie):
    get_user_model().objects.filter(pk=alice.pk).update(is_active=False)
    assert holders(notifications.send("Hello", to=[alice, charlie])) == ["charlie"]


def test_the_rest_is_said_as_to_sending(alice):
    with pytest.raises(ValidationError, match="URL is a path on this site"):
        notifications.send("Hello", to=alice, url="javascript:x")
    said = notifications.send("Hello", to=alice, body="b", level="critical", data={"order": 7})
    assert (said.notification.body, said.notification.data) == ("b", {"order": 7})


def test_a_key_sends_once_however_often(alice):
    first = notifications.send("Hello", to=alice, key="order-7")
    again = notifications.send("Hello", to=[alice], key="order-7")
    assert (first.created, again.created) == (True, False)
    assert again.notification == first.notification
    with pytest.raises(acts.IdempotencyConflict, match="'order-7' was used for another"):
        notifications.send("Other", to=alice, key="order-7")
    assert alice.notifications_inbox.items.count() == 1


def test_a_key_of_code_is_not_one_of_the_command(alice):
    key = acts.IdempotencyKey("command", "order-7")
    acts.send(Message("Hello"), audience=audiences.Everyone(), idempotency=key)
    assert notifications.send("Hello", to=notifications.everyone, key="order-7").created


def test_async_code_has_it_committed_when_it_returns(alice, charlie):
    async def act():
        asked = audiences.ChosenUsers([alice.pk], "alice")
        await notifications.asend("One", to=get_user_model().objects.filter(pk=alice.pk))
        return await acts.asend(Message("Two", body="text"), audience=asked)

    sent = in_an_event_loop(act)
    assert (sent.created, sent.notification.status) == (True, Status.SENT)
    assert holders(sent) == ["alice"]
    assert alice.notifications_inbox.items.count() == 2
    assert not charlie.notifications_inbox.items.exists()


def test_async_errors_and_keys_are_those_of_send(alice):
    async def act():
        with pytest.raises(ValidationError, match="more than blanks"):
            await notifications.asend(" ", to=alice)
        with pytest.raises(TypeError, match="to= takes a user"):
            await notifications.asend("Hello", to="alice")
        await notifications.asend("Hello", to=alice, key="k")
        return await notifications.asend("Hello", to=alice, key="k")

    assert not in_an_event_loop(act).created
    assert alice.notifications_inbox.items.count() == 1


def test_send_in_an_event_loop_says_what_to_call_instead(alice):
    async def act():
        for send in (
            lambda: notifications.send("Hello", to=alice),
            lambda: acts.send(Message("Hello"), audience=audiences.Everyone()),
        ):
            with pytest.raises(SynchronousOnlyOperation, match="await asend"):
                send()

    in_an_event_loop(act)
    assert not Notification.objects.exists()


def test_called_from_a_transaction_of_sync_code_it_is_part_of_that(alice):
    def send_and_fail():
        with transaction.atomic():
            async_to_sync(notifications.asend)("Hello", to=alice)
            assert Notification.objects.count() == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send_and_fail()
    assert not Notification.objects.exists()


def test_a_rollback_sends_nothing_and_frees_the_key(alice):
    def send_and_fail():
        with transaction.atomic():
            notifications.send("Hello", to=alice, key="k")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send_and_fail()
    assert not alice.notifications_inbox.items.exists()
    assert notifications.send("Other", to=alice, key="k").created


def test_the_package_can_be_imported_before_the_apps_are_loaded():
    said = subprocess.run(
        [sys.executable, "-c", "import notifications, sys; print('django' in sys.modules)"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert said.stdout == "False\n"
    with pytest.raises(AttributeError, match="no attribute 'sned'"):
        notifications.sned  # noqa: B018
