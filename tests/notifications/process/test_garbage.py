"""How often a server process looks for garbage."""

import subprocess
import sys

_SETTLED = """
import gc
from notifications.process import garbage
garbage.settle()
young, middle, old = gc.get_threshold()
assert gc.get_freeze_count() > 1000
assert young >= 10_000 and middle and old, "seldom, and never not at all"
# What comes later is found all the same.
class Thing: pass
one = Thing(); one.itself = one
import weakref
left = weakref.ref(one)
del one
things = [[] for _ in range(young * 2)]
assert left() is None
"""


def test_what_a_server_is_made_of_is_left_alone_and_what_comes_later_is_found():
    subprocess.run([sys.executable, "-c", _SETTLED], check=True, timeout=60)
