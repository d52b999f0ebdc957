"""The dashboard's test: staff send themselves a notification and see its way through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications.credentials.recipients import recipient_id
from notifications.inbox import reading
from notifications.models import InboxItem, Notification
from notifications.pages.figures import text
from notifications.pages.moments import zoned
from notifications.pages.views import nothing_done
from notifications.pages.watching import for_scripts, for_watchers
from notifications.sending import self_test
from notifications.sending.acts import Sent
from notifications.wire import contract, problems

# A client that is there has said by then that it holds it, after a lost connection too.
_WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three, in words; ``at`` of the one whose words are a moment."""

    key: str
    label: str
    text: str
    is_done: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How far a test has come. ``is_over``: nothing more is to be waited for."""

    pk: int
    steps: list[Step]
    is_over: bool


def way_of(request: HttpRequest, wire_id: str) -> Way | None:
    """How far a test of whoever asks has come; None: it is none of theirs."""
    pk = contract.notification_pk(wire_id) if wire_id else None
    inbox_id = reading.head(recipient_id(request)).inbox_id
    notification = None if pk is None else self_test.sent(inbox_id, pk)
    return None if notification is None else _way(notification, inbox_id)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """Send a test, for the page's form and for its script."""
    return (_seen if request.accepts("text/html") else _answered)(request)


@for_watchers
def _seen(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        # Who was signed out when the button was pressed comes here after signing in again.
        return nothing_done(request, "notifications:dashboard")
    sent, _inbox_id = _send(request)
    if not sent.created:
        messages.info(request, self_test.TOO_SOON)
    return redirect(f"{reverse('notifications:dashboard')}?test={sent.notification.pk}#test")


@for_scripts
def _answered(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return problems.response(405, "A test is sent by POST.")
    sent, inbox_id = _send(request)
    said = "" if sent.created else str(self_test.TOO_SOON)
    return JsonResponse({**_said(_way(sent.notification, inbox_id)), "said": said})


@require_safe
@for_scripts
def way(request: HttpRequest, wire_id: str) -> HttpResponse:
    """How far a test has come, for the page's script."""
    found = way_of(request, wire_id)
    if found is None:
        return problems.response(404, "There is no such test of yours.")
    return JsonResponse(_said(found))


def _send(request: HttpRequest) -> tuple[Sent, int]:
    inbox_id = reading.head(recipient_id(request)).inbox_id
    return self_test.send(request.user, inbox_id), inbox_id


def _way(notification: Notification, inbox_id: int) -> Way:
    accepted = notification.created_at
    items = InboxItem.objects.filter(notification=notification, inbox=inbox_id)
    item = items.values("arrived_at", "delivered_at").first()
    is_kept_out = item is None and notification.skipped_count > 0
    dispatched, delivered = (item["arrived_at"], item["delivered_at"]) if item else (None, None)
    is_late = (timezone.now() - accepted).total_seconds() > _WAIT_S
    none_yet = _("Your preferences keep it out.") if is_kept_out else _("Not yet")
    nobody = _("No client has said that it holds it.") if is_late and item else _("Not yet")
    steps = [
        Step("accepted", _("Accepted"), zoned(accepted), is_done=True, at=accepted),
        _step("dispatched", _("Dispatched"), accepted, dispatched, none_yet),
        _step("delivered", _("Delivered"), accepted, delivered, "" if is_kept_out else nobody),
    ]
    return Way(notification.pk, steps, delivered is not None or is_kept_out or is_late)


def _step(key: str, label: str, began: datetime, at: datetime | None, missing: str) -> Step:
    if at is None:
        return Step(key, label, missing, is_done=False)
    # Clocks of two machines may differ: nothing is done before it began.
    took_s = max(0.0, (at - began).total_seconds())
    return Step(key, label, _("after %(time)s") % {"time": text(took_s, "s")}, is_done=True)


def _said(way: Way) -> dict[str, Any]:
    """As the script is told it; a moment it writes itself."""
    steps = [
        {
            "key": one.key,
            "label": one.label,
            "text": "" if one.at else one.text,
            "at": contract.wire_time(one.at) if one.at else None,
            "done": one.is_done,
        }
        for one in way.steps
    ]
    return {"id": str(way.pk), "steps": steps, "over": way.is_over}
