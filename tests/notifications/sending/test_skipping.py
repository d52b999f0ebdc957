"""Who does not want a notification does not get it, and the sender is told how many that were."""

import random

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.inbox import trace
from notifications.inbox.trace import Reason
from notifications.models import Inbox, InboxItem, InboxRule, Notification, Status, audiences
from notifications.preferences import acts as preferences
from notifications.preferences.categories import Channels
from notifications.sending import acts, outcome, small_sends, worker
from notifications.sending.dispatch import Dispatch
from notifications.wire.message import Message

KINDS = ("category", "sender", "thread")


def has(user, notification):
    return InboxItem.objects.filter(inbox__user=user, notification=notification).exists()


def figures(notification):
    row = Notification.objects.get(pk=notification.pk)
    return (row.recipient_count, row.item_count, row.muted_count, row.off_count)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_muted_does_not_arrive(send, alice, bob, kind):
    said = {"category": "deploys", "sender": "Robot", "thread": "run-7"}
    preferences.mute(alice.pk, kind, said[kind])
    before = Inbox.objects.get(user=alice).revision
    sent = send("Hello", to=(alice, bob), **said)
    assert not has(alice, sent)
    assert has(bob, sent)
    assert figures(sent) == (2, 1, 1, 0)
    assert Inbox.objects.get(user=alice).revision == before
    preferences.unmute(alice.pk, kind, said[kind])
    assert has(alice, send("Again", to=(alice,), **said))


def test_a_category_that_is_off_does_not_arrive_and_is_counted_as_such(send, alice, bob):
    preferences.choose(alice.pk, rows={"deploys": Channels(inbox=False)})
    sent = send("Hello", to=(alice, bob), category="deploys")
    assert not has(alice, sent)
    assert figures(sent) == (2, 1, 0, 1)
    assert outcome.sentence(sent) == "Sent to 1 person; 1 skipped: 1 has its category off."
    preferences.choose(alice.pk, rows={"deploys": Channels()})
    assert has(alice, send("Again", to=(alice,), category="deploys"))
    assert not InboxRule.objects.exists()


def test_a_category_that_is_off_for_all_comes_to_those_who_want_it(send, alice, bob, settings):
    settings.NOTIFICATIONS_PREFERENCES = {"tips": {"inbox": False}}
    preferences.choose(alice.pk, rows={"tips": Channels()})
    sent = send("Hello", to=(alice, bob), category="tips")
    assert (has(alice, sent), has(bob, sent)) == (True, False)
    assert figures(sent) == (2, 1, 0, 1)


def test_critical_ones_come_in_any_case(send, alice):
    preferences.mute(alice.pk, "sender", "Robot")
    preferences.choose(alice.pk, rows={"general": Channels(inbox=False)})
    assert has(alice, send("Fire", to=(alice,), sender="Robot", level="critical"))


def test_a_locked_category_comes_in_any_case(send, alice, settings):
    preferences.mute(alice.pk, "category", "billing")
    preferences.mute(alice.pk, "sender", "Robot")
    settings.NOTIFICATIONS_PREFERENCES = {"billing": {"is_locked": True}}
    with pytest.raises(preferences.Locked, match="billing"):
        preferences.mute(alice.pk, "category", "billing")
    preferences.choose(alice.pk, rows={"billing": Channels(inbox=False)})
    sent = send("Pay", to=(alice,), sender="Robot", category="billing")
    assert has(alice, sent)
    assert figures(sent) == (1, 1, 0, 0)


def test_an_edit_to_critical_reaches_those_whose_turn_is_to_come(crowd, settings):
    for user in crowd:
        preferences.mute(user.pk, "category", "general")
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    job = Dispatch(sent.pk)
    assert job.begin()
    acts.edit(sent.pk, level="critical")
    while not job.is_done:
        assert job.step()
    assert figures(sent) == (10, 7, 3, 0)


def test_whom_a_mute_left_out_the_trace_tells_so(send, alice, bob):
    preferences.mute(alice.pk, "category", "general")
    sent = send("Hello", to=(alice, bob))
    steps = {step.name: step for step in trace.of_user(sent, alice).steps}
    assert steps["dispatched"].reason == Reason.NOT_WANTED
    everybody = send("Only you", to=(alice,))
    assert figures(everybody) == (1, 0, 1, 0)
    assert everybody.status == Status.SENT


# --- In chunks ------------------------------------------------------------------------------------


