"""The page that composes a notification: written, reviewed, sent. It works without JavaScript."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from notifications.admin.forms import AudienceForm, ComposeForm, new_key
from notifications.admin.user_search import may_view_users, user_search
from notifications.models import Inbox, audiences
from notifications.models.audience import Audience
from notifications.models.door import Door, Through
from notifications.preferences import skipping
from notifications.sending import acts, outcome, quota

if TYPE_CHECKING:
    from notifications.admin.notifications import NotificationAdmin

# More recipients than this are sent to only by somebody who types how many they are.
_CONFIRM_ABOVE = 1_000
_SAMPLE_SIZE = 10
_AS_GOOD_AS_EVERYONE = _lazy("That is as good as everyone, to whom you may not send.")


@dataclass(frozen=True)
class Review:
    """What a sender is asked to look at before anything is sent."""

    count: int
    # Names, of those whose names the sender may see.
    sample: Sequence[str]
    error: str = ""

    @classmethod
    def of(cls, audience: Audience, *, named: bool) -> Review:
        recipients = audience.recipients()
        sample = [str(user) for user in recipients.order_by("pk")[:_SAMPLE_SIZE]] if named else []
        return cls(recipients.count(), sample)

    @property
    def must_be_typed(self) -> bool:
        return self.count > _CONFIRM_ABOVE

    @property
    def more_count(self) -> int:
        return self.count - len(self.sample)

    def fault(self, posted: Mapping[str, Any]) -> str:
        """What is wrong with the number that was typed; empty: it was the one that was shown, and
        is still about right.
        """
        if not self.must_be_typed:
            return ""
        given = posted.get("_typed", "")[:20]
        typed, shown = re.sub(r"[^0-9]", "", given), posted.get("_shown", "")[:20]
        if not typed:
            return _("Type the number of people to send.")
        # People sign up while others type.
        if typed == shown and abs(int(typed) - self.count) * 10 <= self.count:
            return ""
        if typed == shown:
            message = _(
                "Meanwhile it reaches %(count)s people, not %(typed)s. Type the new number."
            )
        else:
            message = _(
                "You typed %(typed)s, but it reaches %(count)s people. Type %(count)s to send."
            )
        return message % {"typed": typed, "count": self.count}


class Compose:
    """One request to the page."""

    def __init__(self, model_admin: NotificationAdmin, request: HttpRequest) -> None:
        self._admin = model_admin
        self._request = request

    def respond(self) -> HttpResponse:
        # Which of several sites the links of its pages are of, as Django's own views say it.
        self._request.current_app = self._admin.admin_site.name
        posted = self._request.POST
        if self._request.method != "POST":
            return self._write(self._form(None))
        require_permission(self._request, posted.get("kind"))
        form = self._form(posted)
        if not form.is_valid() or "_edit" in posted:
            return self._write(form)
        audience = form.audience()
        if not may_reach(self._request, audience):
            form.add_error(form.cleaned_data["kind"], _AS_GOOD_AS_EVERYONE)
            return self._write(form)
        # Who was chosen by name is known by name; who is in a group is not for every sender to see.
        named = audience.is_by_name or may_view_users(self._request)
        review = Review.of(audience, named=named)
        if "_send" not in posted:
            return self._show(form, review)
        if fault := review.fault(posted):
            return self._show(form, Review(review.count, review.sample, fault))
        return self._send(form)

    def _form(self, posted: Any) -> ComposeForm:
        # Django's, with its widgets for the model's fields.
        form_class: Any = self._admin.get_form(self._request)
        form: ComposeForm = form_class(posted)
        # The search goes by a relation to the user model; the inbox's is always there.
        relation = Inbox._meta.get_field("user")
        users, kind = form.fields["users"], form.fields["kind"]
        users.widget = user_search(
            self._request,
            relation,
            self._admin.admin_site,
            users.choices,  # type: ignore[attr-defined]
        )
        kind.choices = [  # type: ignore[attr-defined]
            choice
            for choice in kind.choices  # type: ignore[attr-defined]
            if may_send_to(self._request, choice[0])
        ]
        return form

    def _write(self, form: ComposeForm) -> HttpResponse:
        if form.is_bound:
            # Not there where some name is unknown: then the box looks who is known.
            box: Any = form.fields["users"].widget
            box.found = form.cleaned_data.get("users")
        fieldsets = list(self._admin.get_fieldsets(self._request))
        page = helpers.AdminForm(form, fieldsets, {}, (), model_admin=self._admin)
        context = {
            **self._context(_("New notification")),
            "adminform": page,
            "errors": helpers.AdminErrorList(form, []),
            "inline_admin_formsets": [],
            "media": self._admin.media + page.media,
            "is_popup": False,
        }
        return self._admin.render_change_form(self._request, context, add=True)

    def _show(self, form: ComposeForm, review: Review) -> HttpResponse:
        context = {
            **self._context(_("Review and send")),
            "form": form,
            "notification": form.instance,
            "zone": form.time_zone or timezone.get_current_timezone(),
            "review": review,
            "unwanted": skipping.unwanted_count(form.instance, form.audience().recipients()),
            "media": self._admin.media,
        }
        return TemplateResponse(
            self._request, "admin/notifications/notification/review.html", context
        )

    def _send(self, form: ComposeForm) -> HttpResponse:
        key = acts.IdempotencyKey(_scope_of(self._request.user.pk), form.cleaned_data["key"])
        try:
            sent = acts.send(
                form.message(),
                audience=form.audience(),
                idempotency=key,
                rationed=True,
                through=Through(Door.ADMIN, f"user {self._request.user.pk}"),
            )
        except acts.IdempotencyConflict:
            return self._already_sent(form)
        except quota.QuotaExceeded as error:
            form.add_error(None, str(error))
            return self._write(form)
        if sent.created:
            self._admin.log_addition(self._request, sent.notification, [{"added": {}}])
        with timezone.override(form.time_zone or timezone.get_current_timezone()):
            sentence = outcome.sentence(sent.notification)
        self._admin.message_user(self._request, sentence, messages.SUCCESS)
        return self._admin.response_post_save_add(self._request, sent.notification)

    def _already_sent(self, form: ComposeForm) -> HttpResponse:
        """Somebody went back to a form that was sent, and changed it."""
        form.add_error(
            None,
            _(
                "What this form said before was sent already. To send this as another"
                " notification, review it again."
            ),
        )
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["key"] = new_key()  # type: ignore[index]
        return self._write(form)

    def _context(self, title: str) -> dict[str, Any]:
        return {
            **self._admin.admin_site.each_context(self._request),
            "opts": self._admin.opts,
            "title": title,
        }


def _scope_of(user_id: Any) -> str:
    """Whose idempotency keys they are; as short as its column, whatever keys the users have."""
    scope = f"admin:{user_id}"
    digest = hashlib.sha256(scope.encode()).hexdigest()
    return scope if len(scope) <= len(digest) else digest


def reach(request: HttpRequest) -> HttpResponse:
    """How many an audience reaches, as JSON; the query says which, as the form's fields do."""
    require_permission(request, request.GET.get("kind"))
    form = AudienceForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    count = form.audience().recipients().count()
    return JsonResponse({"count": count, "text": reaches(count)})


def reaches(count: int) -> str:
    """In words, how many people are reached."""
    sentence = ngettext("Reaches %(count)s person.", "Reaches %(count)s people.", count)
    return sentence % {"count": f"{count:,}"}


def may_send_to(request: HttpRequest, kind: str) -> bool:
    """Whether the person may send to audiences of this kind."""
    audience = audiences.KINDS.get(kind)
    permission = None if audience is None else audience.permission
    return permission is None or request.user.has_perm(permission)


def may_reach(request: HttpRequest, audience: Audience) -> bool:
    """Whether the person may send to this audience, which may be everyone by another name."""
    return may_send_to(request, audiences.Everyone.kind) or not audience.is_as_good_as_everyone()


def require_permission(request: HttpRequest, kind: str | None) -> None:
    """Refuse what no form of ours offers this person.

    Raises: PermissionDenied
    """
    if kind is not None and not may_send_to(request, kind):
        raise PermissionDenied
