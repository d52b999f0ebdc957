"""The doctor looks while everybody writes: what is committed meanwhile is no finding."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from notifications.management import doctor
from tests.faults.test_concurrent_writers import make_groups

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.processes import Processes


def findings() -> dict[str, list[str]]:
    return {found.what: found.examples for found in doctor.examine(repair=False) if found.count}


def test_nothing_is_found_beside_writers_and_a_dispatcher(
    processes: Processes, people: Callable[[int], list[int]], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    users = people(20)
    groups = make_groups(users, seed)
    processes.dispatcher()  # which counts the figures meanwhile
    writers = [
        processes.actor(
            "act_at_random",
            journal=tmp_path / f"writer{number}",
            seed=seed + number,
            act_count=60,
            users=users,
            groups=groups,
        )
        for number in range(2)
    ]
    processes.begin(*writers)
    looks = 0
    while any(writer.status is None for writer in writers):
        assert findings() == {}
        looks += 1
    assert [writer.status for writer in writers] == [0, 0]
    assert looks > 3
    assert findings() == {}
