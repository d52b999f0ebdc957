"""Notifications in the admin: the list, one to follow, withdrawing. compose.py makes new ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.admin import trace, user_search
from notifications.admin.compose import Compose, reach
from notifications.admin.forms import ComposeForm
from notifications.admin.paging import BoundedAdmin
from notifications.admin.writing import writing_first
from notifications.inbox import stats
from notifications.inbox.stats import Counts
from notifications.models import Notification, Stats, Status
from notifications.models.audiences import CHOSEN
from notifications.pages.moments import zoned
from notifications.sending import acts, outcome
from notifications.wire import contract
from notifications.wire.message import COMPOSED, MOMENTS

_MESSAGE = tuple(name for name in COMPOSED if name not in MOMENTS)


@admin.register(Notification)
class NotificationAdmin(BoundedAdmin):
    """A notification that was sent is read-only; deleting it withdraws it."""

    form: Any = ComposeForm
    add_form_template = "admin/notifications/notification/compose.html"
    list_display = (
        "title", "audience_label", "status", "when", "recipients", "delivered", "seen", "read",
        "story",
    )  # fmt: skip
    list_filter = ("status", "level")
    list_select_related = ("stats",)
    search_fields = ("title",)
    # By its key alone: to sort by anything else would read them all.
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("withdraw",)
    fieldsets = (
        (_("Message"), {"fields": _MESSAGE}),
        (_("Audience"), {"fields": ("kind", *CHOSEN)}),
        (_("Delivery"), {"fields": (*MOMENTS, "key", "zone")}),
    )
    _sent_fieldsets = (
        (_("Message"), {"fields": _MESSAGE}),
        (
            _("Sending"),
            {"fields": ("audience_label", "status", "created_at", *MOMENTS)},
        ),
        (_("Stats"), {"fields": ("outcome", "delivered", "seen", "read")}),
    )

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        reach = path("reach/", wrap(self.reach_view), name="notifications_notification_reach")
        users = path("users/", wrap(self.users_view), name="notifications_notification_users")
        of_one = path(
            "<path:object_id>/trace/",
            wrap(self.trace_view),
            name="notifications_notification_trace",
        )
        return [reach, users, of_one, *super().get_urls()]

    # --- Composing --------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj is None else self._sent_fieldsets

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return Compose(self, request).respond()

    def reach_view(self, request: HttpRequest) -> HttpResponse:
        """How many the audience reaches that is being chosen."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return reach(request)

    def users_view(self, request: HttpRequest) -> HttpResponse:
        """The users whose names are like what was typed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return user_search.found(request)

    # --- Following --------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        if (notification := options.get("obj")) is not None:
            # The page of one counts exactly; lists show what was counted for them.
            notification.counted = stats.exact(notification.pk)
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description=_("when"))
    def when(self, notification: Notification) -> str:
        """Its time, where it was given one; else when it was written, which is when it was sent."""
        moment = notification.send_at or notification.created_at
        # None: what stands there cannot be read.
        return "-" if moment is None else zoned(moment)

    @admin.display(description=_("recipients"))
    def recipients(self, notification: Notification) -> str:
        return outcome.reach(notification)

    @admin.display(description=_("outcome"))
    def outcome(self, notification: Notification) -> str:
        return outcome.sentence(notification)

    @admin.display(description=_("delivered"))
    def delivered(self, notification: Notification) -> int:
        return _counts(notification).delivered

    @admin.display(description=_("seen"))
    def seen(self, notification: Notification) -> int:
        return _counts(notification).seen

    @admin.display(description=_("read"))
    def read(self, notification: Notification) -> int:
        return _counts(notification).read

    @admin.display(description=_("story"))
    def story(self, notification: Notification) -> str:
        """A link to what became of it."""
        address = reverse(
            f"{self.admin_site.name}:notifications_notification_trace", args=[notification.pk]
        )
        return format_html(
            '<a href="{}" aria-label="{}">{}</a>',
            address,
            _("What became of “%(title)s”") % {"title": notification},
            _("Trace"),
        )

    def trace_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What became of a notification, and why somebody did not get it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = contract.notification_pk(object_id)
        notification = None if pk is None else Notification.objects.filter(pk=pk).first()
        if notification is None:
            raise Http404
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return trace.page(request, notification, context)

    # --- Withdrawing ------------------------------------------------------------------------------

    @writing_first
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        context = {"title": _("Withdraw this notification?")} | (extra_context or {})
        return super().delete_view(request, object_id, context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Withdrawing deletes no row, so the items (maybe 100,000) are not even looked at.
        return [str(item) for item in objs], {}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: what Django notes of a deletion is blank on the page of what is still there."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._log_end(request, obj, acts.withdraw(obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.withdraw(request, queryset)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        answer = super().response_delete(request, obj_display, obj_id)
        # Django has said that it was deleted.
        list(messages.get_messages(request))
        # Withdrawn is what somebody may have had; what was not sent yet nobody has.
        was_cancelled = Notification.objects.filter(pk=obj_id, status=Status.CANCELLED).exists()
        message = _("“%(title)s” was withdrawn.")
        if was_cancelled:
            message = _("“%(title)s” was cancelled: nobody got it.")
        self.message_user(request, message % {"title": obj_display}, messages.SUCCESS)
        return answer

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Withdraw selected notifications"), permissions=["delete"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        became: Counter[Status | None] = Counter()
        for notification in queryset:
            became[status := acts.withdraw(notification.pk)] += 1
            self._log_end(request, notification, status)
        count, cancelled = became[Status.WITHDRAWN], became[Status.CANCELLED]
        message = ngettext("%(count)s withdrawn.", "%(count)s withdrawn.", count) % {"count": count}
        if cancelled:
            more = ngettext("%(count)s cancelled.", "%(count)s cancelled.", cancelled)
            message = f"{message} {more % {'count': cancelled}}"
        self.message_user(request, message)

    def _log_end(
        self, request: HttpRequest, notification: Notification, status: Status | None
    ) -> None:
        if status is not None:
            self.log_change(request, notification, f"{status.label}.")


def _counts(notification: Notification) -> Counts:
    counted: Counts | None = getattr(notification, "counted", None)
    if counted is not None:
        return counted
    try:
        return stats.shown(notification.stats)
    except Stats.DoesNotExist:
        return Counts()  # nothing has been counted yet
