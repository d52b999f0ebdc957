"""Where in which listing of the inbox somebody is, as addresses and forms say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.inbox import reading
from notifications.inbox.search import Search
from notifications.pages import filters, threads
from notifications.wire import contract

TABS: Final = {
    "inbox": _("Inbox"),
    "unread": _("Unread"),
    "snoozed": _("Snoozed"),
    "saved": _("Saved"),
    "archived": _("Archived"),
}
EMPTY: Final = {
    "inbox": _("You're all caught up."),
    "unread": _("Nothing unread."),
    "snoozed": _("Nothing snoozed."),
    "archived": _("Nothing archived yet."),
    "saved": _("Nothing saved yet."),
}


@dataclass(frozen=True)
class ListPosition:
    """A page of a listing, and what it is narrowed to."""

    listing: str
    before: int | None = None
    # The page above that one; then ``before`` says nothing.
    after: int | None = None
    search: Search = reading.EVERYTHING

    @classmethod
    def of(cls, query: QueryDict) -> ListPosition:
        listing = query.get("filter", "")
        return cls(
            listing if listing in reading.FILTERS else "inbox",
            contract.revision(query.get("before", "")),
            contract.revision(query.get("after", "")),
            filters.search_of(query),
        )

    @property
    def url(self) -> str:
        return f"{reverse('notifications:inbox')}?{urlencode(self._query)}"

    @property
    def query(self) -> str:
        """What leads back here from a notification; nothing from the first page of the inbox."""
        query = self._query
        return "" if query == {"filter": "inbox"} else f"?{urlencode(query)}"

    @property
    def fields(self) -> list[tuple[str, str | int]]:
        """The same, for a form."""
        return list(self._query.items())

    def older(self, page: reading.Page) -> str | None:
        """The address of the page below."""
        before = page.next_before
        return None if before is None else replace(self, before=before, after=None).url

    def newer(self, page: reading.Page) -> str | None:
        """The address of the page above; what is above the first page came since."""
        if self.after is not None:
            after = page.next_after
        elif self.before is not None:
            held = page.notifications
            # Where nothing is left below, all that there is is above.
            after = held[0].item.arrived_revision if held else self.before - 1
        else:
            after = None
        return None if after is None else replace(self, before=None, after=after).url

    @property
    def all(self) -> ListPosition:
        """The first page of all that the listing has."""
        return ListPosition(self.listing)

    @property
    def words(self) -> list[str]:
        """What is marked in the texts of rows."""
        return self.search.folded_words

    def rows(self, page: reading.Page) -> list[threads.Row]:
        """What its page shows: threads folded, unless words or that very thread are looked for."""
        is_flat = self.search.query.strip() or self.search.threads
        return (threads.each_by_itself if is_flat else threads.folded)(page.notifications)

    @property
    def none_found(self) -> str:
        return filters.none_found(self.search)

    def beside(self, listing: str) -> ListPosition:
        """The same in another tab."""
        return ListPosition(listing, search=self.search)

    def found(self, page: reading.Page) -> str:
        """How many its page has found."""
        is_first, is_last = self.before is self.after is None, page.next_before is None
        count = len(page.notifications)
        return filters.found(self.search, count, is_first=is_first, is_last=is_last)

    @property
    def _query(self) -> dict[str, str | int]:
        query: dict[str, str | int] = {"filter": self.listing, **filters.values_of(self.search)}
        if self.after is not None:
            query["after"] = self.after
        elif self.before is not None:
            query["before"] = self.before
        return query
