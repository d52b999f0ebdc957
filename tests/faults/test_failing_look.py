"""A look at the SQLite file fails, as on a bad disk: the next one finds what it should have."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from notifications.models import ChangeCounter, Inbox
from notifications.push.reconcilers.sqlite import SqliteReconciler
from tests.notifications.push.reconcilers.test_base import NotingHub
from tests.support.processes import until

if TYPE_CHECKING:
    from notifications.push.reconcilers.base import DatabaseState

pytestmark = pytest.mark.django_db(transaction=True)


class FailingOnce(SqliteReconciler):
    """Its second look is interrupted by SQLite itself."""

    def __init__(self, hub: Any) -> None:
        super().__init__(hub)
        self.looks = 0

    def _look(self) -> DatabaseState | None:
        self.looks += 1
        assert self._database is not None
        self._database.set_progress_handler(lambda: self.looks == 2, 1)
        try:
            return super()._look()
        finally:
            self._database.set_progress_handler(None, 0)


def test_what_it_should_have_seen_is_seen(alice: Any, caplog: pytest.LogCaptureFixture) -> None:
    hub = NotingHub(alice.notifications_inbox.pk)
    running = FailingOnce(hub)  # type: ignore[no-untyped-call]
    thread = threading.Thread(target=running._run, daemon=True)
    thread.start()
    until(lambda: hub.epoch_tags, "the first look", within_s=30)

    # In one commit, after which there is no other.
    with transaction.atomic():
        ChangeCounter.next("default")
        Inbox.objects.filter(user=alice).update(
            revision=1, change_seq=ChangeCounter.objects.get().change_seq
        )
    until(lambda: any(revision == 1 for *_, revision in hub.seen), "the arrival", within_s=30)

    running.stop()
    thread.join(30)
    assert not thread.is_alive()
    hub.close()
    assert running.looks > 2
    assert "Traceback" not in caplog.text
