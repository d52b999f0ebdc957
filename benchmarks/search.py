"""How long a search of a large inbox takes, beside the LIKE that one would write first.

``python -m benchmarks.search --items 100000 --runs 20`` fills one inbox on a new SQLite file, then
on a private PostgreSQL server, and as many items of others beside it. It reads pages of what
typical searches find, as the page and the API do, and by ``icontains`` for each word. Then it
inserts notifications with the index and without it, to show what that costs a sender.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from benchmarks import harness, machine
from benchmarks.dispatch import _database, _environment, _version
from notifications.management.comparison.results import percentile

PAGE_SIZE, BATCH = 50, 2_000
# A vocabulary in which few words are frequent and most are rare, as in what people write.
SYLLABLES = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
VOCABULARY = [
    "".join(random.Random(number).choices(SYLLABLES, k=2 + number % 3)) for number in range(5_001)
]
BUDGET_MS = 50.0
QUERIES: dict[str, dict[str, Any]] = {
    "one word, frequent": {"query": "{3}"},
    "one word, rare": {"query": "{4321}"},
    "two words, any order": {"query": "{40} {7}"},
    "two words, both frequent": {"query": "{1} {2}"},
    "three words, all frequent": {"query": "{3} {1} {2}"},
    "two words, rather rare": {"query": "{300} {200}"},
    "two words, frequent and rare": {"query": "{2} {4321}"},
    "two words, frequent and middling": {"query": "{300} {2}"},
    "the first letter": {"query": "{5:.1}"},
    "the first three letters": {"query": "{12:.3}"},
    "none found": {"query": "nowhere"},
    "two words that never meet": {"query": "{4999} {4998}"},
    "word, category and level": {
        "query": "{9}", "categories": ("category3",), "levels": ("critical",),
    },
    "frequent word, one category": {"query": "{2}", "categories": ("category3",)},
    "frequent word, rare level": {"query": "{2}", "levels": ("critical",)},
    "frequent word, one sender": {"query": "{2}", "senders": ("Sender 77",)},
    "middling word, one category": {"query": "{300}", "categories": ("category3",)},
    "middling word, rare level": {"query": "{300}", "levels": ("critical",)},
    "rare word, one sender": {"query": "{4321}", "senders": ("Sender 77",)},
    "two frequent words, rare level": {"query": "{2} {1}", "levels": ("critical",)},
    "sender alone": {"senders": ("Sender 77",)},
    "level alone": {"levels": ("critical",)},
    "category alone": {"categories": ("category3",)},
    "one word, frequent, page 20": {"query": "{3}", "page": 20},
    "two words, frequent, page 20": {"query": "{1} {2}", "page": 20},
    "frequent and middling, page 2": {"query": "{300} {2}", "page": 2},
    "frequent, rare level, page 4": {"query": "{2}", "levels": ("critical",), "page": 4},
    "one sender alone, page 5": {"senders": ("Sender 77",), "page": 5},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--naive-runs", type=int, default=3)
    parser.add_argument("--inserts", type=int, default=2_000)
    parser.add_argument(
        "--database", choices=["sqlite", "postgresql"], action="append", help="may be repeated"
    )
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="of this process, which on SQLite does all: for a machine that others keep busy",
    )
    parser.add_argument("--role", choices=["parent", "measure"], default="parent")
    options = parser.parse_args()
    if options.role == "parent":
        _run_on_each_database(options)
        return
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    _measure(options)


def _run_on_each_database(options: argparse.Namespace) -> None:
    print(machine.describe(), flush=True)
    for name in options.database or ["sqlite", "postgresql"]:
        command = [sys.executable, "-m", "benchmarks.search", "--role", "measure", *sys.argv[1:]]
        with _database(name) as url:
            subprocess.run(command, env=_environment(url), check=True)


def _measure(options: argparse.Namespace) -> None:
    from django.db import connection  # noqa: PLC0415

    user = _fill(options.items)
    clock = time.process_time if options.cpu_time else time.perf_counter
    print(f"\n{_version()}, {options.items:,} items in one inbox, pages of {PAGE_SIZE}")
    print(f"  {'':34} ours (budget {BUDGET_MS:g} ms)             icontains")
    whom = f"A page of a search in {options.items:,} items, {connection.vendor}"
    table = harness.Table(whom, "ms", budgets=dict.fromkeys(QUERIES, BUDGET_MS))
    beside = harness.Table(f"{whom}, by icontains", "ms")
    for label, template in QUERIES.items():
        asked = template | {"query": template.get("query", "").format(*VOCABULARY)}
        number = asked.pop("page", 1)
        before = _top_of_page(user, asked, number)
        ours = _timed(lambda asked=asked, at=before: _search(user, asked, at), options.runs, clock)
        naive = _timed(
            lambda asked=asked, at=before: _naive(user, asked, at), options.naive_runs, clock
        )
        table.figures[label], beside.figures[label] = ours, naive
        print(f"  {label:34} {_spread(ours)}   {_spread(naive)}", flush=True)
    with_index = _inserts(options.inserts)
    _drop_index()
    without = _inserts(options.inserts)
    added = with_index - without
    print(
        f"  a notification is inserted in {with_index:.3f} ms, without the index in {without:.3f}"
    )
    print(f"  so the index costs {added:.3f} ms a notification, and nothing a recipient")
    described = machine.describe(_version())
    harness.keep(harness.RESULTS, f"search-{connection.vendor}", described, [table, beside])


def _spread(milliseconds: list[float]) -> str:
    p50, p95 = percentile(milliseconds, 0.5), percentile(milliseconds, 0.95)
    return f"p50 {p50:7.1f} ms, p95 {p95:7.1f} ms"


def _timed(
    search: Callable[[], Any], runs: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    # Once unmeasured: the first one reads from the disk.
    search()
    taken = []
    for _ in range(runs):
        started = clock()
        search()
        taken.append(1000 * (clock() - started))
    return taken


def _page(user: Any, asked: dict[str, Any], before: int | None) -> Any:
    from notifications.inbox import reading  # noqa: PLC0415
    from notifications.inbox.search import Search  # noqa: PLC0415

    return reading.page(user.pk, before=before, size=PAGE_SIZE, search=Search(**asked))


def _search(user: Any, asked: dict[str, Any], before: int | None) -> int:
    return len(_page(user, asked, before).notifications)


def _top_of_page(user: Any, asked: dict[str, Any], number: int) -> int | None:
    """Where the page of that number begins, as its reader comes to it; None: the first."""
    before = None
    for _ in range(number - 1):
        before = _page(user, asked, before).next_before
    return before


def _naive(user: Any, asked: dict[str, Any], before: int | None) -> int:
    from django.db.models import Q  # noqa: PLC0415

    from notifications.models import InboxItem  # noqa: PLC0415

    items = InboxItem.objects.listed().filter(inbox__user=user).select_related("notification")
    for field in ("categories", "levels", "senders"):
        if asked.get(field):
            name = {"categories": "category", "levels": "level", "senders": "sender"}[field]
            items = items.filter(**{f"notification__{name}__in": asked[field]})
    words = [
        Q(notification__title__icontains=word)
        | Q(notification__body__icontains=word)
        | Q(notification__sender__icontains=word)
        for word in asked.get("query", "").split()
    ]
    found = items.filter(reduce(and_, words)) if words else items
    if before is not None:
        found = found.filter(arrived_revision__lt=before)
    return len(found.order_by("-arrived_revision")[: PAGE_SIZE + 1])


# --- A large inbox --------------------------------------------------------------------------------


def _fill(count: int) -> Any:
    """As many notifications for one user as for another, in turns. Returns: the first user."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from notifications.models import Inbox  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    users = [get_user_model().objects.create(username=name) for name in ("one", "other")]
    Inbox.objects.ensure(get_user_model().objects.all())
    inboxes = [Inbox.objects.get(user=user) for user in users]
    texts = random.Random(7)
    for at in range(0, count, BATCH // 2):
        _fill_batch(inboxes, at, min(BATCH // 2, count - at), texts)
    Inbox.objects.update(revision=count, unread_count=count, unseen_count=count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return users[0]


def _fill_batch(inboxes: list[Any], at: int, count: int, texts: random.Random) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from notifications.models import InboxItem, Notification  # noqa: PLC0415

    now = timezone.now()
    made = Notification.objects.bulk_create([_notification(texts) for _ in range(2 * count)])
    items = [
        InboxItem(
            inbox=inboxes[n % 2], notification=one, revision=at + n // 2 + 1,
            arrived_revision=at + n // 2 + 1, arrived_at=now,
        )
        for n, one in enumerate(made)
    ]  # fmt: skip
    InboxItem.objects.bulk_create(items)


def _notification(texts: random.Random) -> Any:
    from notifications.models import Notification, Status  # noqa: PLC0415

    return Notification(
        title=_text(texts, 5), body=_text(texts, 40), sender=f"Sender {texts.randrange(200)}",
        category=f"category{texts.randrange(8)}", status=Status.SENT, audience_kind="users",
        level=texts.choices(["info", "warning", "critical"], [90, 8, 2])[0],
    )  # fmt: skip


def _text(texts: random.Random, length: int) -> str:
    return " ".join(VOCABULARY[int(5_000 ** texts.random())] for _ in range(length))


# --- What the index costs -------------------------------------------------------------------------


def _inserts(count: int) -> float:
    """Milliseconds a notification, each by a statement of its own, in one transaction."""
    from django.db import transaction  # noqa: PLC0415

    texts = random.Random(8)
    made = [_notification(texts) for _ in range(count)]
    with transaction.atomic():
        started = time.perf_counter()
        for one in made:
            one.save(force_insert=True)
    return 1000 * (time.perf_counter() - started) / count


def _drop_index() -> None:
    from importlib import import_module  # noqa: PLC0415

    from django.db import connection  # noqa: PLC0415

    migration = import_module("notifications.migrations.0002_search")
    with connection.schema_editor() as editor:
        migration.take_back(None, editor)


if __name__ == "__main__":
    main()
