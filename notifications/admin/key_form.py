"""The form by which an API key is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.credentials.origins import canonical
from notifications.models import ApiKey
from notifications.models.credentials import SCOPES, TOKENS_SCOPE

if TYPE_CHECKING:
    from datetime import datetime

    _ModelForm = forms.ModelForm[ApiKey]
else:  # Django's class takes no parameter when the code runs
    _ModelForm = forms.ModelForm

_ORIGINS_MAX = 50
_ORIGIN_MAX_LENGTH = 300


class ApiKeyForm(_ModelForm):
    """What a new API key may do."""

    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No more than the service needs; this cannot be changed afterwards."),
    )
    origins = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("One a line, such as https://shop.example or https://*.shop.example."),
    )

    # The admin's own is two boxes, of which neither has a label that programs can read.
    expires_at = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "origins", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = {"zone": timezone.get_current_timezone_name()}
        self.fields["expires_at"].help_text = _("In %(zone)s. Empty: never.") % zone

    def clean_origins(self) -> list[str]:
        """The origins as a list; only a subdomain's place may hold a ``*``."""
        lines = self.cleaned_data["origins"].lower().split()
        if len(lines) > _ORIGINS_MAX:
            raise ValidationError(_("At most %(most)s origins."), params={"most": _ORIGINS_MAX})
        for line in lines:
            if not _is_origin(line):
                raise ValidationError(
                    _("%(line)s is no origin such as https://shop.example."), params={"line": line}
                )
        return list(dict.fromkeys(lines))

    def clean_expires_at(self) -> datetime | None:
        """Later than now."""
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment is not None and moment <= timezone.now():
            raise ValidationError(_("That is over already."))
        return moment

    def clean(self) -> dict[str, Any]:
        """Origins are of use to tokens alone."""
        cleaned = super().clean() or {}
        if cleaned.get("origins") and TOKENS_SCOPE not in cleaned.get("scopes", ()):
            self.add_error("origins", _("Only a key with the scope “tokens” has origins."))
        return cleaned


def _is_origin(line: str) -> bool:
    parts = canonical(line)
    if parts is None or len(line) > _ORIGIN_MAX_LENGTH:
        return False
    # https://*.shop.example stands for its subdomains; https://*.example would stand for the world.
    name = parts[1].removeprefix("*.")
    return "*" not in name and (name == parts[1] or "." in name)
