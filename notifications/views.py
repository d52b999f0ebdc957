"""Pages that work without JavaScript. Parse, permit, call an act, render."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from notifications import inbox, protocol, reading
from notifications.recipients import recipient_id

_PAGE_SIZE = 50
_ACTS = {
    "read": inbox.mark_read,
    "unread": inbox.mark_unread,
    "archive": inbox.archive,
    "restore": inbox.restore,
}
_TABS = {"inbox": "Inbox", "unread": "Unread", "archived": "Archived"}
_EMPTY = {
    "inbox": "You're all caught up.",
    "unread": "Nothing unread.",
    "archived": "Nothing archived yet.",
}


@require_GET
@login_required
@cache_control(private=True, no_cache=True)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """One page of the inbox, newest first."""
    listing = _listing(request.GET.get("filter"))
    before = protocol.revision(request.GET.get("before", ""))
    page = reading.page(recipient_id(request), listing, before=before, size=_PAGE_SIZE)
    older = {"filter": listing, "before": page.next_before}
    return render(
        request,
        "notifications/inbox.html",
        {
            "listing": listing,
            "tabs": _TABS.items(),
            "empty": _EMPTY[listing],
            "head": page.head,
            "notifications": [_shown(one) for one in page.notifications],
            "older": None if page.next_before is None else f"?{urlencode(older)}",
        },
    )


@require_GET
@login_required
@cache_control(private=True, no_cache=True)
def inbox_one(request: HttpRequest, wire_id: str) -> HttpResponse:
    """One notification, whole."""
    pk = protocol.notification_pk(wire_id)
    found = None if pk is None else reading.one(recipient_id(request), pk)
    if found is None:
        raise Http404
    return render(request, "notifications/one.html", {"notification": _shown(found)})


@require_POST
@login_required
def inbox_action(request: HttpRequest) -> HttpResponse:
    """Do one act and go back to the listing that it was done from."""
    act = _ACTS.get(request.POST.get("op", ""))
    pk = protocol.notification_pk(request.POST.get("notification", "-"))
    if act is None or pk is None:
        return HttpResponseBadRequest("That is nothing that can be done here.")
    act(recipient_id(request), inbox.Chosen({pk}))
    listing = _listing(request.POST.get("filter"))
    return redirect(f"{reverse('notifications:inbox')}?{urlencode({'filter': listing})}")


def _listing(name: str | None) -> str:
    return name if name in reading.FILTERS else "inbox"


def _shown(notification: reading.Notification) -> dict[str, Any]:
    """What the wire says, with its times as the template formats them."""
    return notification | {"arrived_at": parse_datetime(notification["arrived_at"])}
