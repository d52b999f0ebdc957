"""What django-axes asks of us: how long a lockout lasts, what it answers, and how to end one.

Axes counts wrong passwords per pair of user name and address (settings.AXES_LOCKOUT_PARAMETERS), so
a stranger elsewhere cannot lock a user out.
"""

import math
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User


def cooloff(request: HttpRequest | None = None) -> timedelta:
    """How long a lockout lasts (settings.AXES_COOLOFF_TIME)."""
    return timedelta(seconds=settings.LOGIN_COOLOFF_S)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """The answer to each try while locked out (settings.AXES_LOCKOUT_CALLABLE).

    The further arguments are axes' own; it fills them differently under WSGI and ASGI.
    """
    response = render(request, "accounts/locked_out.html", status=429)
    # The whole time, as at the moment of locking; what is left of it would cost another query.
    response["Retry-After"] = str(math.ceil(settings.LOGIN_COOLOFF_S))
    return response


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
