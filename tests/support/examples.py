"""How much is tried by the tests that make up what they try.

In ``make test`` it is the same each time, so that what one machine finds all can find, and a change
is judged by nobody's luck. To find what nobody has thought of is for ``make soak``: that tries more
of it, and other things each time.
"""

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("EXAMPLES_TIMES") or 1)


def times(number: int) -> int:
    """How many examples are tried where ``make test`` tries so many."""
    return number * _TIMES


def load() -> None:
    """Let all tests do so that do not say otherwise."""
    settings.register_profile(
        "any machine",
        max_examples=times(100),
        derandomize=_TIMES == 1,
        # How long an example takes says how busy the machine is.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
        print_blob=True,
    )
    settings.load_profile("any machine")
