"""How often somebody may try to get in: sign-ins, and links to set a new password."""

from __future__ import annotations

from notifications.credentials.throttles import Throttle

logins = Throttle("LOGIN_RATE_PER_MIN")
resets = Throttle("RESET_RATE_PER_MIN")
reset_mails = Throttle("RESET_MAILS_PER_H", period_s=3600)
ALL = (logins, resets, reset_mails)
