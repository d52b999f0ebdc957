"""Whatever senders and recipients do, in whatever order: each inbox is a gap-free stream.

Hypothesis makes up the sequences. Beside the database runs a model of the inboxes in plain Python,
written from the protocol alone; after each step the two must agree, and every client that looked
at some revision must arrive at the head by what changed since.
"""

import copy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import Event
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notifications.inbox import acts as inbox_acts
from notifications.inbox import reading
from notifications.models import Inbox, InboxItem, Notification, audiences
from notifications.sending import acts as sending_acts
from notifications.sending import worker
from notifications.sending.dispatch import Dispatch
from notifications.sending.item_jobs import RemovalJob
from notifications.sending.signals import Arrived, Removed, inboxes_changed
from notifications.sending.waking import Waking
from notifications.wire import contract
from notifications.wire.message import Message
from tests.support.examples import times
from tests.support.told import told

# Fewer than most audiences have, so that a dispatch takes several chunks.
CHUNK_SIZE = 2
USERS = 4
MAX_USERS = 7
GROUPS = 3
# What a client may hold after its first page: a part of the inbox, or all of it.
PAGE_SIZES = (2, contract.SNAPSHOT_SIZE)
# Clients per user that are asked to catch up after each step.
MAX_CLIENTS = 3
UNKNOWN_ID = 10**15
# When what is snoozed here comes back, unless time is made to pass.
UNTIL = timezone.now() + timedelta(days=30)

# The second database tries its own statements.
PROFILE = hypothesis_settings(
    max_examples=times(15 if connection.vendor == "sqlite" else 5),
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)

_names = count()


@dataclass
class Item:
    """An inbox's item, as the protocol has it."""

    arrived: int
    revision: int
    seen: bool = False
    read: bool = False
    archived: bool = False
    snoozed: bool = False
    woken: bool = False
    saved: bool = False
    removed: bool = False

    @property
    def listed(self):
        return not (self.removed or self.archived or self.snoozed)

    def state(self):
        return (
            self.arrived, self.revision, self.woken, self.seen, self.read, self.archived,
            self.snoozed, self.saved, self.removed,
        )  # fmt: skip


# The table of PROTOCOL.md, section 4: whether an act finds something to do at an item, what it
# does there, and how it moves the counters (unread, unseen).


def seen(item):
    if item.seen:
        return None
    item.seen = True
    return (0, -1 if item.listed else 0)


def read(item):
    if item.read:
        return None
    moves = (-1, 0 if item.seen else -1) if item.listed else (0, 0)
    item.read = item.seen = True
    return moves


def unread(item):
    if not item.read:
        return None
    item.read = False
    return (1 if item.listed else 0, 0)


def archive(item):
    if item.archived:
        return None
    moves = _leaves(item)
    item.archived, item.snoozed = True, False
    return moves


def restore(item):
    if not (item.archived or item.snoozed):
        return None
    item.archived = item.snoozed = False
    return (0 if item.read else 1, 0 if item.seen else 1)


def snooze(item):
    if item.archived or item.snoozed:
        return None
    moves = _leaves(item)
    item.snoozed = True
    return moves


def save(item):
    if item.saved:
        return None
    item.saved = True
    return (0, 0)


def unsave(item):
    if not item.saved:
        return None
    item.saved = False
    return (0, 0)


def remove(item):
    moves = _leaves(item)
    item.removed = True
    return moves


def _leaves(item):
    return (0 if item.read else -1, 0 if item.seen else -1) if item.listed else (0, 0)


ACTS = {
    seen: inbox_acts.mark_seen,
    read: inbox_acts.mark_read,
    unread: inbox_acts.mark_unread,
    archive: inbox_acts.archive,
    restore: inbox_acts.restore,
    snooze: lambda pk, which: inbox_acts.snooze(pk, which, UNTIL),
    save: inbox_acts.save,
    unsave: inbox_acts.unsave,
}
ACTS_ON_ALL = (seen, read, archive)


