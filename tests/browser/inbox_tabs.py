"""What a tab of the inbox page shows, and what its user does there."""

import json

from django.conf import settings
from django.test import Client

SOCKET = "/ws/notifications/"
BELL = "document.querySelector('notification-bell')"
TOASTS = f"{BELL}.shadowRoot.querySelector('notification-toast')?.shadowRoot"
# Far below the next heartbeat, far above what a loaded machine takes.
SHOWN_S = 15


def cookies_of(user, url):
    """Of somebody who is signed in there."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return [{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": url}]


def is_live(tab, within_s=30):
    tab.until(f"{BELL}?.state === 'live'", "the bell is live", within_s=within_s)
    # Toasts and voice are loaded after that.
    tab.until(f"!!{TOASTS}", "the bell has its toasts")
    return tab


def has(tab, *titles, within_s=30):
    """Wait until the page lists just these, the newest first."""
    rows = (
        "[...document.querySelectorAll('[data-inbox] article h3 a')].map((row) => row.textContent)"
    )
    wanted = json.dumps(list(titles))
    tab.until(
        f"JSON.stringify({rows}) === {json.dumps(wanted.replace(', ', ','))}",
        f"{titles} are listed",
        within_s=within_s,
    )


def counts(tab, unread, within_s=30):
    tab.until(
        f"{BELL}.unreadCount === {unread} && /^\\({unread}\\)|^[^(]/.test(document.title)"
        f" && document.title.startsWith('({unread})') === {json.dumps(unread > 0)}",
        f"{unread} are unread",
        within_s=within_s,
    )


def click(tab, name):
    """Press the first button of that name in a row of the page, once it is drawn."""
    buttons = "[...document.querySelectorAll('[data-inbox] article button')]"
    is_it = f"(one) => one.textContent.startsWith({json.dumps(name)})"
    tab.until(f"!!{buttons}.find({is_it})", f"{name} is there")
    tab.evaluate(f"{buttons}.find({is_it}).click()")
