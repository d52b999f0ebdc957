"""Users in the admin: Django's pages, fit for a table of 100,000 users."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from accounts import lockout
from accounts.admin.permissions import offering
from accounts.models import User

if TYPE_CHECKING:
    _UserAdmin = DjangoUserAdmin[User]
else:
    _UserAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(_UserAdmin):
    """Finds, edits and unlocks users."""

    list_display = ("username", "email", "is_active", "is_staff", "last_login")
    search_fields = ("username", "first_name", "last_name", "email")
    # "12 results (100000 total)" would count the whole table for each search.
    show_full_result_count = False
    actions = ("unlock",)
    # What happened is nobody's to rewrite; and as text each has its time zone beside it.
    readonly_fields = ("last_login", "date_joined")

    def get_form(self, request: Any, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        """With the permissions that mean something here."""
        form = super().get_form(request, obj, *args, **kwargs)
        return offering(form, "user_permissions", obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting in bulk: its page loads all that belongs to each selected user."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names the users alone: the page would list all that goes with them, row by row."""
        return [str(user) for user in objs], {User._meta.verbose_name_plural: len(objs)}, set(), []

    @admin.action(description=_lazy("Unlock sign-in"), permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the selected users try again at once."""
        count = lockout.unlock(queryset)
        text = ngettext(
            "%(count)s user unlocked; the others had no wrong passwords.",
            "%(count)s users unlocked; the others had no wrong passwords.",
            count,
        )
        self.message_user(request, text % {"count": count})
