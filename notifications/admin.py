"""Compose, send, follow and withdraw. Calls sending.py; writes no rows itself."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications import sending
from notifications.forms import ComposeForm
from notifications.models import Notification

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Notification]
else:  # Django's class takes no parameter when the code runs
    _ModelAdmin = admin.ModelAdmin


class _UserSearch(AutocompleteSelectMultiple):
    """A search box that asks the server: a plain ``<select>`` would load every user."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # Drawing the form again, the widget would fail on what is no id at all.
        return [
            value for value in super().value_from_datadict(data, files, name) if value.isdecimal()
        ]


@admin.register(Notification)
class NotificationAdmin(_ModelAdmin):
    """A notification that was sent is read-only; deleting it withdraws it."""

    form = ComposeForm
    list_display = (
        "title", "audience_label", "status", "created_at", "recipient_count", "item_count",
    )  # fmt: skip
    list_filter = ("status", "level")
    search_fields = ("title",)
    ordering = ("-pk",)
    # Counting a large table takes longer than showing a page of it.
    show_full_result_count = False
    list_per_page = 50
    actions = ("withdraw",)
    fieldsets = (
        (_("Message"), {"fields": ("title", "body", "level", "category", "url", "sender")}),
        (_("Audience"), {"fields": ("kind", "users", "groups", "key")}),
    )
    _sent_fieldsets = (
        (_("Message"), {"fields": ("title", "body", "level", "category", "url", "sender")}),
        (
            _("Sending"),
            {"fields": ("audience_label", "status", "created_at", "recipient_count", "item_count")},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj is None else self._sent_fieldsets

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            self._prepare(request, form)
        return form

    def _prepare(self, request: HttpRequest, form: Any) -> None:
        # The class is this request's own, but its fields are still those of all requests.
        form.base_fields = deepcopy(form.base_fields)
        # The search goes by a relation to the user model; the inbox's is always there.
        relation = get_user_model()._meta.get_field("inbox").field
        form.base_fields["users"].widget = _UserSearch(relation, self.admin_site)
        if not request.user.has_perm("notifications.send_to_everyone"):
            form.base_fields["kind"].choices = [
                choice for choice in form.base_fields["kind"].choices if choice[0] != "everyone"
            ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Notification, form: Any, change: bool) -> None:  # noqa: FBT001
        audience = form.audience()
        if audience.permission and not request.user.has_perm(audience.permission):
            raise PermissionDenied
        names = ComposeForm.Meta.fields
        sent = sending.send(
            audience=audience,
            idempotency=sending.IdempotencyKey(
                f"admin:{request.user.pk}", form.cleaned_data["key"]
            ),
            **{name: form.cleaned_data[name] for name in names},
        )
        # Django goes on with the object that it was given: it becomes the row that was made.
        obj.pk = sent.notification.pk
        obj.refresh_from_db()

    def save_related(self, *args: Any) -> None:
        """Nothing: a notification has no related objects to be saved with it."""

    def response_add(
        self, request: HttpRequest, obj: Notification, post_url_continue: str | None = None
    ) -> Any:
        count = obj.recipient_count
        said = ngettext("Sent to %(count)s person.", "Sent to %(count)s people.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)
        return self.response_post_save_add(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Withdrawing deletes no row, so the items (maybe 100,000) are not even looked at.
        return [str(one) for one in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Notification) -> None:
        sending.withdraw(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        self.withdraw(request, queryset)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Withdraw selected notifications"), permissions=["delete"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        pks = list(queryset.values_list("pk", flat=True))
        count = sum(sending.withdraw(pk) for pk in pks)
        said = ngettext("%(count)s withdrawn.", "%(count)s withdrawn.", count) % {"count": count}
        self.message_user(request, said)
