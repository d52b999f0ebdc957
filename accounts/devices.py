"""Where a user is signed in: a session each, known by the browser that it was begun with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import Session, User
from notifications.credentials import revocation

_KEY = "device"
_AGENT_MAX_LENGTH = 300
# In this order: each browser also claims to be those that came before it.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Device:
    """A signed-in browser. ``name`` tells it apart for its user, ``id`` for a form.

    The id is the key of the session's row, which opens nothing: the cookie's own is not stored.
    """

    id: str
    name: str
    signed_in_at: datetime | None
    expires_at: datetime
    is_this: bool


@receiver(user_logged_in, dispatch_uid="accounts.devices")
def remember_device(request: HttpRequest | None, **_: Any) -> None:
    """Note in the new session what it was begun with, and when."""
    if request is not None and hasattr(request, "session"):
        agent = request.headers.get("User-Agent", "")[:_AGENT_MAX_LENGTH]
        request.session[_KEY] = {"agent": agent, "at": timezone.now().isoformat()}


def devices_of(user: User, this_key: str | None) -> list[Device]:
    """Where the user is signed in; first this device (by its cookie's key), then the latest."""
    this = Session.row_key(this_key or "")
    devices = [_device(session, this) for session in _sessions(user)]
    oldest = datetime.min.replace(tzinfo=timezone.get_default_timezone())
    return sorted(
        devices, key=lambda device: (device.is_this, device.signed_in_at or oldest), reverse=True
    )


def sign_out(user: User, device_id: str) -> bool:
    """End one session of the user. Returns: whether there was such a one."""
    for session in _sessions(user):
        if session.pk == device_id:
            session.delete()
            return True
    return False


def sign_out_everywhere(user: User, *, but: str | None = None) -> int:
    """End all sessions of the user, or all but the one of this cookie's key. Returns: how many."""
    sessions = Session.objects.filter(user=user)
    if but is not None:
        sessions = sessions.exclude(pk=Session.row_key(but))
    with transaction.atomic():
        revocation.revoke([user.pk])  # before the sessions' rows are locked, as everywhere
        count, _ = sessions.delete()
    return count


def _sessions(user: User) -> list[Session]:
    return list(Session.objects.filter(user=user, expire_date__gt=timezone.now()))


def _device(session: Session, this: str) -> Device:
    noted = session.get_decoded().get(_KEY) or {}
    return Device(
        id=session.pk,
        name=_name(noted.get("agent", "")),
        signed_in_at=parse_datetime(noted.get("at", "")),
        expires_at=session.expire_date,
        is_this=session.pk == this,
    )


def _name(agent: str) -> str:
    """ "Firefox on Linux"; what names no browser that we know stands as it came."""
    browser = next((name for token, name in _BROWSERS if token in agent), None)
    system = next((name for token, name in _SYSTEMS if token in agent), None)
    if browser is None:
        return agent[:60] or _("Unknown device")
    return (
        browser
        if system is None
        else _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    )
