"""What somebody has chosen to get holds once they were told so, whoever is killed."""

from __future__ import annotations

import http.client
import random
import threading
from itertools import cycle
from typing import TYPE_CHECKING, Final

import pytest
from django.contrib.auth import get_user_model

from notifications.credentials import keys, tokens
from notifications.models import InboxItem, InboxRule, Notification, Status
from notifications.models.audiences import Everyone
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support.jobs import IMPATIENT, wait_exactly, wait_for_chunks
from tests.support.ports import free_port, listens
from tests.support.servers import UVICORN, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from tests.support.processes import Processes

USERS, KILLS = 160, 2
CHUNK = 4
SAID: Final = {"category": "deploys", "sender": "Robot", "thread": "run-7"}
# What they ask for, in turns: each keeps such a notification out.
ASKED: Final = [
    ("POST", "/api/v1/preferences/mutes", {"kind": "thread", "value": "run-7"}),
    ("POST", "/api/v1/preferences/mutes", {"kind": "sender", "value": "Robot"}),
    ("PATCH", "/api/v1/preferences", {"categories": {"deploys": {"inbox": False}}}),
]


class Choosing(threading.Thread):
    """Asks for one user after the other, each until it is told that it is done; over HTTP alone."""

    def __init__(self, server: Server, tokens_of: dict[int, str]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._tokens = tokens_of
        self._ended = threading.Event()
        self.told: list[int] = []

    def run(self) -> None:
        for (user, token), asked in zip(self._tokens.items(), cycle(ASKED), strict=False):
            while not self._is_told(token, *asked):
                if self._ended.wait(0.02):
                    return
            self.told.append(user)

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _is_told(self, token: str, method: str, path: str, body: object) -> bool:
        try:
            return self._server.call(method, path, token, body).status == 200
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture
def wants(people: Callable[[int], list[int]]) -> dict[int, str]:
    """Three of four, with a token of each, who have all got something before."""
    users = people(USERS)
    acts.send(Message("Before", **SAID), audience=Everyone())
    key, _ = keys.make("shop", ["tokens"], origins=["https://shop.example"])
    found = get_user_model().objects.in_bulk([pk for at, pk in enumerate(users) if at % 4])
    return {pk: tokens.issue(user, origins=[], api_key=key)[0] for pk, user in found.items()}


@pytest.fixture
def choosing(processes: Processes, wants: dict[int, str]) -> Iterator[Choosing]:
    """Goes on while its server is killed, and started again at the same port."""
    server = start(processes, free_port())
    asking = Choosing(server, wants)
    asking.start()
    yield asking
    asking.end()


def start(processes: Processes, port: int) -> Server:
    child = processes.manage("serve", "--port", str(port))
    processes.until(lambda: listens(port), "the server listens")
    return Server(UVICORN, child, port)


def kept_out() -> set[int]:
    return set(InboxRule.objects.values_list("inbox__user_id", flat=True))


def have(notification: Notification) -> list[int]:
    items = InboxItem.objects.filter(notification=notification, removed_at=None)
    return sorted(items.values_list("inbox__user_id", flat=True))


def test_what_was_acknowledged_holds_after_kills_of_the_server_and_the_dispatcher(
    processes: Processes, wants: dict[int, str], choosing: Choosing, settings: SettingsWrapper
) -> None:
    chance = random.Random(seed := random.randrange(2**32))
    print(f"seed {seed}")
    server = choosing._server
    for kill in range(1, KILLS + 1):
        some = kill * len(wants) // (KILLS + 1)
        processes.until(lambda some=some: len(choosing.told) >= some, "some are told")  # type: ignore[misc]
        server.child.kill()
        assert set(choosing.told) <= kept_out()
        server = start(processes, server.port)
    processes.until(lambda: len(choosing.told) == len(wants), "all are told")
    assert kept_out() == set(wants)

    # So that it is a dispatcher's.
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = CHUNK
    notification = acts.send(Message("After", **SAID), audience=Everyone()).notification
    for _ in range(KILLS):
        child = processes.dispatcher(**IMPATIENT, NOTIFICATIONS_DISPATCH_CHUNK_SIZE=CHUNK)
        wait_for_chunks(processes, notification, 1)
        wait_exactly(chance.uniform(0, 0.02))
        child.kill()
        assert len(have(notification)) < USERS - len(wants), "too fast: it came to its end"
    processes.dispatcher(**IMPATIENT)
    sent = Notification.objects.filter(pk=notification.pk, status=Status.SENT)
    processes.until(sent.exists, "it is sent")

    everybody = set(get_user_model().objects.values_list("pk", flat=True))
    assert have(notification) == sorted(everybody - set(wants))
    notification.refresh_from_db()
    assert (notification.item_count, notification.skipped_count) == (USERS // 4, len(wants))
    # What was there before is nobody's business but its reader's.
    assert have(Notification.objects.get(title="Before")) == sorted(everybody)
