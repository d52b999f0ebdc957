"""``{% load notifications %}{% notification_bell %}``: the bell, in any template."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse

from notifications.conf import conf
from notifications.identity.site import Identity
from notifications.inbox import reading
from notifications.pages.languages import kept_head
from notifications.preferences.reading import for_clients

register = template.Library()


@register.inclusion_tag("notifications/_bell.html", takes_context=True)
def notification_bell(context: Context, *, favicon: bool = False) -> dict[str, Any]:
    """The signed-in user's bell, for one query; for anybody else nothing, for none.

    Args: favicon: whether it puts a dot on the page's icon, for which the page's policy has to
        allow ``img-src data:``.
    """
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return {"head": None}
    head = _head_of(context, user.pk)
    return {
        "head": head,
        "favicon": favicon,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "sign_in_cookie": conf.SIGN_IN_COOKIE,
        "categories": _labels(),
        "preferences": _json(for_clients(head.choices)),
    }


def _labels() -> str:
    """The labels of categories, once for the page, in its language; empty: there are none.

    What goes over the wire is said once to everybody, whatever language they read.
    """
    labels = {category: str(label) for category, label in conf.CATEGORIES.items()}
    return _json(labels) if labels else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.simple_tag(takes_context=True)
def page_theme(context: Context) -> str:
    """The theme that the page's reader has chosen, for the query that the bell makes anyway."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return "auto"
    context["head"] = _head_of(context, user.pk)
    theme: str = context["head"].choices.theme
    return theme


def _head_of(context: Context, user_id: Any) -> reading.Head:
    """Where the inbox stands: as the view has read it, or what chose the page's language."""
    head = context.get("head")
    if isinstance(head, reading.Head):
        return head
    return kept_head(context.get("request"), user_id) or reading.head(user_id)


@register.simple_tag
def diagnostics_url() -> str:
    """Where people see what their own connection does; empty where that is turned off."""
    return reverse("notifications:diagnostics") if conf.DIAGNOSTICS else ""


@register.simple_tag
def site_identity() -> Identity:
    """Whose site it is: ``{% site_identity as identity %}``, then ``{{ identity.name }}``."""
    return Identity()


@register.inclusion_tag("notifications/_identity.html")
def identity_head() -> dict[str, Any]:
    """For a page's head: icon, manifest and the accent's style. Asks no database and no user."""
    return {"identity": Identity()}
