"""What somebody looks for in their inbox: words, and what they filter it by.

A text is shared by all who got it, so two things have to meet: the notifications that match,
whoever's they are, and the items of one inbox in the order of their arrival. Where few match, the
search starts from those. Where many do, it walks the inbox, newest first, and is done when a page
is full; a long walk that finds too little is given up for the other way.

How many match is asked first and decides only that. What is shown is one statement's. Even that is
late for what nearly everything says: FTS5 gathers all hits of the beginning of a word before it
tells the first, and so does PostgreSQL's index with two words. So the texts of the newest are read
before the index is asked. And where few are of what is chosen beside them, the index is not asked
at all: their texts are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import BooleanField, F, Func, OuterRef, Q, QuerySet, Subquery, Value

from notifications.models import Notification
from notifications.models import search as index
from notifications.models.inbox import InboxItemQuerySet
from notifications.wire.search_words import folded, words_of

# So many notifications are few: each is looked up in the inbox.
FEW = 2_000
# So many are few whose texts have to be read.
FEW_TEXTS = 1_000
# So many texts are read before the index is asked: what is frequent fills a page by then.
TEXTS = 800
# So many items are walked before a walk is given up.
STRETCH = 5_000
_TRUE = Value(value=True)


@dataclass(frozen=True)
class Search:
    """What a listing is narrowed to. Nothing given: all of it."""

    query: str = ""
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return words_of(self.query)

    @property
    def folded_words(self) -> list[str]:
        """As ``search_words.pieces`` takes them."""
        return words_of(folded(self.query))

    @property
    def is_on(self) -> bool:
        return bool(self.query.strip() or self._chosen)

    @property
    def _chosen(self) -> Mapping[str, tuple[str, ...]]:
        chosen = {
            "category": self.categories,
            "level": self.levels,
            "sender": self.senders,
            "thread": self.threads,
        }
        return {f"{field}__in": values for field, values in chosen.items() if values}

    def _is_narrow(self, database: str) -> bool:
        """Whether something is chosen of which it is of use to know that there are few texts."""
        # There are but four levels, of which PostgreSQL finds those that say the words as soon.
        is_level = bool(self.levels) and connections[database].vendor == "sqlite"
        return is_level or bool(self.categories or self.senders or self.threads)

    def ways(self, items: InboxItemQuerySet) -> Iterator[InboxItemQuerySet]:
        """What is found of the items, newest first, in ways to be tried in turn.

        All but the last may leave something out at the end: they hold for pages that they fill.
        """
        if self.query.strip() and not self.words:
            # There is something to look for, but no word. (Not by none(), which is no statement.)
            yield items.filter(pk__lt=0)
        elif not self.is_on:
            yield items.order_by("-arrived_revision")
        elif self.words and not index.has_index(connections[items.db]):
            yield self._walk_each(items)
        elif self.words and self._is_narrow(items.db) and self._are_few_chosen(items.db, FEW_TEXTS):
            yield self._from_matches(items, by_text=True)
        else:
            if self.words:
                yield self._walk_texts(items)
            yield from self._by_index(items)

    def upwards(self, items: InboxItemQuerySet) -> InboxItemQuerySet:
        """What is found of the items, oldest first: of what is above a page, the next one."""
        if not self.is_on:
            return items.order_by("arrived_revision")
        if not self.words and self.query.strip():
            return items.filter(pk__lt=0)
        if self.words and not index.has_index(connections[items.db]):
            return self._walk_each(items).order_by("arrived_revision")
        return self._from_matches(items).order_by((F("arrived_revision") + 0).asc())

    def _by_index(self, items: InboxItemQuerySet) -> Iterator[InboxItemQuerySet]:
        if self._are_few(items.db):
            yield self._from_matches(items)
        else:
            yield from self._from_many(items)

    def _walk_texts(self, items: InboxItemQuerySet) -> InboxItemQuerySet:
        # PostgreSQL has their words beside them, and need not read them.
        texts = TEXTS if connections[items.db].vendor == "sqlite" else 3 * TEXTS
        stretch, _ = _newest(items, texts)
        return self._walk_each(stretch, by_text=True)

    def _from_many(self, items: InboxItemQuerySet) -> Iterator[InboxItemQuerySet]:
        stretch, end = _newest(items, STRETCH)
        if connections[items.db].vendor == "sqlite":
            yield self._walk_beside(stretch)
        else:
            yield self._walk_each(stretch)
        if end is not None:
            yield self._from_matches(items)

    def _are_few(self, database: str) -> bool:
        """Whether one of the conditions leaves so few that there are no more of all together."""
        if self.words and index.count(self.words, database, most=FEW + 1) <= FEW:
            return True
        return self._are_few_chosen(database, FEW)

    def _are_few_chosen(self, database: str, most: int) -> bool:
        """Whether no more are of what is chosen, all of it together."""
        if not self._chosen:
            return False
        chosen = Notification.objects.using(database).order_by().filter(**self._chosen)
        return chosen[: most + 1].count() <= most

    def _matching(self, oldest: Any = None, *, by_text: bool = False) -> QuerySet[Notification]:
        matching = Notification.objects.filter(**self._chosen)
        if self.words:
            matching = matching.filter(index.Says(F("pk"), self.words, oldest, by_text=by_text))
        return matching

    def _from_matches(
        self, items: InboxItemQuerySet, *, by_text: bool = False
    ) -> InboxItemQuerySet:
        found = items.filter(notification__in=self._matching(by_text=by_text).values("pk"))
        # In an order that no index has, or the engine might walk one for the sake of it.
        return found.order_by((F("arrived_revision") + 0).desc())

    def _walk_each(self, items: InboxItemQuerySet, *, by_text: bool = False) -> InboxItemQuerySet:
        """By reading the text of each: to the engine a value, which it cannot turn into a join."""
        row = self._matching(by_text=by_text).filter(pk=OuterRef("notification_id"))
        matches = Subquery(row.values(matches=_TRUE)[:1], output_field=BooleanField())
        return items.filter(matches).order_by("-arrived_revision")

    def _walk_beside(self, items: InboxItemQuerySet) -> InboxItemQuerySet:
        """With those that match beside it, as far as the items can refer to them.

        To look up a single text in FTS5's index takes it as long as to read thousands of hits.
        """
        oldest = _Least(items.order_by().values("notification_id"))
        matching = self._matching(oldest).filter(pk__gte=oldest)
        among = _IsTrue(Q(notification__in=matching.values("pk")), output_field=BooleanField())
        return items.filter(among).order_by("-arrived_revision")


def _newest(items: InboxItemQuerySet, count: int) -> tuple[InboxItemQuerySet, int | None]:
    """So many of the items, and the arrival of the one after them; None: there is none."""
    arrivals = items.order_by("-arrived_revision").values_list("arrived_revision", flat=True)
    end = arrivals[count : count + 1].first()
    return (items if end is None else items.filter(arrived_revision__gt=end)), end


class _Least(Subquery):
    # Of the bare column SQLite would look for the least in the order of keys, through all inboxes.
    template = "(SELECT min(notification_id + 0) FROM (%(subquery)s) stretch)"


class _IsTrue(Func):
    """The same, but no longer a condition by which an engine would begin."""

    template = "(%(expressions)s) IS TRUE"
