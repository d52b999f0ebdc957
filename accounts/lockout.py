"""What holds back those who guess passwords, what they are answered, and how a lockout ends.

Axes counts wrong passwords per pair of user name and address (settings.AXES_LOCKOUT_PARAMETERS), so
a stranger elsewhere cannot lock a user out. Who tries one password on many names from one address
meets the throttle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import hashing, throttles
from accounts.line import TooBusy
from accounts.models import User
from accounts.refusals import later
from notifications.credentials.throttles import address_of

_LOGINS = {"accounts:login", "admin:login"}
# As long as a user's name may be.
_NAME_MAX_LENGTH = 150


def cooloff(request: HttpRequest | None = None) -> timedelta:
    """How long a lockout lasts (settings.AXES_COOLOFF_TIME)."""
    return timedelta(seconds=settings.LOGIN_COOLOFF_S)


def user_name(request: HttpRequest | None, credentials: Mapping[str, Any] | None) -> str:
    """The name that a try is counted by (settings.AXES_USERNAME_CALLABLE).

    A form may send more than the column of the tries holds; such a name is nobody's.
    """
    given = credentials or (request.POST if request is not None else {})
    return str(given.get(User.USERNAME_FIELD) or "")[:_NAME_MAX_LENGTH]


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """The answer to each try while locked out (settings.AXES_LOCKOUT_CALLABLE).

    The further arguments are axes' own; it fills them differently under WSGI and ASGI.
    """
    # The whole time, as at the moment of locking; what is left of it would cost another query.
    return later(request, math.ceil(settings.LOGIN_COOLOFF_S), "locked_out")


class LoginThrottleMiddleware:
    """Lets each address sign in only so often (settings.LOGIN_RATE_PER_MIN), as whoever it is.

    Whoever does so or changes a password while very many do is asked to come again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Count a try: here, not above, for what is no try of its sender (CSRF) does not come."""
        match = request.resolver_match
        if request.method == "POST" and match is not None and match.view_name in _LOGINS:
            wait_s = throttles.logins.wait_s(address_of(request))
            if wait_s:
                return later(request, wait_s, "locked_out")
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """No try either: no password was looked at."""
        if isinstance(error, TooBusy):
            return later(request, hashing.RETRY_AFTER_S, "busy", status=503)
        return None


@transaction.atomic
def unlock(users: QuerySet[User]) -> int:
    """Forget the wrong passwords given for these users' names, from any address.

    Returns: how many of the users had any.
    """
    # A subquery, not a list of names: an action may have selected every user there is.
    attempts = AccessAttempt.objects.filter(username__in=users.values("username"))
    # order_by(): the model's default order would be part of DISTINCT.
    count: int = attempts.order_by().values("username").distinct().count()
    attempts.delete()
    return count