@dataclass
class ModelInbox:
    # What took each revision; there are as many as the head says.
    taken: list[str] = field(default_factory=list)
    unread: int = 0
    unseen: int = 0
    items: dict[int, Item] = field(default_factory=dict)

    @property
    def revision(self):
        return len(self.taken)

    def arrive(self, pk):
        assert pk not in self.items, "a notification arrives once"
        self.taken.append(f"{pk} arrived")
        self.items[pk] = Item(arrived=self.revision, revision=self.revision)
        self._move((1, 1))

    def change(self, transition, pks):
        """Do one act at the present ones of ``pks``; return how many it changed."""
        moves = {
            pk: moved
            for pk in pks
            if pk in self.items and not self.items[pk].removed
            if (moved := transition(self.items[pk])) is not None
        }
        if moves:
            self.taken.append(f"{transition.__name__} {sorted(moves)}")
        for pk, moved in moves.items():
            self.items[pk].revision = self.revision
            self._move(moved)
        return len(moves)

    def wake(self):
        """All that is snoozed comes back, each by a revision of its own."""
        asleep = [item for item in self.items.values() if item.snoozed and not item.removed]
        for item in sorted(asleep, key=lambda item: item.arrived):
            self.taken.append("one woke")
            item.arrived = item.revision = self.revision
            item.woken, item.snoozed, item.seen, item.read = True, False, False, False
            self._move((1, 1))
        return len(asleep)

    def listed_up_to(self, revision):
        return [pk for pk, item in self.items.items() if item.listed and item.arrived <= revision]

    def _move(self, moved):
        self.unread += moved[0]
        self.unseen += moved[1]


@dataclass
class Sent:
    """A notification as its sender knows it: its status, its audience and how far it is."""

    pk: int
    matches: object
    recipient_count: int
    upto: int
    status: str
    cursor: int = 0
    arrivals: int = 0
    removal: bool = False

    @property
    def small(self):
        return self.recipient_count <= CHUNK_SIZE


class Client:
    """Holds what PROTOCOL.md, section 3 has a client hold, and knows nothing else."""

    def __init__(self, snapshot):
        assert snapshot.since is None
        self.epoch = snapshot.epoch
        self.revision = snapshot.revision
        self.counts = snapshot.counts
        self.held = {one["id"]: one for one in snapshot.notifications}
        self.gone = set()
        arrivals = [one["arrived_revision"] for one in snapshot.notifications]
        assert arrivals == sorted(arrivals, reverse=True)
        # What is older than the oldest one held is not held.
        self.oldest = min(arrivals) if snapshot.more else 0

    def take(self, changes):
        if changes.revision <= self.revision:
            return  # a duplicate
        assert changes.since <= self.revision
        for one in changes.notifications:
            known = self.held.get(one["id"])
            assert one["id"] not in self.gone, "a removed one came back"
            if known is None and one["arrived_revision"] < self.oldest:
                continue
            if known is None or known["revision"] < one["revision"]:
                self.held[one["id"]] = one
        for gone in changes.removed:
            self.held.pop(gone, None)
            self.gone.add(gone)
        self.revision, self.counts = changes.revision, changes.counts


