from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.inbox import acts, idempotency
from notifications.inbox.acts import Chosen
from notifications.models import Inbox, Operation


def test_the_same_request_is_done_once_and_answered_alike(alice):
    answers = iter([{"n": 1}, {"n": 2}])
    asked = {"op": "read", "notifications": ["1"]}
    first = idempotency.once(alice.pk, "a", asked, lambda: next(answers))
    again = idempotency.once(alice.pk, "a", dict(reversed(asked.items())), lambda: next(answers))
    assert first == again == {"n": 1}


def test_the_same_name_for_another_request_is_refused(alice):
    idempotency.once(alice.pk, "a", {"op": "read"}, dict)
    with pytest.raises(idempotency.OperationConflict, match="'a'"):
        idempotency.once(alice.pk, "a", {"op": "seen"}, dict)


def test_names_are_each_inboxs_own(alice, bob):
    idempotency.once(alice.pk, "a", {"op": "read"}, dict)
    assert idempotency.once(bob.pk, "a", {"op": "seen"}, lambda: {"n": 2}) == {"n": 2}


def test_an_act_that_fails_is_not_remembered(send, alice):
    one = send(to=[alice])

    def act():
        acts.mark_read(alice.pk, Chosen([one.pk]))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        idempotency.once(alice.pk, "a", {}, act)
    assert not Operation.objects.exists()
    assert Inbox.objects.get(user=alice).revision == 1


def test_answers_are_forgotten_when_their_time_is_over(alice, settings):
    settings.NOTIFICATIONS_OPERATION_RETENTION_H = 24
    for name, hours in (("old", 25), ("young", 23)):
        idempotency.once(alice.pk, name, {}, dict)
        made = timezone.now() - timedelta(hours=hours)
        Operation.objects.filter(op_id=name).update(created_at=made)
    assert idempotency.forget_old() == 1
    assert Operation.objects.get().op_id == "young"
