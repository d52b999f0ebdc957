"""No page, stream or act reads more of a large database than it has to.

The database holds 100,000 items: one inbox of 60,000, and 10,000 of 4. Each statement is explained
just before it runs, with its own parameters, and must find its rows by an index. PostgreSQL also
says how many rows each node reads, and SQLite how many steps its virtual machine makes. PostgreSQL
plans all of it again as if there were 1,000,000 items.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import Session
from notifications.credentials import keys, tokens
from notifications.inbox import acts, idempotency, reading, stats
from notifications.models import (
    AccessToken,
    Epoch,
    Inbox,
    InboxItem,
    InboxRule,
    Notification,
    Operation,
    Removal,
    StatsDelta,
    Status,
    audiences,
)
from notifications.push import catch_up as catch_up_module
from notifications.push import receipts
from notifications.push.catch_up import Ask, catch_up
from notifications.push.receipts import Receipt
from notifications.sending import accepting, at_once, due, in_one, quota, small_sends, worker
from notifications.sending import acts as sending_acts
from notifications.sending.dispatch import Dispatch
from notifications.sending.item_jobs import EditJob, RemovalJob
from notifications.sending.round_robin import Left
from notifications.sending.small_sends import send_together
from notifications.sending.waking import Waking
from notifications.wire.frames import Cursor
from notifications.wire.message import Message

LARGE_TABLES = {
    model._meta.db_table
    for model in (InboxItem, InboxRule, Inbox, Notification, Operation, get_user_model())
}

BIG_INBOX = 60_000
UNREAD = 500
SMALL_INBOXES = 10_000
SMALL_INBOX = 5
CHUNK_SIZE = 100

# What one statement may cost. Rows that one node of its plan reads on PostgreSQL: a stream is told
# of 300 changes at most. Steps of SQLite's virtual machine: a look at each item takes 300,000.
MAX_ROWS = 1_000
MAX_STEPS = 100_000
STEP = 100

WITHOUT, WITH = "without statistics", "with statistics"
# PostgreSQL goes by how many rows it believes there are in a page: here in 1,000,000 items.
TENFOLD = "with statistics of ten times as many"

pytestmark = pytest.mark.django_db


# --- A large database -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once, and gone when the tests of this module are over."""
    with django_db_blocker.unblock():
        try:
            _hold_in_memory(kib=262_144)
            with transaction.atomic():
                made = _make_world()
            yield made
        finally:
            call_command("flush", interactive=False, verbosity=0)
            connection.close()


