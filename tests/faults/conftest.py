"""Faults are real here: processes of their own, on the database of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model

from tests.support.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """Ended before the database is emptied, which would wait for their locks."""
    with Processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def people(transactional_db: None) -> Callable[[int], list[int]]:
    """Make users in bulk, who have no inboxes yet; returns their ids, in order."""

    def create(count: int, prefix: str = "user") -> list[int]:
        model = get_user_model()
        # No hash of a password is this: nobody can sign in.
        users = [model(username=f"{prefix}{number}", password="!") for number in range(count)]
        return sorted(user.pk for user in model.objects.bulk_create(users, batch_size=1000))

    return create
