"""The page on which people choose what they get, and how they are told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from notifications.credentials.recipients import recipient_id
from notifications.inbox import reading as inbox_reading
from notifications.models.preferences import MUTES
from notifications.pages import muting
from notifications.pages.appearance import category_name
from notifications.pages.languages import kept_head, use
from notifications.pages.preferences_form import PreferencesForm
from notifications.pages.views import around
from notifications.preferences import acts, reading
from notifications.preferences.categories import CHANNELS, Channels
from notifications.sending import self_test
from notifications.wire import contract

_COLUMNS = {
    "inbox": _lazy("Inbox"),
    "toast": _lazy("Toast"),
    "desktop": _lazy("Desktop"),
    "sound": _lazy("Sound"),
}


@dataclass(frozen=True, slots=True)
class _Cell:
    name: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """A row of the table."""

    category: str
    label: str
    is_locked: bool
    is_muted: bool
    cells: list[_Cell]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@cache_control(private=True, no_cache=True)
def preferences_page(request: HttpRequest) -> HttpResponse:
    """Show what is chosen, save it, mute and unmute, send a test."""
    if request.method != "POST":
        head = kept_head(request, recipient_id(request))
        known = (head.inbox_id, head.choices) if head else None
        found = reading.of(recipient_id(request), known=known)
        return _page(request, found, PreferencesForm(found.choices))
    match request.POST.get("op"):
        case "save":
            return _save(request)
        case "mute" | "unmute" as op:
            return _mute(request, op)
        case "test":
            return _test(request)
    return HttpResponseBadRequest(_("That is nothing that can be done here."))


def _page(
    request: HttpRequest, found: reading.Chosen, form: PreferencesForm, status: int = 200
) -> HttpResponse:
    muted = {one.value for one in found.mutes if one.kind == "category"}
    return render(
        request,
        "notifications/preferences.html",
        {
            **around(),
            "form": form,
            "columns": _COLUMNS.values(),
            "rows": [_shown(row, row.category in muted) for row in found.rows],
            "mutes": [(one, muting.name_of(one.kind, one.value, one.title)) for one in found.mutes],
        },
        status=status,
    )


def _shown(row: reading.Row, is_muted: bool) -> _Shown:  # noqa: FBT001
    channels = asdict(row.channels)
    cells = [
        _Cell(f"{row.category}:{name}", str(label), channels[name])
        for name, label in _COLUMNS.items()
    ]
    return _Shown(row.category, category_name(row.category), row.is_locked, is_muted, cells)


def _save(request: HttpRequest) -> HttpResponse:
    user_id = recipient_id(request)
    found = reading.of(user_id)
    checked = set(request.POST.getlist("on"))
    # What was not on the page that was sent stays as it is.
    listed = set(request.POST.getlist("listed"))
    rows = {
        row.category: Channels(**{name: f"{row.category}:{name}" in checked for name in CHANNELS})
        for row in found.rows
        if row.category in listed and not row.is_locked
    }
    form = PreferencesForm(found.choices, request.POST)
    if not form.is_valid():
        kept = [replace(row, channels=rows.get(row.category, row.channels)) for row in found.rows]
        return _page(request, replace(found, rows=kept), form, status=422)
    try:
        acts.choose(user_id, rows=rows, **form.chosen())
    except acts.TooMany as error:
        messages.error(
            request, _("%(reason)s Nothing was saved.") % {"reason": muting.refused(error)}
        )
    else:
        # What is said of it is said in the language that was chosen.
        use(request, form.chosen().get("language", ""))
        messages.success(request, _("Preferences saved."))
    return redirect("notifications:preferences")


def _mute(request: HttpRequest, op: str) -> HttpResponse:
    kind, value = request.POST.get("kind", ""), request.POST.get("value", "")
    if kind not in MUTES or not 0 < len(value) <= contract.THREAD_MAX_LENGTH or "\0" in value:
        return HttpResponseBadRequest(_("That is nothing that can be muted."))
    act = acts.mute if op == "mute" else acts.unmute
    title = request.POST.get("title", "")
    try:
        is_changed = act(recipient_id(request), kind, value)
        done = muting.done(op, kind, value, title, is_changed=is_changed)
        if is_changed:
            messages.success(request, _said(done, op, kind, value))
        else:
            messages.info(request, done)
    except (acts.Locked, acts.TooMany) as error:
        messages.error(request, muting.refused(error))
    pk = contract.notification_pk(request.POST.get("notification", "-"))
    if pk is None:
        return redirect("notifications:preferences")
    return redirect("notifications:inbox-one", pk)


def _said(text: str, op: str, kind: str, value: str) -> str:
    """What was done, with a button that takes it back, whose form is on the page."""
    fields = {"kind": kind, "value": value}
    hidden = format_html_join(
        "", '<input form="undo-mute" type="hidden" name="{}" value="{}">', fields.items()
    )
    undoing = "unmute" if op == "mute" else "mute"
    button = '{} {}<button form="undo-mute" name="op" value="{}">{}</button>'
    return format_html(button, text, hidden, undoing, _("Undo"))


def _test(request: HttpRequest) -> HttpResponse:
    """Send somebody a notification of their own, as often as is of any use."""
    inbox_id = inbox_reading.head(recipient_id(request)).inbox_id
    sent = self_test.send(request.user, inbox_id)
    if not sent.created:
        messages.info(request, self_test.TOO_SOON)
    elif sent.notification.skipped_count:
        messages.warning(request, _("A test was sent, and your preferences keep it out."))
    else:
        messages.success(request, _("A test was sent to you."))
    return redirect("notifications:preferences")
