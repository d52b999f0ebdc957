"""How often somebody may try to get in: sign-ins, and links to set a new password."""

from __future__ import annotations

from django.conf import settings

from notifications.credentials.throttles import Throttle

logins = Throttle(lambda: settings.LOGIN_RATE_PER_MIN)
resets = Throttle(lambda: settings.RESET_RATE_PER_MIN)
reset_mails = Throttle(lambda: settings.RESET_MAILS_PER_H, period_s=3600)
ALL = (logins, resets, reset_mails)