class Stream(RuleBasedStateMachine):
    """Few rules with many choices each: a rule that Hypothesis leaves out takes little along."""

    indexes = st.integers(0, 20)
    users = st.integers(0, MAX_USERS - 1)

    def __init__(self):
        super().__init__()
        self.inboxes = {}  # by user id
        self.active = {}
        self.clients = {}
        self.members = {}  # user ids by group id
        self.sent = []
        self.checked = {}  # the heads at which the clients were last compared
        self.moments = {}  # those that never change, once they are there

    @initialize(with_inbox=st.booleans())
    def begin(self, with_inbox):
        # Nothing is deleted between examples: whoever was in an earlier one is out of reach.
        get_user_model().objects.filter(is_active=True).update(is_active=False)
        for _ in range(USERS):
            self._join(with_inbox=with_inbox)
        for index in range(GROUPS):
            group = Group.objects.create(name=f"group {next(_names)}")
            # Overlapping: most users are in two of them.
            pks = {pk for n, pk in enumerate(self.inboxes) if index in (n % 3, (n + n // 2) % 3)}
            group.user_set.set(pks)
            self.members[group.pk] = pks
        # Hypothesis leaves some rules out of an example; without senders all others are idle.
        for _ in range(3):
            self._send("everyone", set(), "now")
        for pk in self.inboxes:
            self._look(pk, contract.SNAPSHOT_SIZE)

    def teardown(self):
        worker.run_due()

    # --- Who there is ---

    changes_of_people = st.sampled_from(["activity", "group 0", "group 2", "new user"])

    @rule(index=users, what=changes_of_people)
    def people_change(self, index, what):
        self._people_change(self._user(index), what)

    def _people_change(self, pk, what):
        if what == "activity":
            self.active[pk] = not self.active[pk]
            get_user_model().objects.filter(pk=pk).update(is_active=self.active[pk])
        elif what == "new user":
            if len(self.inboxes) < MAX_USERS:
                self._join(with_inbox=False)
        else:
            group_pk = list(self.members)[int(what[-1])]
            self.members[group_pk] ^= {pk}
            Group.objects.get(pk=group_pk).user_set.set(self.members[group_pk])

    def _join(self, *, with_inbox):
        user = get_user_model()(username=f"user {next(_names)}")
        if with_inbox:
            user.save()
        else:
            # No signal: whoever is made in bulk has no inbox until something is sent to them.
            get_user_model().objects.bulk_create([user])
        self.inboxes[user.pk] = ModelInbox()
        self.active[user.pk] = True
        self.clients[user.pk] = []

    # --- What senders do ---

    # All of it at once, one chunk of it, nothing yet, or not before its time has come.
    times = st.sampled_from(["now", "chunk", "now", "chunk", "soon", "later"])

    @rule(indexes=st.sets(st.integers(0, USERS - 1), min_size=1), when=times)
    def send_to_users(self, indexes, when):
        self._send("users", indexes, when)

    @rule(indexes=st.sets(st.integers(0, GROUPS - 1), min_size=1), when=times)
    def send_to_groups(self, indexes, when):
        self._send("groups", indexes, when)

    @rule(when=times, somebody_joins=st.booleans())
    def send_to_everyone(self, when, somebody_joins):
        self._send("everyone", set(), when)
        if somebody_joins:
            self._people_change(None, "new user")  # too late for this one

    def _send(self, kind, indexes, when):
        audience, matches = self._audience(kind, indexes)
        recipient_count = sum(matches(pk) and self.active[pk] for pk in self.inboxes)
        later = when == "later"
        act = sending_acts.send(
            Message(
                f"Number {len(self.sent)}",
                send_at=timezone.now() + timedelta(days=1) if later else None,
            ),
            audience=audience,
        )
        sent = Sent(
            act.notification.pk,
            matches,
            recipient_count,
            # Of an earlier example's users, too: some of them may get an inbox only now.
            upto=Inbox.objects.latest("pk").pk,
            status="scheduled" if later else "sending",
        )
        self.sent.append(sent)
        if sent.small and not later:
            self._arrives(sent)
        if when == "now" and sent.status == "sending":
            self._run_due()
        elif when == "chunk" and sent.status == "sending":
            self._dispatch_one_chunk(sent)

    def _audience(self, kind, indexes):
        if kind == "users":
            pks = {self._user(index) for index in indexes}
            return audiences.ChosenUsers(pks, kind), lambda user: user in pks
        if kind == "groups":
            pks = [list(self.members)[index] for index in indexes]
            return audiences.Groups(pks, kind), lambda user: any(
                user in self.members[pk] for pk in pks
            )
        return audiences.Everyone(), lambda _user: True

    @precondition(lambda self: self.sent)
    @rule(
        index=indexes,
        how=st.sampled_from([sending_acts.withdraw, sending_acts.expire, sending_acts.begin]),
    )
    def sender_acts(self, index, how):
        sent = self.sent[index % len(self.sent)]
        was = sent.status
        removes = how != sending_acts.begin and was in {"sending", "sent"} and not sent.removal
        moves = {
            (sending_acts.begin, "scheduled"): "sending",
            (sending_acts.withdraw, "scheduled"): "cancelled",
            (sending_acts.withdraw, "sending"): "withdrawn",
            (sending_acts.withdraw, "sent"): "withdrawn",
            (sending_acts.expire, "sending"): "sent",
        }
        sent.status = moves.get((how, was), was)
        does = removes or (was == "scheduled" and sent.status != was)
        assert how(sent.pk) == (
            (sent.status if does else None) if how == sending_acts.withdraw else does
        )
        sent.removal = sent.removal or removes
        if removes and sent.arrivals <= CHUNK_SIZE:
            self._leaves(sent)

    # --- What the dispatcher does ---

    @precondition(lambda self: self._under_way())
    @rule(index=indexes, one_chunk=st.booleans(), meanwhile=st.none() | changes_of_people)
    def dispatch(self, index, one_chunk, meanwhile):
        if meanwhile:
            self._people_change(self._user(index), meanwhile)
        if not one_chunk:
            self._run_due()
            return
        under_way = self._under_way()
        sent = under_way[index % len(under_way)]
        if sent.status == "sending":
            self._dispatch_one_chunk(sent)
        else:
            RemovalJob(sent.pk).run(_stopped())
            self._leaves(sent, chunks=1)

    def _dispatch_one_chunk(self, sent):
        finished = Dispatch(sent.pk).run(_stopped())
        self._arrives(sent, chunks=1)
        assert finished == (sent.status == "sent")

    def _under_way(self):
        return [sent for sent in self.sent if sent.status == "sending" or self._holders(sent)]

    def _run_due(self):
        """All that is due; in which order jobs take turns is the dispatcher's to say."""
        chunks = []

        def note(changes, **_signal):
            for change in changes:
                if isinstance(change, Arrived):
                    chunks.append((self._arrives, change.notification.pk))
                elif isinstance(change, Removed):
                    chunks.append((self._leaves, change.notification_id))

        inboxes_changed.connect(note)
        try:
            worker.run_due()
        finally:
            inboxes_changed.disconnect(note)
        sent_by_pk = {sent.pk: sent for sent in self.sent}
        for act, pk in chunks:
            act(sent_by_pk[pk], chunks=1)
        # What reached nobody any more.
        for sent in self.sent:
            self._arrives(sent)
        for sent in self.sent:
            self._leaves(sent)

    def _arrives(self, sent, chunks=MAX_USERS):
        while sent.status == "sending" and chunks:
            chunks -= 1
            left = sorted(
                (number, pk)
                for pk, number in self._inbox_ids().items()
                if sent.cursor < number <= sent.upto and sent.matches(pk) and self.active[pk]
            )[:CHUNK_SIZE]
            for _, pk in left:
                self.inboxes[pk].arrive(sent.pk)
                sent.arrivals += 1
            sent.cursor = left[-1][0] if len(left) == CHUNK_SIZE else sent.upto
            if sent.cursor == sent.upto:
                sent.status = "sent"

    def _leaves(self, sent, chunks=MAX_USERS):
        for pk in self._holders(sent)[: chunks * CHUNK_SIZE]:
            self.inboxes[pk].change(remove, [sent.pk])

    def _holders(self, sent):
        """Where a removal still has something to do."""
        holders = (
            pk
            for pk, held in self.inboxes.items()
            if sent.removal and sent.pk in held.items and not held.items[sent.pk].removed
        )
        return sorted(holders, key=self._inbox_ids().get)

    # --- What recipients do ---

    @precondition(lambda self: self._with_items())
    @rule(
        index=users,
        acts=st.lists(
            st.tuples(
                st.sampled_from([*ACTS]),
                st.lists(indexes, min_size=1, max_size=4),
                st.sampled_from(["none", "none", "others'", "unknown", "nothing else"]),
            ),
            min_size=1,
            max_size=5,
        ),
    )
    def act_on_some(self, index, acts):
        having = self._with_items()
        for act in acts:
            self._act_on_some(having[index % len(having)], *act)

    def _act_on_some(self, pk, transition, own, strange):
        """Some of one's own; maybe also such as others alone have, or such as there are not."""
        mine = list(self.inboxes[pk].items)
        pks = {mine[-1 - which % len(mine)] for which in own}
        if strange == "others'":
            pks |= {sent.pk for sent in self.sent if sent.pk not in mine}
        elif strange == "nothing else":
            pks.clear()
        chosen = inbox_acts.Chosen(pks | ({UNKNOWN_ID} if strange == "unknown" else set()))
        self._act(pk, transition, chosen, pks)

    @precondition(lambda self: self._with_items())
    @rule(index=users, transition=st.sampled_from(ACTS_ON_ALL), back=st.integers(0, 6))
    def act_on_all_up_to(self, index, transition, back):
        having = self._with_items()
        pk = having[index % len(having)]
        upto = max(0, self.inboxes[pk].revision - back)
        which = inbox_acts.AllUpTo(reading.head(pk).epoch, upto)
        self._act(pk, transition, which, self.inboxes[pk].listed_up_to(upto))
        others = reading.head(self._user(index + 1)).epoch
        if others != which.epoch:
            with pytest.raises(reading.EpochMismatch):
                ACTS[transition](pk, inbox_acts.AllUpTo(others, contract.INTEGER_MAX))

    @precondition(lambda self: self._with_items())
    @rule(index=users, transition=st.sampled_from([*ACTS]), back=st.integers(0, 3))
    def act_on_what_changed_in(self, index, transition, back):
        having = self._with_items()
        pk = having[index % len(having)]
        revision = self.inboxes[pk].revision - back
        changed = [n for n, one in self.inboxes[pk].items.items() if one.revision == revision]
        self._act(pk, transition, inbox_acts.ChangedIn(revision), changed)

    @precondition(lambda self: self._with_snoozed())
    @rule(index=users)
    def time_passes(self, index):
        """What somebody has snoozed falls due, and nothing of the others."""
        having = self._with_snoozed()
        pk = having[index % len(having)]
        mine = InboxItem.objects.snoozed().filter(inbox__user=pk)
        mine.update(snoozed_until=timezone.now() - timedelta(seconds=1))
        assert Waking().some() == self.inboxes[pk].wake()

    def _act(self, pk, transition, which, pks):
        result = ACTS[transition](pk, which)
        model = self.inboxes[pk]
        changed = model.change(transition, pks)
        assert result == inbox_acts.Result(model.revision, changed, model.unread, model.unseen)

    # --- What clients do ---

    @rule(index=users, size=st.sampled_from(PAGE_SIZES))
    def look(self, index, size):
        self._look(self._user(index), size)

    def _look(self, pk, size):
        with mock.patch.object(contract, "SNAPSHOT_SIZE", size):
            client = Client(told(pk))
        self._compare(client, pk, self._items()[pk])
        self.clients[pk] = [*self.clients[pk], client][-MAX_CLIENTS:]

    @rule(index=users, which=st.integers(0, MAX_CLIENTS - 1))
    def catch_up(self, index, which):
        """One client goes on from where it was; the others stay where they are."""
        having = [pk for pk, clients in self.clients.items() if clients]
        pk = having[index % len(having)]
        client = self.clients[pk][which % len(self.clients[pk])]
        self._try_in_vain(client, pk)
        client.take(self._changes(client, pk))
        self._compare(client, pk, self._items()[pk])

    def _try_in_vain(self, client, pk):
        others = [reading.head(other).epoch for other in self.inboxes if other != pk]
        for epoch in others:
            assert told(pk, client.revision, epoch=epoch).since is None
        beyond = self.inboxes[pk].revision + 1
        assert told(pk, beyond, epoch=client.epoch).since is None

    # --- What holds after each step ---

    @invariant()
    def everything_is_as_the_model_has_it(self):
        self._check_notifications()
        items, counts = self._items(), self._counts()
        rows = {row.user_id: row for row in Inbox.objects.filter(user__in=self.inboxes)}
        for pk, model in self.inboxes.items():
            found = {number: _state(item) for number, item in items[pk].items()}
            assert found == {number: item.state() for number, item in model.items.items()}
            for item in items[pk].values():
                self._check_moments(item)
            row = rows.get(pk) or Inbox(user_id=pk)
            assert row.revision == model.revision, model.taken
            assert (row.unread_count, row.unseen_count) == (model.unread, model.unseen)
            assert (row.unread_count, row.unseen_count) == counts[pk]
            if self.checked.get(pk) != model.revision:
                self._check_clients(pk, items[pk])
                self.checked[pk] = model.revision

    def _check_notifications(self):
        rows = Notification.objects.filter(pk__in=[sent.pk for sent in self.sent])
        found = {row.pk: (row.status, row.recipient_count, row.item_count) for row in rows}
        assert found == {
            sent.pk: (sent.status, sent.recipient_count, sent.arrivals) for sent in self.sent
        }

    def _check_moments(self, item):
        """What was seen once stays seen since then, whatever is done to it later."""
        for name in ("arrived_at", "seen_at", "removed_at"):
            if (moment := getattr(item, name)) is not None:
                # What has woken is to be seen anew.
                known = (item.pk, item.arrived_revision, name)
                assert self.moments.setdefault(known, moment) == moment, name

    def _check_clients(self, pk, head):
        """Every client arrives at the head by what changed since it looked."""
        clients = self.clients[pk]
        changes = {client.revision: self._changes(client, pk) for client in clients}
        for client in clients:
            # States are absolute: what an older client is told serves this one as well.
            for since in {client.revision, min(changes)}:
                caught_up = copy.deepcopy(client)
                caught_up.take(changes[since])
                self._compare(caught_up, pk, head)

    def _changes(self, client, pk):
        changes = told(pk, client.revision, epoch=client.epoch)
        assert changes.since == client.revision
        assert changes.revision == self.inboxes[pk].revision
        changed = {
            str(number): item
            for number, item in self.inboxes[pk].items.items()
            if item.revision > client.revision
        }
        assert len(changes.notifications) + len(changes.removed) == len(changed)
        assert set(changes.removed) == {number for number in changed if changed[number].removed}
        order = [(one["revision"], one["arrived_revision"]) for one in changes.notifications]
        assert order == sorted(order)
        return changes

    def _compare(self, client, pk, head):
        """The client at the head holds what a plain query finds there."""
        model = self.inboxes[pk]
        assert client.revision == model.revision
        assert client.counts == {"unread": model.unread, "unseen": model.unseen}
        present = {str(number) for number, item in head.items() if item.removed_at is None}
        shown = {
            str(number)
            for number, item in head.items()
            if item.arrived_revision >= client.oldest
            and item.removed_at is item.archived_at is item.snoozed_until is None
        }
        assert shown <= client.held.keys() <= present
        for number, held in client.held.items():
            assert held == held | _wire(head[int(number)])

    def _items(self):
        """By user id and notification id."""
        items = {pk: {} for pk in self.inboxes}
        rows = InboxItem.objects.filter(inbox__user__in=self.inboxes)
        for item in rows.select_related("notification", "inbox"):
            items[item.inbox.user_id][item.notification_id] = item
        return items

    def _counts(self):
        """How many are unread and unseen, counted anew, by user id."""
        nothing = dict.fromkeys(("removed_at", "archived_at", "snoozed_until"))
        listed = Q(**{f"items__{name}": value for name, value in nothing.items()})
        listed &= Q(items__pk__isnull=False)
        rows = Inbox.objects.filter(user__in=self.inboxes).annotate(
            unread=Count("items", filter=listed & Q(items__read_at=None)),
            unseen=Count("items", filter=listed & Q(items__seen_at=None)),
        )
        return dict.fromkeys(self.inboxes, (0, 0)) | {
            row.user_id: (row.unread, row.unseen) for row in rows
        }

    def _inbox_ids(self):
        """By user id, of those who have an inbox: jobs go through them in this order."""
        return dict(Inbox.objects.filter(user__in=self.inboxes).values_list("user_id", "pk"))

    def _user(self, index):
        return list(self.inboxes)[index % len(self.inboxes)]

    def _with_items(self):
        return [pk for pk, model in self.inboxes.items() if model.items]

    def _with_snoozed(self):
        return [
            pk
            for pk, model in self.inboxes.items()
            if any(item.snoozed and not item.removed for item in model.items.values())
        ]


def _stopped():
    """What ends a job after one chunk, as a server does that is told to stop."""
    stop = Event()
    stop.set()
    return stop


def _state(item):
    moments = (
        item.seen_at, item.read_at, item.archived_at, item.snoozed_until, item.saved_at,
        item.removed_at,
    )  # fmt: skip
    marks = (moment is not None for moment in moments)
    return (item.arrived_revision, item.revision, item.woken, *marks)


def _wire(item):
    moments = ("arrived_at", "seen_at", "read_at", "archived_at", "snoozed_until", "saved_at")
    return {
        "woken": item.woken,
        "title": item.notification.title,
        "revision": item.revision,
        "arrived_revision": item.arrived_revision,
        **{name: contract.wire_time(getattr(item, name)) for name in moments},
    }


@pytest.mark.django_db(transaction=True)
def test_any_sequence_of_acts_leaves_gap_free_streams(settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = CHUNK_SIZE
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    run_state_machine_as_test(Stream, settings=PROFILE)
