"""Whoever dispatches is killed twenty times in one walk, by each seed at other moments."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_dispatcher_killed import kill_again_and_again
from tests.soak.conftest import seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.processes import Processes


@pytest.mark.parametrize("seed", seeds())
def test_twenty_kills_neither_lose_nor_double_an_item(
    seed: int, processes: Processes, people: Callable[..., list[int]]
) -> None:
    kill_again_and_again(processes, people, random.Random(seed), kills=20)
