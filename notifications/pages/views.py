"""Pages that work without JavaScript. Parse, permit, call an act, render."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from notifications.conf import conf
from notifications.credentials.recipients import recipient_id
from notifications.inbox import acts, choices, reading
from notifications.pages import acting, filters, muting, snoozing, threads
from notifications.pages.days import by_day
from notifications.pages.gone import gone
from notifications.pages.languages import keep_head, use
from notifications.pages.listing import EMPTY, TABS, ListPosition
from notifications.preferences import acts as preferences
from notifications.wire import contract

_PAGE_SIZE = 50


def around() -> dict[str, str]:
    """What is around a page: the project's template, or ours, which leads to the site's root."""
    return {"base_template": conf.BASE_TEMPLATE, "site_root": get_script_prefix()}


def nothing_done(request: HttpRequest, back: str) -> HttpResponse:
    """Leads whoever comes to where forms post to back to their page, and says why."""
    # Not to who only looks what is there: it would be said on another page.
    if request.method == "GET":
        messages.warning(request, _("You were signed out, so nothing was done. Try it again."))
    return redirect(back)


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """One page of the inbox, newest first, or of what is looked for in it."""
    user_id, place = recipient_id(request), ListPosition.of(request.GET)
    if filters.errors_of(place.search):
        page = reading.Page(reading.head(user_id), [], None)
    else:
        page = reading.page(
            user_id,
            place.listing,
            before=place.before,
            after=place.after,
            size=_PAGE_SIZE,
            search=place.search,
        )
        if place.after is not None and page.next_after is None:
            # A first page that is full, with what arrives while it is read.
            return redirect(replace(place, after=None).url)
    use(request, page.head.choices.language)
    # Once more: only now is it known in which language they are said.
    errors = filters.errors_of(place.search)
    status = HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
    said = {
        **around(),
        "place": place,
        "errors": errors,
        "tabs": [(key, label, place.beside(key).url) for key, label in TABS.items()],
        "menus": [] if errors else _menus(user_id, place, page),
        "snoozes": snoozing.CHOICES.items(),
        "found": place.found(page),
        "empty": EMPTY[place.listing],
        "head": page.head,
        "days": by_day(place.rows(page)),
        "next_before": page.next_before,
        "older": place.older(page),
        "newer": place.newer(page),
    }
    return render(request, "notifications/inbox.html", said, status=status)


def _menus(user_id: Any, place: ListPosition, page: reading.Page) -> list[filters.Menu]:
    newest = page.notifications[0].message.title if page.notifications else ""
    return list(filters.menus(choices.held(user_id), place.search, newest))


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def inbox_one(request: HttpRequest, wire_id: str) -> HttpResponse:
    """One notification, whole. Whoever opens it has read it."""
    pk = contract.notification_pk(wire_id)
    read = None if pk is None else reading.one(recipient_id(request), pk)
    if pk is None or read is None:
        return gone(request, pk)
    if read.item.read_at is None and _is_opened(request):
        acts.mark_read(recipient_id(request), acts.Chosen({pk}))
        keep_head(request, None, None)
        now = timezone.now()
        read = replace(read, item=replace(read.item, read_at=now, seen_at=now))
    beside = reading.beside(recipient_id(request), read.item.arrived_revision)
    return render(
        request,
        "notifications/one.html",
        {
            **around(),
            "notification": read,
            "snoozes": snoozing.CHOICES.items(),
            "place": ListPosition.of(request.GET),
            "beside": beside,
            "thread_url": threads.url_of(read.message.thread),
            "why": muting.why(read.message),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def inbox_action(request: HttpRequest) -> HttpResponse:
    """Do one act and go back to the listing that it was done from."""
    if request.method != "POST":
        # Who was signed out when the button was pressed comes here after signing in again.
        return nothing_done(request, "notifications:inbox")
    place = ListPosition.of(request.POST)
    op = request.POST.get("op", "")
    if op == "read" and "upto" in request.POST:
        return _mark_all_read(request, place)
    if op in acting.BACK and "undoes" in request.POST:
        return _undo(request, place, op)
    if "many" in request.POST and op not in muting.OPS:
        return _act_on_many(request, place, op)
    return _act_on_one(request, place, op)


def _act_on_one(request: HttpRequest, place: ListPosition, op: str) -> HttpResponse:
    pk = contract.notification_pk(request.POST.get("notification", "-"))
    if op not in acting.OPS | muting.OPS.keys() or pk is None:
        return _no_such_act()
    try:
        if op in muting.OPS:
            said = acting.mute(recipient_id(request), op, pk)
        else:
            said = acting.act(recipient_id(request), op, pk, request.POST.get("until", ""))
    except acts.BadUntil:
        messages.error(request, _bad_until())
    except (preferences.Locked, preferences.TooMany) as error:
        messages.error(request, muting.refused(error))
    else:
        if said is not None:
            messages.success(request, said)
    return redirect(place.url)


def _no_such_act() -> HttpResponse:
    return HttpResponseBadRequest(_("That is nothing that can be done here."))


def _bad_until() -> str:
    return _("A snooze ends at least 3 minutes and at most a year from now. Nothing was snoozed.")


def _undo(request: HttpRequest, place: ListPosition, op: str) -> HttpResponse:
    again = request.POST.getlist("again")[: contract.IDS_MAX_COUNT]
    try:
        if acting.undo(recipient_id(request), op, request.POST["undoes"], again):
            messages.success(request, _("Undone."))
    except acts.BadUntil as error:
        messages.error(request, str(error))
    return redirect(place.url)


def _act_on_many(request: HttpRequest, place: ListPosition, op: str) -> HttpResponse:
    """Those that were selected."""
    # The box of a folded row says all that are in it.
    ids = " ".join(request.POST.getlist("notification")).split()
    pks = {contract.notification_pk(one) for one in ids} - {None}
    if op not in acting.OPS or len(pks) > contract.IDS_MAX_COUNT:
        return _no_such_act()
    try:
        until = request.POST.get("until", "")
        said = acting.act_on_many(recipient_id(request), op, {pk for pk in pks if pk}, until)
    except acts.BadUntil:
        messages.error(request, _bad_until())
    else:
        if said is not None or not pks:
            messages.info(request, said or _("Nothing was selected."))
    return redirect(place.url)


def _mark_all_read(request: HttpRequest, place: ListPosition) -> HttpResponse:
    """What was on the page, and what is older: what arrived since then stays unread."""
    upto = contract.revision(request.POST["upto"])
    if upto is None:
        return HttpResponseBadRequest("upto is a revision.")
    which = acts.AllUpTo(request.POST.get("epoch", ""), upto)
    try:
        said = acting.mark_all_read(recipient_id(request), which)
    except reading.EpochMismatch:
        messages.warning(request, _("Your inbox was refreshed. Nothing was marked; look again."))
    else:
        messages.success(request, said or _("All marked as read."))
    return redirect(place.url)


def _is_opened(request: HttpRequest) -> bool:
    """Whether the user sees it: no program looks if it is there, and no browser asks ahead."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return request.method == "GET" and "prefetch" not in purpose
