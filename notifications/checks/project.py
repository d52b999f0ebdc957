"""The project around the app: what it has not mounted or installed, and names that both have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.management import find_commands
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from notifications.models import Inbox
from notifications.process import extras
from notifications.push.layers import backends

_APP, _INITIAL = "notifications", "0001_initial"
# We mean to hide that of others, which serves pages alone.
_SHARED = {"runserver"}


@checks.register()
def layers_not_installed(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Else the first hint, or the first socket, would find out."""
    return [
        checks.Error(
            f"CHANNEL_LAYERS[{alias!r}] is {backend!r}, whose package is not installed.",
            hint=f"Run {extras.remedy('redis')}"
            if backend.startswith("channels_redis.")
            else "Install what it is of.",
            id="notifications.E020",
        )
        for alias, backend in backends().items()
        if not extras.is_there(backend.rpartition(".")[0])
    ]


@checks.register()
def urls_not_included(**_kwargs: Any) -> list[checks.CheckMessage]:
    """The bell asks the API, and leads to the inbox: pages that have it would fail."""
    if _place_of_inbox() is not None:
        return []
    return [
        checks.Warning(
            "ROOT_URLCONF has neither the inbox nor the API: the bell leads nowhere.",
            hint="Add path('', include('notifications.urls')) to its urlpatterns.",
            id="notifications.W020",
        )
    ]


@checks.register()
def nowhere_to_sign_in(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Who is signed out is sent there from the inbox."""
    if _place_of_inbox() is None:
        return []
    try:
        place = resolve_url(settings.LOGIN_URL)
        if place.startswith("/"):
            resolve(place)
    except (NoReverseMatch, Resolver404):
        return [
            checks.Warning(
                f"LOGIN_URL is {settings.LOGIN_URL!r}, and there is nothing: who is signed out "
                "cannot come to the inbox.",
                hint="Name the page where people sign in, such as 'admin:login'.",
                id="notifications.W021",
            )
        ]
    return []


@checks.register()
def commands_of_one_name(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Of two commands of one name, Django runs that of the app that is listed first."""
    owners: dict[str, list[str]] = {}
    for app in apps.get_app_configs():
        for name in find_commands(str(Path(app.path, "management"))):
            owners.setdefault(name, []).append(app.name)
    return [
        checks.Warning(
            f"`manage.py {name}` is that of {first!r}, which hides that of {', '.join(hidden)}.",
            hint="The order of INSTALLED_APPS decides. A command that subclasses "
            f"notifications.management.commands.{name}.Command has ours under another name.",
            id="notifications.W022",
        )
        for name, (first, *hidden) in owners.items()
        if hidden and _APP in {first, *hidden} and name not in _SHARED
    ]


@checks.register(checks.Tags.database)
def tables_of_another_app(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """Asks the database, so only with ``migrate`` and ``check --database``.

    django-notifications-hq has the same label: where it was migrated, ours would seem to be.
    """
    if "default" not in (databases or ()):
        return []
    try:
        is_recorded = (_APP, _INITIAL) in MigrationRecorder(connection).applied_migrations()
        tables = connection.introspection.table_names() if is_recorded else []
    except (DatabaseError, InterfaceError):
        return []  # which E009 tells of
    if not is_recorded or Inbox._meta.db_table in tables:
        return []
    return [
        checks.Error(
            f"The database says that {_APP}.{_INITIAL} was migrated, and has none of its tables: "
            "that was another app of this name, such as django-notifications-hq.",
            hint="Install that one once more, and run manage.py migrate notifications zero "
            "(what it holds is gone then); then install this one, and run migrate.",
            id="notifications.E021",
        )
    ]


def _place_of_inbox() -> str | None:
    try:
        return reverse("notifications:inbox")
    except NoReverseMatch:
        return None
