"""What a dispatch costs where the inboxes hold much already.

``python -m benchmarks.depth --recipients 1000 --items 25 --rounds 5`` sends to that many people
again and again, on a new SQLite file and on a private PostgreSQL server, and takes the time of the
last five sends before each inbox holds 25, 50, 100 and 200 items.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import closing

from benchmarks import harness, machine
from benchmarks.sender import Sender
from benchmarks.site import WAYS, prepared, services

# A Redis has no part in it.
DATABASES = ("SQLite", "PostgreSQL")
# Sends of which a figure is made.
_LAST = 5


def main() -> None:
    parser = harness.options(__doc__)
    parser.add_argument("--recipients", type=int, default=1000)
    parser.add_argument("--items", type=int, default=25)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    described = machine.describe()
    depths = [options.items * times for times in options.times]
    tables = {depth: _table(options.recipients, depth) for depth in depths}
    for name in harness.turns(options.rounds, options.only or [*DATABASES]):
        database, has_redis = WAYS[name]
        with services(database, has_redis=has_redis) as environment:
            prepared(environment, options.recipients)
            with closing(Sender(environment)) as sender:
                took_s = asyncio.run(_sends(sender, depths[-1]))
        for depth, table in tables.items():
            last_s = statistics.fmean(took_s[max(0, depth - _LAST) : depth])
            table.add(name, last_s / options.recipients * 1e6)
    harness.keep(options.results, "depth", described, [*tables.values()])


def _table(recipients: int, depth: int) -> harness.Table:
    claim = f"A notification to {recipients:,} people whose inboxes hold {depth} items each"
    return harness.Table(claim, "us a recipient")


async def _sends(sender: Sender, number: int) -> list[float]:
    """Seconds that each took, from its call to the end of its dispatch."""
    await sender.send("the first", None)  # what is slow the first time counts for nothing
    took_s = []
    for _ in range(number):
        began_s = time.monotonic()
        await sender.send("everyone", None)
        took_s.append(time.monotonic() - began_s)
    return took_s


if __name__ == "__main__":
    main()
