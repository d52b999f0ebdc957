"""Several processes write into the same inboxes at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from tests.support.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.processes import Processes


def make_groups(users: list[int], seed: int) -> dict[int, list[int]]:
    """Three groups that overlap."""
    members = {}
    for number in range(3):
        group = Group.objects.create(name=f"group{number}")
        members[group.pk] = random.Random(seed + number).sample(users, 10)
        for user in get_user_model().objects.filter(pk__in=members[group.pk]):
            user.groups.add(group)
    return members


def test_writers_at_once_leave_inboxes_without_gaps_and_with_right_counters(
    processes: Processes, people: Callable[[int], list[int]], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    users = people(20)
    groups = make_groups(users, seed)
    journals = [tmp_path / f"writer{number}" for number in range(4)]
    writers = [
        processes.actor(
            "act_at_random",
            journal=journal,
            seed=seed + number,
            act_count=120,
            users=users,
            groups=groups,
        )
        for number, journal in enumerate(journals)
    ]
    follower = processes.actor("follow", journal=tmp_path / "follower", seed=seed, users=users)

    processes.begin(follower, *writers)
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    follower.tell("end")

    assert follower.wait() == 0
    ledger = Ledger.of(*journals)
    # All kinds of acts were among them.
    assert ledger.sent
    assert ledger.withdrawn
    assert ledger.acted
    assert ledger.faults() == []
