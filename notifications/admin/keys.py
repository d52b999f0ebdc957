"""API keys in the admin: made here, shown once, revoked here, and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.admin.key_form import ApiKeyForm
from notifications.admin.writing import writing_first
from notifications.credentials import keys
from notifications.models import ApiKey

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[ApiKey]
else:  # Django's class takes no parameter when the code runs
    _ModelAdmin = admin.ModelAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(_ModelAdmin):
    """Superusers make keys, since a key may open any inbox; who may change them may revoke them."""

    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "scope_list", "state", "last_used_at", "created_by")
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix")
    ordering = ("-pk",)
    actions = ("revoke",)
    fieldsets = (
        (None, {"fields": ("name", "scopes", "expires_at")}),
        (
            _("In browsers"),
            {
                "fields": ("origins",),
                "description": _(
                    "Only for the scope “tokens”: the sites whose pages may use the tokens that "
                    "this key makes. The key itself belongs on a server, never into a page."
                ),
            },
        ),
    )
    _made = (
        (None, {"fields": ("name", "shown_prefix", "scope_list", "origin_list")}),
        (
            _("Life"),
            {"fields": ("state", "created_by", "created_at", "expires_at", "revoked_at",
                        "last_used_at")},
        ),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fieldsets if obj is None else self._made

    @writing_first
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: what a key may do tomorrow is what it may do today. Make another."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: what a revoked key has sent keeps its sender, and its idempotency keys stay known."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Needed by the action; also by whoever may not make keys."""
        return request.user.has_perm("notifications.change_apikey")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """With one button: whichever is pressed, the next page is the one that shows the key."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kw)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001
        # A name without a column: the key lives as long as this request does.
        form.key = keys.give_secret(obj)
        obj.created_by = request.user  # type: ignore[assignment]
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, *args: Any) -> None:
        """A key has no related objects. The key itself goes to the page that shows it."""
        request.made_key = form.key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, in this one answer: a redirect would have to keep it somewhere."""
        request.current_app = self.admin_site.name
        page = TemplateResponse(
            request,
            "admin/notifications/apikey/made.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Copy the key now"),
                "opts": self.opts,
                "api_key": obj,
                "key": request.made_key,  # type: ignore[attr-defined]
            },
        )
        page.headers["Cache-Control"] = "no-store"
        return page

    @admin.display(description=_("key"), ordering="prefix")
    def shown_prefix(self, obj: ApiKey) -> str:
        return f"{obj.prefix}…"

    @admin.display(description=_("scopes"))
    def scope_list(self, obj: ApiKey) -> str:
        return ", ".join(obj.scopes)

    @admin.display(description=_("origins"))
    def origin_list(self, obj: ApiKey) -> str:
        return ", ".join(obj.origins) or "-"

    @admin.display(description=_("state"))
    def state(self, obj: ApiKey) -> str:
        if obj.revoked_at is not None:
            return str(_("Revoked"))
        over = obj.expires_at is not None and obj.expires_at <= timezone.now()
        return str(_("Expired") if over else _("Live"))

    @admin.action(description=_("Revoke selected keys, for good"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        count = keys.revoke(queryset)
        message = ngettext(
            "%(count)s key revoked, and the tokens that it made.",
            "%(count)s keys revoked, and the tokens that they made.",
            count,
        )
        self.message_user(request, message % {"count": count})
