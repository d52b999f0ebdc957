"""By what somebody can narrow their inbox: the categories, levels and senders that are in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from notifications.inbox.reading import items_of
from notifications.models import Notification

# Of so many items, those that changed last: an inbox may hold very many, and each page asks.
STRETCH = 900
# More of a kind than that nobody finds in a menu; there are words to look for.
MAX_COUNT = 100


@dataclass(frozen=True)
class Choices:
    """As they are stored, each once."""

    categories: set[str]
    levels: set[str]
    senders: set[str]


def held(user_id: Any) -> Choices:
    """What the user's inbox holds in all its listings; of a very large one, what it held lately."""
    latest = items_of(user_id).present().order_by("-revision")[:STRETCH]
    rows = list(
        Notification.objects.filter(pk__in=latest.values("notification_id"))
        .order_by()
        .values_list("category", "level", "sender")
        .distinct()
    )
    columns = ({row[column] for row in rows} for column in range(3))
    # What got in around the model may be no text.
    texts = ({one for one in column if one and isinstance(one, str)} for column in columns)
    return Choices(*texts)
