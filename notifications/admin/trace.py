"""The page that tells a notification's story: of all, or of the user who is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from notifications.inbox import trace
from notifications.inbox.trace import Step, Trace
from notifications.inbox.trace_reasons import name_of
from notifications.models import Notification

_NAME_MAX = 254


@dataclass
class _Asked:
    """What somebody asks, and is told of it."""

    name: str = ""
    error: str = ""
    told: Trace | None = None
    # Whether whoever asks may know of recipients, and when they were there.
    may_ask: bool = False
    may_see_streams: bool = False
    steps: list[tuple[str, Step]] = field(default_factory=list)


def page(request: HttpRequest, notification: Notification, context: dict[str, Any]) -> HttpResponse:
    """The page; who may see the notification was asked before."""
    asked = _asked(request, notification)
    told = asked.told or trace.of(notification)
    asked.steps = [(name_of(step.name), step) for step in told.steps]
    context |= {
        "title": _("What became of it"),
        "asked": asked,
        "trace": told,
        "object": notification,
    }
    return TemplateResponse(request, "admin/notifications/notification/trace.html", context)


def _asked(request: HttpRequest, notification: Notification) -> _Asked:
    may_ask, may_see_streams = (
        request.user.has_perm(f"notifications.view_{model}")
        for model in ("inboxitem", "streamrecord")
    )
    asked = _Asked(may_ask=may_ask, may_see_streams=may_ask and may_see_streams)
    asked.name = request.GET.get("user", "")[:_NAME_MAX].replace("\0", "") if may_ask else ""
    if not asked.name:
        return asked
    user = _found(asked.name)
    # Who is no recipient is shown to those alone who may look users up anyway.
    if user is None or not (_may_look_up(request) or trace.may_be_in(notification, user)):
        asked.error = _("There is nobody of that name whom you may ask about.")
        return asked
    asked.told = trace.of_user(notification, user, with_streams=asked.may_see_streams)
    return asked


def _found(name: str) -> Any:
    model = get_user_model()
    return model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()


def _may_look_up(request: HttpRequest) -> bool:
    options = get_user_model()._meta
    names = ("notifications.add_notification", f"{options.app_label}.view_{options.model_name}")
    return any(request.user.has_perm(name) for name in names)
