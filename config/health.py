"""`/healthz`, `/readyz` and `/metrics`: how this process is, for whoever runs it.

Answered before Django, so that stuck threads, sessions or hosts do not matter, and within a
deadline whatever the database does.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django.http.request import split_domain_port
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from notifications.conf import conf
from notifications.consumers.responses import whole
from notifications.models import soundness
from notifications.process import metrics, outages
from notifications.process.log_limits import once_a_minute
from notifications.push import layers, runtime
from notifications.wire import places, problems

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Any]

# Whoever asks is answered by then.
_DEADLINE_S = 1.0
# Answers of the database and the layer hold for so long, however often somebody asks.
_FRESH_S = 1.0
# A question that has no answer yet is given up: its connection may wait for a host that has gone.
_GIVEN_UP_S = 30.0
# The reconciler looks more than once a second, if settings do not say otherwise.
_LAG_MAX_S = 5.0
_LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


def routes(others: Application) -> Application:
    """Answer the operators' paths, and let ``others`` answer all else."""
    answers: dict[str, Callable[[Any], Any]] = {
        "/healthz": _healthz,
        "/readyz": Readiness().answer,
        "/metrics": _metrics,
    }

    async def route(scope: Any, receive: Any, send: Any) -> None:
        answer = answers.get(places.path_of(scope))
        if answer is None:
            await others(scope, receive, send)
            return
        if scope["method"] in {"GET", "HEAD"}:
            response = await answer(scope)
        else:
            response = problems.response(405, "This method is not allowed here.")
        response["Cache-Control"] = "no-store"
        start, body = whole(response)
        await send(start)
        await send({**body, "body": b""} if scope["method"] == "HEAD" else body)

    return route


async def _healthz(_scope: Any) -> HttpResponse:
    """The process runs and its event loop turns; nothing else is asked."""
    return _json(200, {"status": "ok"})


def _json(status: int, content: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(content), status=status, content_type="application/json")


# --- Readiness ------------------------------------------------------------------------------------


class Readiness:
    """Whether this process should be given requests: all that it needs is there, and it stays."""

    def __init__(self) -> None:
        self._database = Question(_ask_database)
        self._layer_at, self._layer = 0.0, ""

    async def answer(self, _scope: Any) -> HttpResponse:
        here = runtime.current()
        database, layer = await asyncio.gather(self._database.answer(), self._ask_layer())
        parts = {
            "process": "draining" if here.is_draining else "ok",
            **(database or {"database": "no answer", "migrations": "unknown"}),
            "reconciler": "ok" if here.lag_s() <= _lag_most_s() else "behind",
        }
        ready = set(parts.values()) == {"ok"}
        status = ("degraded" if layer != "ok" else "ok") if ready else "unavailable"
        # Without the layer, changes of other processes come later; nothing is missing.
        return _json(200 if ready else 503, {"status": status, **parts, "channel_layer": layer})

    async def _ask_layer(self) -> str:
        """Whether the channel layer takes an event, which is for no one."""
        if time.monotonic() > self._layer_at + _FRESH_S:
            self._layer_at = time.monotonic()
            try:
                sent = layers.publishing().group_send("notifications.health", {"type": "health"})
                async with asyncio.timeout(_DEADLINE_S):
                    await sent
            except Exception:  # noqa: BLE001 (a layer may raise anything)
                self._layer = "no answer"
            else:
                self._layer = "ok"
        return self._layer or "no answer"


def _lag_most_s() -> float:
    longest_s = max(conf.RECONCILE_S, conf.RECONCILE_NET_S)
    return float(_LAG_MAX_S + longest_s)


class Question:
    """Asks something that may hang, on a thread of its own, one at a time.

    Not on an executor: the end of the process would wait for its threads.
    """

    def __init__(self, ask: Callable[[], dict[str, str]]) -> None:
        self._ask = ask
        self._asked_at = 0.0
        self._running: asyncio.Future[dict[str, str]] | None = None

    async def answer(self) -> dict[str, str] | None:
        """The answer, if it comes within the deadline; one that is fresh counts too."""
        age_s = time.monotonic() - self._asked_at
        hangs = self._running is not None and not self._running.done()
        if self._running is None or age_s > (_GIVEN_UP_S if hangs else _FRESH_S):
            self._begin()
        assert self._running is not None  # noqa: S101 (begun)
        await asyncio.wait([self._running], timeout=_DEADLINE_S)
        return self._running.result() if self._running.done() else None

    def _begin(self) -> None:
        self._asked_at = time.monotonic()
        loop = asyncio.get_running_loop()
        answer = self._running = loop.create_future()

        def settle(result: dict[str, str]) -> None:
            if not answer.done():
                answer.set_result(result)

        def work() -> None:
            result = self._ask()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, result)

        threading.Thread(target=work, name="health", daemon=True).start()


_is_migrated = False


def _ask_database() -> dict[str, str]:
    """Whether the database answers, is one that we can use, and has the tables of this code."""
    global _is_migrated  # noqa: PLW0603 (once good, it stays so: nobody migrates backwards under us)
    try:
        fault = soundness.fault()
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:  # noqa: BLE001 (whatever it is: it does not answer)
        connection.close()
        once_a_minute(logger, logging.WARNING, "database", "Not ready: %s", outages.reason(error))
        return {"database": "no answer", "migrations": "unknown"}
    finally:
        close_old_connections()
    if fault is not None:
        once_a_minute(logger, logging.ERROR, fault.word, "Not ready: %s", fault.text)
    return {
        "database": "ok" if fault is None else fault.word,
        "migrations": "ok" if _is_migrated else "missing",
    }


# --- Metrics --------------------------------------------------------------------------------------


async def _metrics(scope: Any) -> HttpResponse:
    metrics.declare()
    if not _may_read_metrics(scope):
        return problems.response(403, "Metrics are for this machine, or for a bearer of the token.")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(scope: Any) -> bool:
    """With METRICS_TOKEN: who bears it. Without one: this machine, and nothing that a proxy passes
    on, or that a page of another site asks for under a name of its own.
    """
    headers: dict[bytes, bytes] = {name.lower(): value for name, value in scope["headers"]}
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        return hmac.compare_digest(headers.get(b"authorization", b""), expected)
    if any(name in headers for name in (b"x-forwarded-for", b"x-forwarded-proto", b"forwarded")):
        return False
    host, _port = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    return host in _LOOPBACK_HOSTS and _is_loopback(scope.get("client"))


def _is_loopback(client: Any) -> bool:
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