@pytest.fixture
def crowd(db, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(10)
    )
    Inbox.objects.ensure(get_user_model().objects.all())
    return list(users)


def test_a_dispatch_that_another_goes_on_with_counts_nobody_twice(crowd):
    for user in crowd[::2]:
        preferences.mute(user.pk, "category", "general")
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    first = Dispatch(sent.pk)
    assert first.begin()
    assert first.step()
    # As if its process had been killed: its lease ends, and it does nothing more.
    Notification.objects.filter(pk=sent.pk).update(lease_until=None)
    worker.run_due()
    assert not first.step()
    assert figures(sent) == (10, 5, 5, 0)
    assert {user.pk for user in crowd if has(user, sent)} == {user.pk for user in crowd[1::2]}


def test_a_chunk_that_fails_counts_nobody(crowd, monkeypatch):
    preferences.mute(crowd[0].pk, "category", "general")
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    job = Dispatch(sent.pk)
    with monkeypatch.context() as patch:
        patch.setattr("notifications.sending.arrivals.enter", _refused)
        with pytest.raises(RuntimeError):
            job.begin()
    assert figures(sent)[1:] == (0, 0, 0)
    worker.run_due()
    assert figures(sent) == (10, 9, 1, 0)


def _refused(*_args, **_fields):
    raise RuntimeError


def test_where_nobody_has_chosen_it_costs_one_query_for_a_chunk(crowd):
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    with CaptureQueriesContext(
        connection,
    ) as queries:
        worker.run_due()
    asked = [one["sql"] for one in queries.captured_queries if "inboxrule" in one["sql"]]
    assert len(asked) == 4
    assert figures(sent) == (10, 10, 0, 0)


# --- Against a model that is too simple to be wrong ----------------------------------------------


VALUES = {
    "category": ["general", "must", "tips", "deploys"],
    "sender": ["", "Ana", "Ben"],
    "thread": ["", "a", "b"],
}


class Model:
    """What each of a crowd has chosen, and so gets."""

    def __init__(self, crowd, rng):
        self.crowd, self.rng = crowd, rng
        self.mutes = {user.pk: set() for user in crowd}
        self.turned = {user.pk: {} for user in crowd}

    def choose(self):
        user, kind = self.rng.choice(self.crowd), self.rng.choice([*KINDS, "row"])
        value = self.rng.choice(VALUES.get(kind, VALUES["category"]))
        if kind == "row":
            is_on = self.rng.random() < 0.5
            preferences.choose(user.pk, rows={value: Channels(inbox=is_on)})
            self.turned[user.pk][value] = is_on
        elif value and value != "must":
            mutes, is_muted = self.mutes[user.pk], self.rng.random() < 0.7
            (preferences.mute if is_muted else preferences.unmute)(user.pk, kind, value)
            (mutes.add if is_muted else mutes.discard)((kind, value))

    def answer(self, user, said):
        if said["level"] == "critical" or said["category"] == "must":
            return "yes"
        if any((kind, said[kind]) in self.mutes[user.pk] for kind in KINDS):
            return "muted"
        is_on = self.turned[user.pk].get(said["category"], said["category"] != "tips")
        return "yes" if is_on else "off"

    def send(self):
        said = {kind: self.rng.choice(of) for kind, of in VALUES.items()}
        said["level"] = self.rng.choice(["info", "info", "critical"])
        to = self.rng.sample(self.crowd, self.rng.randint(1, len(self.crowd)))
        audience = audiences.ChosenUsers([user.pk for user in to], "chosen")
        row = acts.send(Message("Hello", **said), audience=audience).notification
        return row, {user.pk: self.answer(user, said) for user in to}


@pytest.mark.parametrize("seed", range(6))
def test_everybody_gets_what_they_want_and_nothing_else(crowd, settings, seed):
    rng = random.Random(seed)
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = rng.choice([3, 4, 100])
    settings.NOTIFICATIONS_PREFERENCES = {"must": {"is_locked": True}, "tips": {"inbox": False}}
    model = Model(crowd, rng)
    for _ in range(40):
        model.choose()
    sends = [model.send() for _ in range(8)]
    if seed % 2:
        small_sends.send_together([row.pk for row, _ in sends])
    worker.run_due()
    for row, answers in sends:
        got = {user.pk for user in crowd if has(user, row)}
        assert got == {pk for pk, answer in answers.items() if answer == "yes"}
        counted = [list(answers.values()).count(one) for one in ("yes", "muted", "off")]
        assert figures(row) == (len(answers), *counted)
