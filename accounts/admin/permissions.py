"""The permissions that people are offered: those that some page here asks for, in plain words.

Django makes four for each table, also for tables that nobody sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.forms import ModelMultipleChoiceField
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _PermissionsField = ModelMultipleChoiceField[Permission]
else:  # Django's class takes no parameter when the code runs
    _PermissionsField = ModelMultipleChoiceField

# By app: codename, and what it lets somebody do.
OFFERED = {
    "accounts": {
        "view_user": _("See users"),
        "add_user": _("Make users"),
        "change_user": _("Change and unlock users"),
        "delete_user": _("Delete users"),
    },
    "auth": {
        "view_group": _("See groups"),
        "add_group": _("Make groups"),
        "change_group": _("Change groups"),
        "delete_group": _("Delete groups"),
    },
    "axes": {
        "view_accessattempt": _("See wrong passwords"),
        "delete_accessattempt": _("Forget wrong passwords"),
    },
    "notifications": {
        "view_notification": _("See notifications"),
        "add_notification": _("Send notifications"),
        "change_notification": _("See and send notifications"),
        "delete_notification": _("Withdraw notifications"),
        "send_to_everyone": _("Send notifications to everyone"),
        "view_inboxitem": _("See what is in people's inboxes"),
        "view_apikey": _("See API keys"),
        "change_apikey": _("Revoke API keys"),
    },
}


class PermissionsField(_PermissionsField):
    """Chooses among what is offered, in its words."""

    def label_from_instance(self, obj: Any) -> str:
        app, codename = obj.content_type.app_label, obj.codename
        return str(OFFERED.get(app, {}).get(codename) or obj)


def offer(field: Any, chosen: Any = ()) -> Any:
    """Let a field of the admin's offer these, and keep what somebody has already."""
    offered = Q(pk__in=chosen)
    for app, codenames in OFFERED.items():
        offered |= Q(content_type__app_label=app, codename__in=codenames)
    permissions = Permission.objects.select_related("content_type").filter(offered)
    return PermissionsField(
        queryset=permissions,
        required=field.required,
        widget=field.widget,
        label=field.label,
        help_text=field.help_text,
    )


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Django's, with the permissions that mean something here."""

    def get_form(self, request: Any, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, *args, **kwargs)
        return offering(form, "permissions", obj)


def offering(form: Any, name: str, obj: Any) -> Any:
    """A form class of the admin's, whose field of permissions offers these."""
    if name in form.base_fields:
        chosen = () if obj is None else getattr(obj, name).values("pk")
        form.base_fields[name] = offer(form.base_fields[name], chosen)
    return form
