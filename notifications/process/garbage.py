"""How often the garbage collector of a server process looks for cycles, and through how much.

Nearly all is freed by its count of references, at once. CPython looks for what is not after every
700 objects that were made and not freed yet; a broadcast to 1,000 has more than that in hand, so
that its objects grew old, and all that ever grew old was looked through: a fifth of what a delivery
cost. A host's own server is its own affair.
"""

from __future__ import annotations

import gc

# Objects in hand before the young are looked through, and looks at them until those at the older.
# That is some megabytes of what has to wait for a look, at the most.
_YOUNG, _LOOKS = 50_000, 10


def settle() -> None:
    """A server has begun: what it is made of stays, and need not be looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _LOOKS, _LOOKS)
