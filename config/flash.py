"""Messages to who is redirected, in a cookie by a name of our own; see settings.MESSAGE_STORAGE.

Another site on this host could not read what stands in Django's, and would throw it away.
"""

from django.contrib.messages.storage import cookie, fallback, session


class CookieStorage(cookie.CookieStorage):
    """Django's, under another name."""

    cookie_name = "notifications_messages"


class Storage(fallback.FallbackStorage):
    """Django's: what the cookie is too small for goes into the session."""

    storage_classes = (CookieStorage, session.SessionStorage)
