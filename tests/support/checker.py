"""Whether what happened keeps the promises, whatever was done to the servers meanwhile.

1. What was acknowledged is in the database, for each of its recipients, once.
2. Every inbox's revisions are without gap; no client goes back in an epoch.
3. Every client ends where the database is, and holds what is there.
4. No notification comes twice into a client's state, and none is announced twice.
5. Nobody is told of somebody else's.
6. A send that failed had no effect, one of which nobody knows had one or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.inbox import reading
from notifications.models import Notification
from tests.support.history import Outcome, Retelling
from tests.support.ledger import Ledger, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tests.support.history import Send, Story


@dataclass
class World:
    """What the database holds in the end."""

    # The ids of the notifications of each title.
    titles: dict[str, list[int]]
    state: State
    # The epoch that each user sees.
    epochs: dict[int, str]

    @classmethod
    def read(cls, users: Collection[int], prefix: str) -> World:
        """Args: prefix: what the titles of all sends begin with."""
        titles: dict[str, list[int]] = {}
        found = Notification.objects.filter(title__startswith=prefix).values_list("title", "pk")
        for title, pk in found:
            titles.setdefault(title, []).append(pk)
        epochs = {user: reading.head(user).epoch for user in users}
        return cls(titles, State.read(users), epochs)


def faults(sends: Sequence[Send], stories: Sequence[Story], world: World) -> list[str]:
    """All that is wrong, as sentences; empty where the promises were kept."""
    ledger = _ledger(sends, world)
    return [
        *_wrong_sends(sends, world),
        *ledger.faults(world.state),
        *(fault for story in stories for fault in _wrong_story(story, ledger, world)),
    ]


def _ledger(sends: Sequence[Send], world: World) -> Ledger:
    """Of what was acknowledged, and of what may have been sent and is there."""
    sent = {}
    for send in sends:
        pks = world.titles.get(send.title, [])
        if send.outcome == Outcome.ACKNOWLEDGED and send.notification_id is not None:
            pks = [send.notification_id]
        sent.update({pk: set(send.recipients) for pk in pks})
    return Ledger(sent=sent)


def _wrong_sends(sends: Sequence[Send], world: World) -> Iterator[str]:
    told = {send.title for send in sends}
    for title in sorted(world.titles.keys() - told):
        yield f"{title}: is there, and nobody sent it"
    for send in sends:
        pks = world.titles.get(send.title, [])
        if send.outcome == Outcome.ACKNOWLEDGED and send.notification_id not in pks:
            yield f"{send.title}: acknowledged as {send.notification_id}, and not there"
        if send.outcome == Outcome.FAILED and pks:
            yield f"{send.title}: failed, and is there as {pks}"
        if len(pks) > 1:
            yield f"{send.title}: {send.outcome}, and is there as {pks}"


def _wrong_story(story: Story, ledger: Ledger, world: World) -> Iterator[str]:
    retold = Retelling(story)
    yield from retold.faults
    own = {str(pk) for pk, recipients in ledger.sent.items() if story.user in recipients}
    for foreign in sorted(retold.ids - own):
        yield f"{story.name}: was told of {foreign}, which is not theirs"
    for pk, times in retold.announced.items():
        if times > 1:
            yield f"{story.name}: announced {pk} {times} times"
    head = world.state.heads[story.user]
    where = (retold.state.epoch, retold.state.revision)
    if where != (world.epochs[story.user], head.revision):
        yield f"{story.name}: ends at {where}, not at {(world.epochs[story.user], head.revision)}"
        return
    yield from _wrong_content(story, retold, world)


def _wrong_content(story: Story, retold: Retelling, world: World) -> Iterator[str]:
    listed = {
        str(item.notification_id)
        for item in world.state.items
        if item.user == story.user and item.listed
    }
    held = {one["id"] for one in retold.state.listed()}
    if held - listed or (listed - held and not retold.state.more):
        yield f"{story.name}: holds {sorted(held)}, not {sorted(listed)}"
    head = world.state.heads[story.user]
    if retold.state.counts != {"unread": head.unread, "unseen": head.unseen}:
        yield f"{story.name}: counts {retold.state.counts}, not {head}"
