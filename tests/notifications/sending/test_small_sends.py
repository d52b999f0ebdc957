"""Small sends in one transaction leave what they leave one by one, and cost a fraction of it."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications.models import ChangeCounter, Inbox, InboxItem, Notification, Status
from notifications.sending import round_robin, small_sends
from notifications.sending.dispatch import Dispatch
from notifications.sending.round_robin import Left
from notifications.sending.signals import inboxes_changed
from notifications.sending.small_sends import send_together
from notifications.sending.start import nudge
from notifications.sending.worker import Dispatcher
from tests.support.processes import until

NEVER = threading.Event()
NOBODY = 10**12


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """However busy the machine is."""
    monkeypatch.setattr(small_sends, "_READING_S", 60)


@pytest.fixture
def crowd(db):
    """People of whom the first three have an inbox, in which something happened before."""
    users = get_user_model()
    made = users.objects.bulk_create(users(username=f"u{n}", password="!") for n in range(10))
    Inbox.objects.ensure_of([user.pk for user in made[:3]])
    Inbox.objects.filter(user=made[0]).update(revision=7, unread_count=3, unseen_count=2)
    return [user.pk for user in made]


def make(*audiences, **fields):
    """Notifications that no signal has told of, one for each of these lists of users."""
    said = {"audience_kind": "users", "status": Status.SENDING, **fields}
    return Notification.objects.bulk_create(
        Notification(title=f"Number {n}", audience_ids=ids, **said)
        for n, ids in enumerate(audiences)
    )


def pks(notifications):
    return [one.pk for one in notifications]


def statuses():
    return list(Notification.objects.order_by("pk").values_list("status", flat=True))


def one_by_one(wanted):
    for pk in wanted:
        assert Dispatch(pk).run()


def owner(inbox_id):
    """Whose it is: PostgreSQL gives a number that was taken back to nobody else."""
    return Inbox.objects.values_list("user_id", flat=True).filter(pk=inbox_id).first()


def what_it_leaves(act):
    """What the database holds after that, and what was said of it; it is undone."""
    said = []

    def note(changes, **_signal):
        for one in changes:
            rows = [(owner(now.inbox_id), *now[1:]) for now in one.inboxes]
            said.append((one.notification.pk, sorted(rows)))

    inboxes_changed.connect(note)
    try:
        with transaction.atomic():
            act()
            left = [
                # One by one, those who are not active have got one too, in which nothing is.
                list(Inbox.objects.filter(revision__gt=0).order_by("user").values_list(
                    "user", "revision", "unread_count", "unseen_count")),
                list(InboxItem.objects.order_by("notification", "inbox__user").values_list(
                    "notification", "inbox__user", "revision", "arrived_revision", "seen_at")),
                [(*row, cursor == upto) for *row, cursor, upto in
                 Notification.objects.order_by("pk").values_list(
                    "pk", "status", "recipient_count", "item_count", "cursor", "upto")],
            ]  # fmt: skip
            transaction.set_rollback(True)
    finally:
        inboxes_changed.disconnect(note)
    return left, said


# --- What they leave ------------------------------------------------------------------------------


def test_together_they_leave_and_say_what_they_do_one_by_one(crowd):
    group = Group.objects.create(name="staff")
    group.user_set.set(crowd[4:7])
    get_user_model().objects.filter(pk__in=[crowd[2], crowd[5]]).update(is_active=False)
    made = make(
        crowd[:1], crowd[:3], [], [crowd[9], crowd[0], crowd[0]], [NOBODY], crowd[:1], crowd[3:8]
    )
    made += make([group.pk], [group.pk], audience_kind="groups")
    made += make([], audience_kind="everyone")
    made += make(crowd[:1])
    # Accepted before the last ones came.
    last = Inbox.objects.get(user=crowd[2]).pk
    made += make([], crowd, audience_kind="everyone", upto=last, recipient_count=7)
    made += make(crowd[1:5], upto=last, recipient_count=2)
    together, said = what_it_leaves(lambda: send_together(pks(made)))
    alone, said_alone = what_it_leaves(lambda: one_by_one(pks(made)))
    assert together == alone
    assert said == said_alone
    inboxes, items, notifications = together
    assert {status for _, status, *_ in notifications} == {"sent"}
    # Her revisions follow each other, in the order of the notifications.
    revisions = [revision for _, pk, revision, *_ in items if pk == crowd[0]]
    assert revisions == list(range(8, inboxes[0][1] + 1))


def test_those_who_do_not_get_it_are_left_as_they_were(crowd):
    before = Inbox.objects.filter(user=crowd[1]).values().get()
    send_together(pks(make(*[crowd[:1]] * 5)))
    assert Inbox.objects.filter(user=crowd[1]).values().get() == before
    assert not Inbox.objects.filter(user__in=crowd[3:]).exists()


def test_each_inbox_carries_the_number_of_its_change(crowd):
    send_together(pks(make(crowd[:2], crowd[:1], crowd[:1])))
    numbers = Inbox.objects.filter(user__in=crowd[:2]).values_list("change_seq", flat=True)
    # Two groups of inboxes, and one count, after which nobody has looked yet.
    assert set(numbers) == {ChangeCounter.objects.get().change_seq}


# --- What they cost -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("to", ["one user", "a user each", "a group", "everyone"])
def test_a_hundred_take_as_many_statements_as_one_does(crowd, to):
    group = Group.objects.create(name="staff")
    group.user_set.set(crowd[:3])
    users = get_user_model()
    each = users.objects.bulk_create(users(username=f"e{n}", password="!") for n in range(100))
    audiences = {
        "one user": ("users", [crowd[:1]] * 100),
        "a user each": ("users", [[user.pk] for user in each]),
        "a group": ("groups", [[group.pk]] * 100),
        "everyone": ("everyone", [[]] * 9),
    }
    kind, chosen = audiences[to]
    made = make(*chosen, audience_kind=kind)
    with CaptureQueriesContext(connection) as queries:
        assert send_together(pks(made)) == Left([], [])
    assert statuses() == ["sent"] * len(made)
    # Django inserts some seventy items in one statement of SQLite.
    inserts = sum("INSERT" in one["sql"] for one in queries.captured_queries)
    # Four of them only where inboxes are missing, to make these.
    assert len(queries) - inserts <= 16
    assert inserts <= 2 + InboxItem.objects.count() / 60


def test_a_look_names_what_it_knows_in_one_parameter_and_is_left_out_while_there_is_enough(
    crowd, monkeypatch
):
    made = make(*[crowd[:1]] * 30)
    dispatcher = Dispatcher()
    with connection.execute_wrapper(parameters := Parameters()):
        dispatcher.look()
        dispatcher.look()
        assert max(parameters.counts) < 20
        monkeypatch.setattr(round_robin, "_ENOUGH", len(made))
        parameters.tables.clear()
        dispatcher._rounds.look()
    assert not any("notifications_notification" in sql for sql in parameters.tables)


class Parameters:
    """How many of them statements have, and which statements."""

    def __init__(self):
        self.counts, self.tables = [0], []

    def __call__(self, execute, sql, params, many, context):
        self.counts.append(len(params or ()))
        self.tables.append(sql.partition("FROM")[2].partition("WHERE")[0])
        return execute(sql, params, many, context)


# --- What is not done together --------------------------------------------------------------------


def test_as_many_as_fit_one_chunk_are_done_and_large_ones_are_left_alone(crowd, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    two, four, one, three, last = made = make(crowd[:2], crowd[:4], crowd[:1], crowd[:3], crowd[:1])
    left = send_together(pks(made))
    assert left == Left([four.pk], [three.pk, last.pk])
    assert statuses() == ["sent", "sending", "sent", "sending", "sending"]
    assert set(InboxItem.objects.values_list("notification", flat=True)) == {two.pk, one.pk}
    assert send_together(left.later) == Left([], [last.pk])


def test_who_has_no_more_time_does_one_at_least_and_leaves_the_rest_for_later(crowd, monkeypatch):
    monkeypatch.setattr(small_sends, "_READING_S", 0)
    unknown, good, last = make([], crowd[:1], crowd[:1])
    Notification.objects.filter(pk=unknown.pk).update(audience_kind="planet")
    assert send_together(pks([unknown, good, last])) == Left([unknown.pk], [good.pk, last.pk])
    assert send_together(pks([good, last])) == Left([], [last.pk])
    assert statuses() == ["sending", "sent", "sending"]


def test_a_group_or_everyone_that_is_too_large_is_left_alone(crowd, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    group = Group.objects.create(name="staff")
    group.user_set.set(crowd[:4])
    made = make([group.pk], [group.pk], audience_kind="groups") + make([], audience_kind="everyone")
    with CaptureQueriesContext(connection) as queries:
        assert send_together(pks(made)) == Left(pks(made), [])
    # The group is asked for once.
    assert len([one for one in queries.captured_queries if "SAVEPOINT" not in one["sql"]]) == 3


def test_those_under_way_are_left_alone_and_those_of_others_left_out(crowd, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    held, free, ended, good = made = make(crowd, crowd, crowd[:1], crowd[:1])
    jobs = [Dispatch(one.pk) for one in (held, free)]
    for job in jobs:
        assert job.begin()
    jobs[1].release()
    Notification.objects.filter(pk=ended.pk).update(status=Status.CANCELLED)
    assert send_together(pks(made)) == Left([free.pk], [])
    assert statuses() == ["sending", "sending", "cancelled", "sent"]
    assert good.items.count() == 1
    assert held.items.count() == free.items.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_failure_at_the_end_leaves_nothing_behind(crowd):
    made = make(*[crowd[:4]] * 5)

    def fail(**_signal):
        raise ZeroDivisionError

    inboxes_changed.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            send_together(pks(made))
    finally:
        inboxes_changed.disconnect(fail)
    assert statuses() == ["sending"] * 5
    assert not InboxItem.objects.exists()
    assert Inbox.objects.count() == 3  # not even one that was missing
    assert Inbox.objects.get(user=crowd[0]).revision == 7
    assert send_together(pks(made)) == Left([], [])
    assert Inbox.objects.get(user=crowd[0]).revision == 12


# --- Beside others --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_whoever_does_the_same_at_the_same_time_each_is_done_once(crowd):
    made = make(*[crowd[:5]] * 60)
    both = threading.Barrier(2)

    def send():
        both.wait()
        for first in range(0, 60, 10):
            send_together(pks(made[first : first + 10]))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses() == ["sent"] * 60
    for pk, before in ((crowd[0], 7), (crowd[4], 0)):
        items = InboxItem.objects.filter(inbox__user=pk).order_by("revision")
        revisions = list(items.values_list("revision", flat=True))
        assert revisions == list(range(before + 1, before + 61))
        assert Inbox.objects.get(user=pk).revision == before + 60


if connection.vendor == "postgresql":  # on SQLite one writer waits for the other

    @pytest.mark.django_db(transaction=True)
    def test_one_that_somebody_else_has_locked_holds_up_none_of_the_others(crowd):
        made = make(*[crowd[:1]] * 20)
        locked = made[7]
        work, other = Dispatcher(), connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT 1 FROM notifications_notification WHERE id = %s FOR UPDATE",
                    [locked.pk],
                )
                until(lambda: work.turn(NEVER) >= 0 and statuses().count("sent") == 19, "the rest")
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        until(lambda: work.turn(NEVER) >= 0 and statuses().count("sent") == 20, "it is sent, too")
        assert Inbox.objects.get(user=crowd[0]).revision == 27


# --- In their turn --------------------------------------------------------------------------------


def test_a_flood_of_small_ones_and_a_large_one_go_on_beside_each_other(crowd, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    (large,) = make([], audience_kind="everyone")
    flood = make(*[crowd[:1]] * 30)
    work = Dispatcher()
    seen = []
    while "sending" in statuses():
        work.turn(NEVER)
        seen.append((large.items.count(), InboxItem.objects.exclude(notification=large).count()))
        assert len(seen) < 100
    assert large.items.count() == len(crowd)
    assert InboxItem.objects.count() == len(flood) + len(crowd)
    # Neither was done before the other had begun.
    assert any(0 < to_all < len(crowd) and 0 < small < len(flood) for to_all, small in seen)


def test_one_that_comes_amid_a_flood_is_begun_right_after_what_was_there(crowd, monkeypatch):
    monkeypatch.setattr(round_robin, "_ENOUGH", 50)
    monkeypatch.setattr(round_robin, "_MAX_TOGETHER", 20)
    make(*[crowd[:1]] * 100)
    work = Dispatcher()
    work.turn(NEVER)
    (late,) = make(crowd[1:2])
    turns = 0
    while not late.items.exists():
        nudge()
        work.turn(NEVER)
        turns += 1
        assert turns < 10
    assert statuses().count("sent") == 101
