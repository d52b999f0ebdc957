"""Who has got a notification: its items, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from notifications.admin.paging import BoundedAdmin
from notifications.models import InboxItem, Notification
from notifications.wire import contract

_PROGRESS: dict[str, tuple[Any, dict[str, Any]]] = {
    "undelivered": (_("Not delivered yet"), {"delivered_at": None}),
    "delivered": (_("Delivered"), {"delivered_at__isnull": False}),
    "unseen": (_("Delivered, not seen"), {"delivered_at__isnull": False, "seen_at": None}),
    "seen": (_("Seen"), {"seen_at__isnull": False}),
    "read": (_("Read"), {"read_at__isnull": False}),
}


class Progress(admin.SimpleListFilter):
    """How far the notification has come with a recipient."""

    title = _("progress")
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(key, label) for key, (label, _conditions) in _PROGRESS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        _label, conditions = _PROGRESS.get(self.value() or "", ("", {}))
        return queryset.filter(**conditions)


@admin.register(InboxItem)
class InboxItemAdmin(BoundedAdmin):
    """The recipients of one notification, read-only. Of all of them there is no list."""

    list_display = ("recipient", "delivered_at", "seen_at", "read_at", "removed_at")
    list_filter = (Progress,)
    # What the page of a notification links to (config/admin_site.py).
    listed_lookups = ("notification",)
    # In the order of an index; no other is offered, for it would sort all that there are.
    ordering = ("notification_id", "inbox_id")
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Not joined: with a filter, PostgreSQL would join all users and then look for these.
        return super().get_queryset(request).prefetch_related("inbox__user")

    @admin.display(description=_("recipient"))
    def recipient(self, item: InboxItem) -> str:
        return str(item.inbox.user)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = contract.notification_pk(request.GET.get("notification") or "x")
        if pk is None:
            return redirect(f"{self.admin_site.name}:notifications_notification_changelist")
        notification = get_object_or_404(Notification, pk=pk)
        context = {"title": _("Recipients"), "subtitle": None, "notification": notification}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Not in the index: one comes here from a notification.
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