def _hold_in_memory(*, kib):
    """What SQLite has read: its own 2 MB are a small part of this database. Costs are no other."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{kib}")


# SQLite has none until somebody runs ANALYZE; PostgreSQL gathers them by itself.
STATISTICS = [WITHOUT, WITH] if connection.vendor == "sqlite" else [WITH, TENFOLD]


@pytest.fixture(scope="module", params=STATISTICS)
def statistics(request, world):
    """What the planner knows of the tables."""
    sqlite = connection.vendor == "sqlite"
    if request.param != WITHOUT:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    if request.param == TENFOLD:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = reltuples * 10 WHERE relname = ANY(%s)",
                [list(LARGE_TABLES)],
            )
    yield
    if request.param == WITH and sqlite:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_master")  # reads the table of statistics anew


@pytest.fixture
def large(world, statistics, settings):
    """The large database; whatever a test does to it is undone."""
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = CHUNK_SIZE
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    return world


def _make_world():
    users = get_user_model()
    names = ["big", *(f"small {number}" for number in range(SMALL_INBOXES))]
    users.objects.bulk_create([users(username=name, password="!") for name in names])
    Inbox.objects.ensure(users.objects.all())
    big, small = users.objects.get(username="big"), users.objects.get(username="small 7")
    everybodys = _make_notifications()
    _make_items(everybodys, big)
    _make_operations(big)
    _make_rules(big)
    staff = users.objects.create_superuser("staff")
    return SimpleNamespace(big=big, small=small, staff=staff, everybodys=everybodys)


def _make_notifications():
    everybodys = Notification.objects.create(
        title="Hello", body="world " * 100, status=Status.SENT, audience_kind="everyone"
    )
    _multiply(everybodys, _numbers(BIG_INBOX), title="'Number ' || n.i")
    numbered = Notification.objects.filter(pk__gt=everybodys.pk)
    assert numbered.count() == BIG_INBOX
    # What has its time still to come, and what is over: nothing of it is due.
    now, day = timezone.now(), timedelta(days=1)
    late = everybodys.pk + BIG_INBOX
    numbered.filter(pk__gt=late - 1_000).update(status=Status.SCHEDULED, send_at=now + day)
    numbered.filter(pk__lte=late - 1_000, pk__gt=late - 6_000).update(expires_at=now + day)
    over = numbered.filter(pk__lte=late - 6_000, pk__gt=late - 9_000)
    over.update(expires_at=now - day, expired_at=now)
    Removal.objects.bulk_create(
        [
            Removal(pk=pk, reason="expired", finished_at=now)
            for pk in over.values_list("pk", flat=True)
        ]
    )
    return everybodys


def _make_items(everybodys, big):
    item = InboxItem.objects.create(
        inbox_id=big.notifications_inbox.pk,
        notification=everybodys,
        revision=1,
        arrived_revision=1,
        arrived_at=timezone.now(),
    )
    # In the big inbox all but the newest are read, and each fifth is archived.
    read = f"CASE WHEN n.i <= {BIG_INBOX - UNREAD} THEN t.arrived_at END"
    _multiply(
        item,
        _numbers(BIG_INBOX),
        notification_id=f"{everybodys.pk} + n.i",
        revision="n.i + 1",
        arrived_revision="n.i + 1",
        seen_at=read,
        read_at=read,
        archived_at="CASE WHEN n.i % 5 = 0 THEN t.arrived_at END",
        saved_at="CASE WHEN n.i % 7 = 0 THEN t.arrived_at END",
        removed_at="CASE WHEN n.i % 50 = 1 THEN t.arrived_at END",
    )
    # The small ones hold everybody's as their first, and then each some others.
    others = f"1 + (b.user_id * {SMALL_INBOX} + n.i) % {BIG_INBOX}"
    _multiply(
        item,
        f"{_numbers(SMALL_INBOX)} JOIN notifications_inbox b ON b.user_id <> {big.pk}",
        inbox_id="b.id",
        notification_id=f"{everybodys.pk} + CASE n.i WHEN 1 THEN 0 ELSE {others} END",
        revision="n.i",
        arrived_revision="n.i",
        archived_at="CASE WHEN n.i = 2 THEN t.arrived_at END",
        saved_at="CASE WHEN n.i = 3 THEN t.arrived_at END",
    )
    _snooze_some()
    assert InboxItem.objects.count() > 100_000
    _gather_statistics()
    _count_anew()


def _gather_statistics():
    if connection.vendor == "postgresql":
        # What it gathered while other tests ran says that the tables are small: by that it would
        # count for a quarter of an hour.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _snooze_some():
    # Each ninth sleeps on until tomorrow, and in small inboxes one: statistics are of all inboxes.
    some = [SMALL_INBOX, *range(0, BIG_INBOX, 9)]
    asleep = InboxItem.objects.filter(archived_at=None, arrived_revision__in=some)
    asleep.update(snoozed_until=timezone.now() + timedelta(days=1))


def _count_anew():
    mine = InboxItem.objects.filter(inbox=OuterRef("pk")).order_by()
    per_inbox = mine.values("inbox")
    listed = {"removed_at": None, "archived_at": None, "snoozed_until": None}
    Inbox.objects.filter(items__isnull=False).update(
        revision=Subquery(mine.order_by("-revision").values("revision")[:1]),
        unread_count=Subquery(
            per_inbox.filter(**listed, read_at=None).annotate(n=Count("pk")).values("n")
        ),
        unseen_count=Subquery(
            per_inbox.filter(**listed, seen_at=None).annotate(n=Count("pk")).values("n")
        ),
    )


def _make_operations(big):
    operation = Operation.objects.create(
        inbox_id=big.notifications_inbox.pk, op_id="0", request_hash="", answer={}
    )
    _multiply(operation, _numbers(5_000), op_id="CAST(n.i AS varchar(9))")


def _make_rules(big):
    """Everybody has muted something that nobody sends, or the table would be empty to read."""
    rule = InboxRule.objects.create(
        inbox_id=big.notifications_inbox.pk, kind=InboxRule.Kind.THREAD, value="muted"
    )
    others = f"{_numbers(5)} JOIN notifications_inbox b ON b.user_id <> {big.pk}"
    _multiply(rule, others, inbox_id="b.id", value="'muted ' || n.i")


def _numbers(count):
    return (
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i < {count}) SELECT i FROM n) n"
    )


def _multiply(row, source, **columns):
    """Insert a copy of ``row`` per row of ``source``, but for ``columns``: over t and source."""
    table, key = row._meta.db_table, row._meta.pk.column
    names = [field.column for field in row._meta.concrete_fields if not field.primary_key]
    expressions = [columns.get(name, f"t.{name}") for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(expressions)}"
            f" FROM {table} t CROSS JOIN {source} WHERE t.{key} = {row.pk}"
        )


# --- What a statement costs -----------------------------------------------------------------------


@dataclass
class Statement:
    sql: str
    plan: list[str]
    # Tables whose rows it looks at one after the other.
    scanned: set[str]
    # The most rows that one node of its plan reads (PostgreSQL), or the machine's steps (SQLite).
    cost: int = 0
    sorts: bool = False

    def __str__(self):
        sql = re.sub(r"(%s, ){9,}", "%s, ..., ", self.sql)
        return "\n".join([f"{self.cost:,}: {sql}", *self.plan])


@dataclass
class Recording:
    statements: list[Statement] = field(default_factory=list)

    def must_be_cheap(self, *, most_queries, most_cost=None, scanned=(), may_sort=False):
        most_cost = most_cost or (MAX_ROWS if connection.vendor == "postgresql" else MAX_STEPS)
        for statement in self.statements:
            assert statement.scanned <= set(scanned), f"scans {statement.scanned}\n{statement}"
            assert may_sort or not statement.sorts, f"sorts items\n{statement}"
            assert statement.cost <= most_cost, f"costs too much\n{statement}"
        assert 0 < len(self.statements) <= most_queries, "\n\n".join(map(str, self.statements))


@contextmanager
def explained():
    """Explain each statement that runs in the block."""
    recording = Recording()
    recorder = _record_postgresql if connection.vendor == "postgresql" else _record_sqlite
    with recorder(recording) as wrapper, connection.execute_wrapper(wrapper):
        yield recording


@contextmanager
def _record_postgresql(recording):
    def wrapper(execute, sql, params, many, context):
        if not _is_bookkeeping(sql):
            # A cursor of our own: the statement's may be one of the server's.
            with context["connection"].connection.cursor() as cursor:
                # ANALYZE runs the statement; what that writes is undone.
                cursor.execute("SAVEPOINT explain")
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()
                cursor.execute("ROLLBACK TO SAVEPOINT explain")
            recording.statements.append(_judged_postgresql(sql, plan[0]["Plan"]))
        return execute(sql, params, many, context)

    yield wrapper


def _judged_postgresql(sql, plan):
    statement = Statement(sql, [], set())
    nodes = [(plan, "")]
    while nodes:
        node, indent = nodes.pop()
        nodes += [(child, indent + "  ") for child in node.get("Plans", [])]
        removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
        rows = int((node["Actual Rows"] + removed) * node["Actual Loops"])
        kind, table = node["Node Type"], node.get("Relation Name")
        statement.plan.append(f"{indent}{kind} {table} {node.get('Index Name')}: {rows} rows")
        if table in LARGE_TABLES and kind != "ModifyTable":
            statement.cost = max(statement.cost, rows)
            if kind == "Seq Scan" and node["Actual Loops"]:
                statement.scanned.add(table)
    return statement


@contextmanager
def _record_sqlite(recording):
    def wrapper(execute, sql, params, many, context):
        if not _is_bookkeeping(sql):
            execute(f"EXPLAIN QUERY PLAN {sql}", params, many, context)
            plan = [detail for *_, detail in context["cursor"].fetchall()]
            recording.statements.append(_judged_sqlite(sql, plan))
        return execute(sql, params, many, context)

    def step():
        # Also while the rows are fetched: then no other statement has begun yet.
        if recording.statements:
            recording.statements[-1].cost += STEP

    connection.connection.set_progress_handler(step, STEP)
    yield wrapper
    connection.connection.set_progress_handler(None, STEP)


def _judged_sqlite(sql, plan):
    names = [(table, table) for table in LARGE_TABLES]
    names += re.findall(rf'"?\b({"|".join(LARGE_TABLES)})"? (?:AS )?"?(\w+)"?', sql)
    tables = {alias: table for table, alias in names if table in LARGE_TABLES}
    scans = [line.split()[1] for line in plan if line.startswith("SCAN ")]
    return Statement(
        sql,
        plan,
        scanned={tables[name] for name in scans if name in tables},
        sorts="USE TEMP B-TREE FOR ORDER BY" in plan and InboxItem._meta.db_table in sql,
    )


def _is_bookkeeping(sql):
    return sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "EXPLAIN"))


# --- What is asked --------------------------------------------------------------------------------

DEEP = BIG_INBOX // 2
# The session, its user, and the one statement that the answer is made of.
PER_REQUEST = 3
# A page also asks for its reader's language, and offers to choose among the categories, levels and
# senders of its inbox.
OF_PAGES = {"/api/v1/inbox": 0, "/inbox/": 2}


@pytest.fixture
def get(large):
    def act(path, user=None):
        client = Client()
        client.force_login(user or large.big)
        with explained() as recording:
            response = client.get(path)
        assert response.status_code == 200, response
        return recording, response

    return act


@pytest.mark.parametrize("name", ["big", "small"])
@pytest.mark.parametrize("listing", ["inbox", "unread", "snoozed", "archived", "saved"])
@pytest.mark.parametrize("path", ["/api/v1/inbox", "/inbox/"])
def test_a_page_of_an_inbox_reads_a_page(get, large, path, listing, name):
    recording, _ = get(f"{path}?filter={listing}", getattr(large, name))
    recording.must_be_cheap(most_queries=PER_REQUEST + OF_PAGES[path])


@pytest.mark.parametrize("listing", ["inbox", "unread", "snoozed", "archived", "saved"])
@pytest.mark.parametrize("path", ["/api/v1/inbox", "/inbox/"])
def test_a_deep_page_costs_no_more_than_the_first(get, path, listing):
    before = BIG_INBOX - UNREAD // 2 if listing == "unread" else DEEP
    recording, _ = get(f"{path}?filter={listing}&before={before}")
    recording.must_be_cheap(most_queries=PER_REQUEST + OF_PAGES[path])


# Which way a search takes is asked before it goes, and a way that was given up by another.
SEARCHING = 8


@pytest.mark.parametrize(
    "query",
    [
        "q=number+777",
        "q=number+nowhere",
        "q=nowhere",
        "q=wor",
        "sender=x",
        "thread=x",
        "q=wor&category=rare",
        "q=number+777&level=info",
        "q=wor&level=critical",
    ],
)
@pytest.mark.parametrize("name", ["big", "small"])
def test_a_search_looks_at_nothing_of_other_inboxes(get, large, query, name):
    recording, _ = get(f"/api/v1/inbox?{query}", getattr(large, name))
    recording.must_be_cheap(
        most_queries=PER_REQUEST + SEARCHING,
        most_cost=BIG_INBOX if connection.vendor == "postgresql" else 20 * MAX_STEPS,
        may_sort=True,
    )


# The page also asks for its reader's language, and shows the counts and what lies on either side.
@pytest.mark.parametrize(("path", "more"), [("/api/v1/inbox/{pk}", 0), ("/inbox/{pk}/", 4)])
def test_one_notification_is_one_row(get, large, path, more):
    recording, _ = get(path.format(pk=large.everybodys.pk + DEEP))
    # Django's first() asks for an order, though there is one row.
    recording.must_be_cheap(most_queries=PER_REQUEST + more, may_sort=True)


def test_the_session_costs_one_row(get):
    recording, _ = get("/api/v1/session")
    recording.must_be_cheap(most_queries=PER_REQUEST)


# The epoch, and the one statement that answers all who ask.
PER_CATCHING_UP = 2


@pytest.mark.parametrize("behind", [0, 1, 250, 301, BIG_INBOX])
def test_catching_up_reads_what_changed(large, behind):
    head = reading.head(large.big.pk)
    with explained() as recording:
        (found,) = catch_up(
            [Ask(large.big.notifications_inbox.pk, Cursor(head.epoch, head.revision - behind))]
        )
    assert (found.since is None) == (behind > 300)
    recording.must_be_cheap(most_queries=PER_CATCHING_UP)


@pytest.mark.parametrize("name", ["big", "small"])
def test_a_snapshot_reads_a_page(large, name):
    inbox = Inbox.objects.get(user=getattr(large, name))
    with explained() as recording:
        catch_up([Ask(inbox.pk, None)])
    recording.must_be_cheap(most_queries=PER_CATCHING_UP)


def test_a_snapshot_of_an_inbox_that_was_archived_reads_nothing(large):
    InboxItem.objects.filter(inbox__user=large.big.pk).update(
        archived_at=timezone.now(), snoozed_until=None
    )
    with explained() as recording:
        (found,) = catch_up([Ask(large.big.notifications_inbox.pk, None)])
    assert found.listed == ()
    recording.must_be_cheap(most_queries=PER_CATCHING_UP)


# The inbox under its lock, the epoch (for the act and for its hint), what there is to do, doing it,
# counting what came of it, saying so to whoever counts for the sender, the clock (two), and the
# revision.
PER_ACT = 10


@pytest.mark.parametrize(
    "act",
    [
        acts.mark_seen,
        acts.mark_read,
        acts.mark_unread,
        acts.archive,
        acts.restore,
        acts.save,
        acts.unsave,
        lambda user_id, which: acts.snooze(user_id, which, timezone.now() + timedelta(hours=1)),
    ],
)
@pytest.mark.parametrize("name", ["big", "small"])
def test_an_act_on_some_reads_these(large, act, name):
    user = getattr(large, name)
    items = InboxItem.objects.filter(inbox__user=user.pk).order_by("-pk")
    which = acts.Chosen(set(items.values_list("notification_id", flat=True)[:200]))
    with explained() as recording:
        act(user.pk, which)
    recording.must_be_cheap(most_queries=PER_ACT)


@pytest.mark.parametrize("act", [acts.mark_seen, acts.mark_read])
@pytest.mark.parametrize("name", ["big", "small"])
def test_an_act_on_all_reads_what_is_unread(large, act, name):
    head = reading.head(getattr(large, name).pk)
    with explained() as recording:
        result = act(getattr(large, name).pk, acts.AllUpTo(head.epoch, head.revision))
    assert result.changed > SMALL_INBOX / 2
    recording.must_be_cheap(most_queries=PER_ACT)


def test_taking_back_an_act_on_all_reads_what_it_changed(large):
    head = reading.head(large.big.pk)
    done = acts.mark_read(large.big.pk, acts.AllUpTo(head.epoch, head.revision))
    with explained() as recording:
        undone = acts.mark_unread(large.big.pk, acts.ChangedIn(done.revision))
    assert undone.changed == done.changed > 0
    recording.must_be_cheap(most_queries=PER_ACT)


def test_archiving_all_reads_this_inbox_alone(large):
    head = reading.head(large.big.pk)
    with explained() as recording:
        acts.archive(large.big.pk, acts.AllUpTo(head.epoch, 500))
    recording.must_be_cheap(most_queries=PER_ACT)
    head = reading.head(large.small.pk)
    with explained() as recording:
        acts.archive(large.small.pk, acts.AllUpTo(head.epoch, head.revision))
    recording.must_be_cheap(most_queries=PER_ACT)


def test_an_act_by_http_is_as_cheap(large):
    client = Client()
    client.force_login(large.big)
    body = {
        "op": "read",
        "notifications": [str(large.everybodys.pk + BIG_INBOX - 2)],
        "op_id": "mine",
    }
    with explained() as recording:
        response = client.post("/api/v1/inbox/actions", body, content_type="application/json")
    assert response.json().get("changed") == 1, response.content
    recording.must_be_cheap(most_queries=PER_REQUEST + PER_ACT + 3)


def _receipts(large, count):
    head = catch_up_module.epoch_tag(Epoch.objects.get().epoch_secret)
    inboxes = Inbox.objects.order_by("pk").values_list("pk", flat=True)
    small = large.small.notifications_inbox
    return [Receipt(pk, head, 2**53 - 1) for pk in [small.pk, *inboxes[:count]]]


def test_receipts_read_what_they_mark(large):
    # Those of the big inbox too, of which more is undelivered than one transaction takes.
    told = _receipts(large, 200)
    with explained() as recording:
        receipts.write(told)
    recording.must_be_cheap(most_queries=5, most_cost=70 * receipts._MAX_ITEMS)
    assert InboxItem.objects.exclude(delivered_at=None).count() == receipts._MAX_ITEMS


def test_receipts_with_nothing_to_mark_read_nothing(large):
    told = _receipts(large, 500)
    InboxItem.objects.filter(inbox__in=[one.inbox_id for one in told]).update(
        delivered_at=timezone.now()
    )
    with explained() as recording:
        assert receipts.write(told)
    recording.must_be_cheap(most_queries=2)


def test_figures_are_added_up_from_tallies_alone(large):
    pks = range(large.everybodys.pk + 1, large.everybodys.pk + 60)
    StatsDelta.objects.bulk_create(StatsDelta(notification_id=pk, delivered=1) for pk in pks)
    with explained() as recording:
        stats.roll_up()
    recording.must_be_cheap(most_queries=6)
    assert not StatsDelta.objects.exists()


def test_looking_for_what_is_due_finds_nothing_without_reading(large):
    with explained() as recording:
        worker.run_due()
    recording.must_be_cheap(most_queries=12)
    with explained() as recording:
        assert not due.is_work()
        due.is_asleep()
    recording.must_be_cheap(most_queries=2)


def test_waking_reads_what_is_due(large):
    items = large.big.notifications_inbox.items.snoozed()
    past = items.filter(arrived_revision__lte=300).order_by("pk").values_list("pk", flat=True)[:200]
    items.filter(pk__in=list(past)).update(snoozed_until=timezone.now() - timedelta(hours=1))
    with explained() as recording:
        assert Waking().some() > 20
    recording.must_be_cheap(most_queries=PER_CHUNK)


def test_forgetting_old_answers_reads_the_old_ones(large):
    old = timezone.now() - timedelta(days=9)
    Operation.objects.filter(op_id__startswith="49").update(created_at=old)
    with explained() as recording:
        assert idempotency.forget_old() > 50
    recording.must_be_cheap(most_queries=2)


def test_sending_to_one_user_reads_that_user(large):
    with explained() as recording, transaction.atomic():
        sending_acts.send(Message("Hello"), audience=audiences.ChosenUsers.named(["small 7"]))
    recording.must_be_cheap(most_queries=6)


@pytest.fixture
def some(large):
    """Rows to one user each, that are not stored yet."""
    asked = [
        sending_acts.Request(Message("Hello"), audiences.ChosenUsers([user.pk], user.username))
        for user in (large.small, large.big) * 10
    ]
    return [accepting.row_of(one.message, one.audience) for one in asked]


def test_sending_to_some_at_once_reads_these(some):
    with explained() as recording, transaction.atomic():
        at_once.store(some)
    recording.must_be_cheap(most_queries=12)
    assert InboxItem.objects.filter(notification__in=some).count() == len(some)


if connection.vendor == "postgresql":

    def test_sending_to_some_by_one_statement_reads_these(some):
        with explained() as recording:
            assert in_one.store(some)
        recording.must_be_cheap(most_queries=1)
        assert InboxItem.objects.filter(notification__in=some).count() == len(some)


def test_how_often_everyone_was_told_something_is_read_of_the_last_hour(large):
    asked = Notification(audience_kind=audiences.Everyone.kind, idempotency_scope="admin:1")
    # All that there are went out before that.
    later = timezone.now() + timedelta(hours=2)
    with explained() as recording:
        quota.require_room(asked, later)
    recording.must_be_cheap(most_queries=1)


# The chunk's end, its fence, and what a chunk does.
PER_CHUNK = 15


@pytest.mark.parametrize("kind", ["everyone", "users"])
def test_a_chunk_of_a_dispatch_reads_its_own_users(large, kind):
    names = [f"small {number}" for number in range(500, 1_000)]
    audience = audiences.Everyone() if kind == "everyone" else audiences.ChosenUsers.named(names)
    sent = sending_acts.send(Message("Hello"), audience=audience).notification
    _walk_one_chunk(Dispatch(sent.pk))
    with explained() as recording:
        _walk_one_chunk(Dispatch(sent.pk))
    recording.must_be_cheap(most_queries=3 + PER_CHUNK)


def test_a_chunk_reads_the_rules_of_its_own_users_and_of_what_is_sent(large):
    inboxes = list(Inbox.objects.order_by("pk").values_list("pk", flat=True))
    said = {"category": "general", "sender": "Robot", "thread": "a"}
    rules = [*said.items(), ("off", "general"), ("off", "x")]
    InboxRule.objects.bulk_create(
        InboxRule(inbox_id=pk, kind=kind, value=value) for pk in inboxes for kind, value in rules
    )
    sent = sending_acts.send(Message("Hello", **said), audience=audiences.Everyone()).notification
    job = Dispatch(sent.pk)
    _walk_one_chunk(job)
    with explained() as recording:
        _walk_one_chunk(Dispatch(sent.pk))
    recording.must_be_cheap(most_queries=3 + PER_CHUNK)
    sent.refresh_from_db()
    assert (sent.item_count, sent.muted_count) == (0, 2 * CHUNK_SIZE)


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_small_sends_that_are_done_together_read_their_own_users(large, kind, monkeypatch):
    monkeypatch.setattr(small_sends, "_READING_S", 60)  # explaining takes its time
    users = list(get_user_model().objects.order_by("pk")[500:600])
    group = Group.objects.create(name="staff")
    group.user_set.set(users[:1])
    chosen = [[user.pk] for user in users] if kind == "users" else [[group.pk]] * len(users)
    made = Notification.objects.bulk_create(
        Notification(title="Hi", audience_kind=kind, audience_ids=ids, status=Status.SENDING)
        for ids in chosen
    )
    with explained() as recording:
        assert send_together([one.pk for one in made]) == Left([], [])
    assert InboxItem.objects.filter(notification__in=made).count() == len(made)
    is_read_of_all = kind == "groups"  # who is in a group, as in a chunk of a dispatch
    recording.must_be_cheap(
        most_queries=3 + PER_CHUNK,
        most_cost=2 * SMALL_INBOXES * STEPS_PER_ROW if is_read_of_all else None,
        scanned=["accounts_user"] if is_read_of_all else (),
    )


def test_a_chunk_of_a_removal_reads_its_own_inboxes(large):
    assert sending_acts.withdraw(large.everybodys.pk)
    _walk_one_chunk(RemovalJob(large.everybodys.pk))
    with explained() as recording:
        _walk_one_chunk(RemovalJob(large.everybodys.pk))
    recording.must_be_cheap(most_queries=3 + PER_CHUNK)


def test_a_chunk_of_an_edit_reads_its_own_inboxes(large):
    rows = Notification.objects.filter(pk=large.everybodys.pk)
    rows.update(cursor=Inbox.objects.latest("pk").pk)
    assert sending_acts.edit(large.everybodys.pk, title="Edited")
    _walk_one_chunk(EditJob(large.everybodys.pk))
    with explained() as recording:
        _walk_one_chunk(EditJob(large.everybodys.pk))
    recording.must_be_cheap(most_queries=3 + PER_CHUNK)


if connection.vendor == "postgresql":

    @pytest.mark.parametrize("job", [EditJob, RemovalJob])
    def test_a_whole_chunk_reads_its_own_while_statistics_are_late(large, job, settings):
        # What has just been dispatched is not in them: the items of all other inboxes were taken
        # for few, and read by each chunk.
        settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 1_000
        last, now = Inbox.objects.latest("pk").pk, timezone.now()
        begun = {"begun_at": now} if job is EditJob else {"reason": Removal.Reason.WITHDRAWN}
        job.model.objects.create(pk=large.everybodys.pk, upto=last, **begun)
        with connection.cursor() as cursor:
            table = InboxItem._meta.db_table
            cursor.execute("DELETE FROM pg_statistic WHERE starelid = %s::regclass", [table])
        _walk_one_chunk(job(large.everybodys.pk))
        with explained() as recording:
            _walk_one_chunk(job(large.everybodys.pk))
        recording.must_be_cheap(most_queries=3 + PER_CHUNK)


def test_a_token_is_found_by_its_hash_and_old_ones_by_their_age(large, monkeypatch):
    key, _ = keys.make("shop", ["tokens"])
    now, hour = timezone.now(), timedelta(hours=1)
    AccessToken.objects.bulk_create(
        AccessToken(
            token_hash=f"{n}",
            user=large.small,
            api_key=key,
            auth_hash="",
            expires_at=now - hour if n % 100 == 0 else now + hour,
        )
        for n in range(5_000)
    )
    token, _ = tokens.issue(large.small, origins=[], api_key=key)
    table = AccessToken._meta.db_table
    monkeypatch.setitem(globals(), "LARGE_TABLES", {*LARGE_TABLES, table})
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
    with explained() as recording:
        (login,) = tokens.logins_of([token])
    assert login.user == large.small
    recording.must_be_cheap(most_queries=1)
    with explained() as recording:
        assert tokens.forget_old() == 50
    recording.must_be_cheap(most_queries=2)


def test_sessions_that_are_over_are_found_by_their_end(large, monkeypatch):
    now, hour = timezone.now(), timedelta(hours=1)
    Session.objects.bulk_create(
        Session(session_key=f"{n}", expire_date=now - hour if n % 100 == 0 else now + hour)
        for n in range(5_000)
    )
    table = Session._meta.db_table
    monkeypatch.setitem(globals(), "LARGE_TABLES", {*LARGE_TABLES, table})
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
    with explained() as recording:
        assert sessions.forget_old() == 50
    recording.must_be_cheap(most_queries=2)


def _walk_one_chunk(job):
    stop = Event()
    stop.set()
    assert not job.run(stop)


# The session, its user, the bell, the rows and how many there are; and what SQLite does for a row.
ADMIN_PAGE = 6
STEPS_PER_ROW = 15


@pytest.mark.parametrize(
    "page", ["", "?status__exact=sent", "?status__exact=sent&level__exact=info"]
)
def test_the_changelist_of_the_admin_reads_a_page(get, large, page):
    recording, _ = get(f"/admin/notifications/notification/{page}", large.staff)
    # It goes through the table in the order of its key, past the newest 1,000, which are scheduled,
    # and stops where the links on the page end.
    recording.must_be_cheap(
        most_queries=ADMIN_PAGE,
        most_cost=2 * MAX_ROWS if connection.vendor == "postgresql" else MAX_STEPS,
        scanned=["notifications_notification"],
    )


def test_a_deep_page_of_the_changelist_reads_up_to_it(get, large):
    recording, _ = get("/admin/notifications/notification/?p=500", large.staff)
    recording.must_be_cheap(
        most_queries=ADMIN_PAGE,
        most_cost=500 * 50 * STEPS_PER_ROW,
        scanned=["notifications_notification"],
    )


@pytest.mark.parametrize("progress", ["", "undelivered", "delivered", "seen", "read"])
def test_the_recipients_of_a_notification_are_found_by_it(get, large, progress):
    query = f"notification={large.everybodys.pk}&progress={progress}"
    recording, _ = get(f"/admin/notifications/inboxitem/?{query}", large.staff)
    # With a filter, at most all of this notification's.
    most_cost = None if progress in {"", "undelivered"} else SMALL_INBOXES * STEPS_PER_ROW
    recording.must_be_cheap(most_queries=ADMIN_PAGE + 3, most_cost=most_cost)


@pytest.mark.parametrize("page", ["add", "{pk}/change"])
def test_composing_and_looking_at_one_read_no_list(get, large, page):
    path = f"/admin/notifications/notification/{page}/".format(pk=large.everybodys.pk)
    recording, _ = get(path, large.staff)
    # The page of one counts its items.
    recording.must_be_cheap(most_queries=6, most_cost=SMALL_INBOXES * STEPS_PER_ROW)


def test_reviewing_what_goes_to_everyone_counts_them_and_reads_ten(large):
    client = Client()
    client.force_login(large.staff)
    form = {"title": "x", "level": "info", "category": "general", "kind": "everyone", "key": "k"}
    with explained() as recording:
        page = client.post("/admin/notifications/notification/add/", form)
    assert b"10002" in page.content
    # Counting all users looks at all users. SQLite's plan calls two tables U0, so the rules' seems
    # to be scanned too, whose rows would be five times as many.
    recording.must_be_cheap(
        most_queries=20,
        most_cost=SMALL_INBOXES * 20,
        scanned=["accounts_user", "notifications_inboxrule"],
    )
