"""Large sends over the same users at once, while the users read."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.support.ledger import Ledger
from tests.support.processes import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.processes import Processes

ROUNDS = 6


def test_sends_over_the_same_users_in_opposite_order_meet_no_deadlock(
    processes: Processes, people: Callable[[int], list[int]], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    users = people(5_000)
    # Chunks so large that locking one takes long enough for the senders to meet in it.
    settings: dict[str, object] = {"NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 5_000}
    journals = [tmp_path / name for name in ("forwards", "backwards", "reader0", "reader1")]
    senders = [
        processes.actor("send_large", journal=path, settings=settings, users=ids, rounds=ROUNDS)
        for path, ids in zip(journals[:2], (users, users[::-1]), strict=True)
    ]
    readers = [
        processes.actor("read_all_at_random", journal=path, seed=seed + number, users=users)
        for number, path in enumerate(journals[2:])
    ]

    processes.begin(*readers, *senders)
    for turn in range(ROUNDS):
        # Inboxes are made in the first three, and locked in all of them.
        processes.begin(*senders, word=f"ready for {turn}")
    assert [sender.wait() for sender in senders] == [0, 0]
    # On SQLite senders may have held up all others until now.
    until(lambda: Ledger.of(*journals[2:]).acted, "somebody has read")
    for reader in readers:
        reader.tell("end")
    assert [reader.wait() for reader in readers] == [0, 0]

    ledger = Ledger.of(*journals)
    assert len(ledger.sent) == 2 * ROUNDS
    assert ledger.faults() == []
