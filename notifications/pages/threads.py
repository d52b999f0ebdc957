"""Rows of a list: what belongs to one thread stands in the row of its newest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse

from notifications.inbox.reading import Notification


@dataclass(frozen=True)
class Row:
    """A notification, and those of its thread that arrived before it."""

    notification: Notification
    earlier: list[Notification] = field(default_factory=list)


def folded(notifications: Iterable[Notification]) -> list[Row]:
    """The rows of a page, newest first: ``threads.js`` makes the same of what its script holds."""
    rows: list[Row] = []
    threads: dict[str, Row] = {}
    for one in notifications:
        thread = one.message.thread
        if thread in threads:
            threads[thread].earlier.append(one)
            continue
        rows.append(Row(one))
        if thread:
            threads[thread] = rows[-1]
    return rows


def each_by_itself(notifications: Iterable[Notification]) -> list[Row]:
    """As many rows as there are notifications: what words found is to be seen."""
    return [Row(one) for one in notifications]


def url_of(thread: str | None) -> str:
    """The address of all that the inbox lists of a thread; empty: there is no thread."""
    if not thread:
        return ""
    return f"{reverse('notifications:inbox')}?{urlencode({'filter': 'inbox', 'thread': thread})}"
