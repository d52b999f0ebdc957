"""Whose site it is: names, logos and colours that cannot be shown, or not be read."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.staticfiles import finders
from django.core import checks

from notifications.conf import conf
from notifications.identity import colours
from notifications.identity.site import Identity, names_a_picture

_NAME_MAX_LENGTH = 60


@checks.register()
def name(**_kwargs: Any) -> list[checks.CheckMessage]:
    """It stands in every title and every mail's subject."""
    given = conf.SITE_NAME
    if isinstance(given, str) and given == Identity().name and len(given) <= _NAME_MAX_LENGTH:
        return []
    return [
        checks.Error(
            f"NOTIFICATIONS_SITE_NAME is {given!r}, which is no name of a site.",
            hint=f"Write it in one line, without blanks around it: 1 to {_NAME_MAX_LENGTH} "
            "characters.",
            id="notifications.E030",
        )
    ]


@checks.register()
def accent(**_kwargs: Any) -> list[checks.CheckMessage]:
    """What is no colour would be left out of the style, and with it what is derived from it."""
    given = conf.SITE_ACCENT
    if isinstance(given, str) and colours.Colour.of(given):
        return []
    return [
        checks.Error(
            f"NOTIFICATIONS_SITE_ACCENT is {given!r}, which is no colour.",
            hint="Write it as #rrggbb, such as #0b57d0.",
            id="notifications.E031",
        )
    ]


@checks.register()
def logo(**_kwargs: Any) -> list[checks.CheckMessage]:
    """A picture from elsewhere tells that site who reads here, and our policy refuses it."""
    given = conf.SITE_LOGO
    if given == "" or (isinstance(given, str) and names_a_picture(given)):
        return []
    return [
        checks.Error(
            f"NOTIFICATIONS_SITE_LOGO is {given!r}, which is no picture of this site.",
            hint="Name a static file (acme/logo.svg), or a path on this host (/media/logo.svg).",
            id="notifications.E032",
        )
    ]


@checks.register(deploy=True)
def accent_is_pale(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Links in it could hardly be read, so they are not quite in it."""
    chosen = Identity().accent
    shown = colours.readable(chosen, colours.LIGHT_SURFACE)
    if shown == chosen:
        return []
    ratio = colours.contrast(chosen, colours.WHITE)
    return [
        checks.Warning(
            f"NOTIFICATIONS_SITE_ACCENT is {chosen}, whose contrast with white is {ratio:.1f}:1, "
            f"below the {colours.AA}:1 (with what is under the pointer) that text needs (WCAG AA). "
            f"Links and buttons are {shown} on light pages instead.",
            hint="Choose a darker one, or silence this if that is what you want.",
            id="notifications.W030",
        )
    ]


@checks.register(deploy=True)
def logo_not_found(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Every page would show where a picture was meant to be."""
    given = conf.SITE_LOGO
    is_static = isinstance(given, str) and names_a_picture(given) and not given.startswith("/")
    if not is_static or not apps.is_installed("django.contrib.staticfiles") or finders.find(given):
        return []
    return [
        checks.Warning(
            f"NOTIFICATIONS_SITE_LOGO is {given!r}, and there is no such static file.",
            hint="Put it into the folder static/ of an app, or into one of STATICFILES_DIRS.",
            id="notifications.W031",
        )
    ]
