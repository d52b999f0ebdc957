"""The dashboard's words for what a frame says by keys: the same frame goes to everybody who looks.

The page brings them for its script, in its own language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from notifications.models import Status, audiences
from notifications.pages.figures import text

Words = dict[str, dict[str, str]]

_STATES: Final = {
    "answers": _("%(name)s, answers"),
    "well": _("%(name)s, well"),
    "lossy": _("%(name)s, lost hints within the last minute"),
    "memory_well": _("In memory, well"),
    "memory_lossy": _("In memory, lost hints within the last minute"),
}
# As admission.py counts them.
_CAUSES: Final = {
    "signed_out": _("not signed in"),
    "not_allowed": _("origin not allowed"),
    "version": _("unknown protocol version"),
    "rate": _("too often"),
    "overloaded": _("no database"),
    "restart": _("process ends"),
    "process": _("process full"),
    "user": _("user's limit"),
    "address": _("address's limit"),
}


def words() -> Words:
    """By what they are about, and their keys."""
    return {
        "states": _said(_STATES),
        "causes": _said(_CAUSES),
        "audiences": _said({kind: audience.title for kind, audience in audiences.KINDS.items()}),
        "statuses": _said(dict(Status.choices)),
    }


def state_text(state: Mapping[str, str]) -> str:
    """How a part of the system is, as a frame says it."""
    return str(_STATES[state["is"]]) % {"name": state["name"]}


def event_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of sends. What it has no word for is said as it is."""
    kind, status = said["audience"], said["status"]
    title = audiences.KINDS[kind].title if kind in audiences.KINDS else kind
    label = Status(status).label if status in Status.values else status
    p95 = text(said["p95"], "s")
    return {**said, "audience": title, "status": label, "p95_text": p95}


def _said(texts: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(text) for key, text in texts.items()}
