"""What is said in a notification whose hint no NOTIFY holds, packed or not."""

import random
import string
from typing import Any

_LETTERS = string.ascii_letters + string.digits


def said() -> dict[str, Any]:
    """As much as may be said, of letters by chance; the same each time."""
    by_chance = random.Random(1)

    def letters(count: int = 1980) -> str:
        return "".join(by_chance.choices(_LETTERS, k=count))

    actions = [{"label": f"Number {n}", "url": f"/{letters()}"} for n in range(2)]
    return {"url": f"/{letters()}", "actions": actions, "data": {"x": letters()}, "body": letters()}
