"""Links by which a forgotten password is set anew: asked for by anybody, mailed beside the request.

Who asks is answered before anything was looked up, so neither the answer nor how long it takes
tells whether somebody has that address.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from typing import Any

from django.contrib.auth.forms import PasswordResetForm
from django.core.mail import EmailMessage
from django.db import close_old_connections
from django.template.loader import render_to_string
from django.utils import translation

from accounts import throttles
from accounts.line import Line

logger = logging.getLogger(__name__)

PLACES = 50
_line = Line("reset-mails", PLACES)


class ResetForm(PasswordResetForm):
    """Django's, which says in one line what mail could not be sent."""

    def send_mail(  # noqa: PLR0917 (as Django calls it)
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Send the link to one user; that it failed is logged, and stops no other."""
        subject = " ".join(render_to_string(subject_template_name, context).split())
        body = render_to_string(email_template_name, context)
        try:
            EmailMessage(subject, body, from_email, [to_email]).send()
        except Exception as error:  # noqa: BLE001 (whatever carries mail, it may raise anything)
            logger.warning(
                "The link of a password reset could not be mailed to user %s (%s: %s); they have "
                "to ask for another.",
                context["user"].pk, type(error).__name__, str(error).strip(),
            )  # fmt: skip


def wait_s(client: str, email: str) -> int:
    """Take one of the links that a client may ask for, and one that an address may be sent.

    Returns: 0, or the seconds to wait.
    """
    # As the addresses of users are compared: so that no other spelling is one more.
    same = unicodedata.normalize("NFKC", email).casefold()
    return throttles.resets.wait_s(client) or throttles.reset_mails.wait_s(same)


def mail_soon(save: Callable[[], None]) -> None:
    """Let a form that is valid look its users up and send, when its turn comes.

    Raises: TooBusy: too many links have still to be sent.
    """
    # In another thread, which has no language of its own.
    language = translation.get_language()
    _line.submit(lambda: _mail(save, language))


def wait_until_mailed(within_s: float) -> None:
    """Wait for what was asked for until now.

    Raises: TimeoutError
    """
    _line.settle(within_s)


def _mail(save: Callable[[], None], language: str | None) -> None:
    try:
        with translation.override(language):
            save()
    except Exception as error:  # noqa: BLE001 (nobody waits for it: it must be said here)
        logger.warning(
            "A password reset was asked for and could not be looked up (%s: %s).",
            type(error).__name__, str(error).strip(),
        )  # fmt: skip
    finally:
        close_old_connections()
