"""What is asked beside that which is measured: access for each user, and the sending."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from notifications.management.comparison.clients import Pass, must_be_well
from notifications.management.comparison.connection import Cut, Http
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.site import Site
from notifications.management.comparison.traffic import Traffic

_CREATED = 201


class Sender:
    """Calls the API with a key that may send to users and make tokens for them."""

    def __init__(self, site: Site, key: str) -> None:
        self._site, self._key = site, key
        self._http = Http(site, Traffic(), key)
        # One request after the other.
        self._turn = asyncio.Lock()

    async def enter(self, name: str, for_s: float) -> Pass:
        """A user's access for so long, and where that inbox is. Raises: Failed."""
        made = await self._post("tokens", {"user": name}, name)
        if made["expires_in"] < for_s:
            raise Failed(
                f"Tokens of this server last {made['expires_in']} s, and a transport takes "
                f"{for_s:.0f} s: send fewer messages, or with smaller gaps."
            )
        asking = Http(self._site, Traffic(), made["token"])
        try:
            answer = await asking.ask(self._site.api("session"))
            must_be_well(answer, name)
            now = answer.json()
        finally:
            await asking.close()
        return Pass(name, made["token"], now["epoch"], now["revision"])

    async def send(self, title: str, name: str) -> float:
        """Send to a user; when it was handed over, by the monotonic clock. Raises: Failed."""
        async with self._turn:
            began_at = time.monotonic()
            said = {"audience": {"users": [name]}, "title": title}
            await self._post("notifications", said, name)
        return began_at

    async def close(self) -> None:
        await self._http.close()

    async def _post(self, path: str, value: dict[str, Any], name: str) -> dict[str, Any]:
        body = json.dumps(value).encode()
        headers = [("Content-Type", "application/json")]
        try:
            answer = await self._http.ask(self._site.api(path), headers, method="POST", body=body)
        except Cut:
            raise Failed(f"{self._site.netloc} ended the connection unanswered.") from None
        if answer.status != _CREATED:
            must_be_well(answer, name)
            raise Failed(f"{self._site.netloc}{self._site.root} is no server of notifications.")
        made: dict[str, Any] = answer.json()
        return made
