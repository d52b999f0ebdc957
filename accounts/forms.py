"""Forms that differ from Django's."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AuthenticationForm):
    """User name and password; a refusal never tells which of them was wrong."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("That user name and password don't match."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
