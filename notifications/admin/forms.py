"""Compose a notification: what it says, and to whom."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from notifications.models import Notification
from notifications.models.audience import Audience, Chosen
from notifications.models.audiences import CHOSEN, KINDS
from notifications.pages.moments import zone_named
from notifications.wire.message import COMPOSED, Message

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Notification]
else:  # Django's class takes no parameter when the code runs
    _ModelForm = forms.ModelForm


def new_key() -> str:
    """A key for a form: posted twice with the same key, it sends once."""
    return uuid.uuid4().hex


def _rows_field(audience: type[Chosen]) -> forms.ModelMultipleChoiceField[Any]:
    none = audience.rows().none()
    return forms.ModelMultipleChoiceField(none, required=False, to_field_name=audience.posted_as())


class AudienceForm(
    type("_Rows", (forms.Form,), {name: _rows_field(one) for name, one in CHOSEN.items()})  # type: ignore[misc]
):
    """To whom: a kind, and a field of rows for each kind of which rows are chosen."""

    kind = forms.ChoiceField(
        label=_("To"),
        choices=[(name, one.title) for name, one in KINDS.items()],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, audience in CHOSEN.items():
            self.fields[name].queryset = audience.rows()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = CHOSEN.get(cleaned.get("kind", ""))
        if kind is not None and kind.kind not in self.errors:
            self._check_count(kind, len(cleaned.get(kind.kind, ())))
        return cleaned

    def _check_count(self, kind: type[Chosen], count: int) -> None:
        if not count:
            self.add_error(kind.kind, _("Choose at least one."))
        elif kind.max_count is not None and count > kind.max_count:
            message = _("At most %(most)s %(kind)s can be chosen; use a group.")
            self.add_error(kind.kind, message % {"most": kind.max_count, "kind": kind.kind})

    def audience(self) -> Audience:
        """Who the valid form is for."""
        kind = self.cleaned_data["kind"]
        if kind in CHOSEN:
            return CHOSEN[kind].of_rows(list(self.cleaned_data[kind]))
        return KINDS[kind].named(())


class MomentField(forms.DateTimeField):
    """A date and a time that the browser itself asks for."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class ComposeForm(AudienceForm, _ModelForm):
    """Validates through the model; ``audience()`` then says to whom."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    # In which its times are meant. The page's script puts the sender's own there.
    zone = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    send_at = MomentField(required=False)
    expires_at = MomentField(required=False)

    class Meta:
        model = Notification
        fields = COMPOSED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = new_key()
        self._name_zone()

    def _name_zone(self) -> None:
        zone = self.fields["zone"]
        zone.initial = timezone.get_current_timezone_name()
        zone_shown = format_html("<span>{}</span>", self.time_zone or zone.initial)
        if not self.is_bound:
            # The page's script may name another one as long as nothing is typed.
            zone.widget.attrs["data-zone"] = ""
            zone_shown = format_html("<span data-zone>{}</span>", zone.initial)
        at_once = _("In {}. Empty: at once.")
        stays = _("In {}. It leaves all inboxes then. Empty: it stays.")
        self.fields["send_at"].help_text = format_html(str(at_once), zone_shown)
        self.fields["expires_at"].help_text = format_html(str(stays), zone_shown)

    @property
    def time_zone(self) -> ZoneInfo | None:
        """In which the posted times are meant. None: nobody said, or there is no such zone."""
        return zone_named(str(self.data.get("zone", "")))

    def full_clean(self) -> None:
        """Read the times as the sender means them."""
        with timezone.override(self.time_zone or timezone.get_current_timezone()):
            super().full_clean()

    def clean_zone(self) -> str:
        name: str = self.cleaned_data["zone"]
        if name and self.time_zone is None:
            raise ValidationError(_("%(name)s is no time zone."), params={"name": name})
        return name

    def clean_send_at(self) -> Any:
        return self._must_be_ahead("send_at")

    def clean_expires_at(self) -> Any:
        return self._must_be_ahead("expires_at")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            audience = self.audience()
            # The row is complete now, so that the model can judge it as a whole.
            self.instance.audience_kind = audience.kind
            self.instance.audience_ids = list(audience.ids)
        return cleaned

    def message(self) -> Message:
        """What the valid form says."""
        return Message(**{name: self.cleaned_data[name] for name in COMPOSED})

    def _must_be_ahead(self, field: str) -> datetime | None:
        moment: datetime | None = self.cleaned_data[field]
        if moment is not None and moment <= timezone.now():
            raise ValidationError(_("That time has passed."))
        return moment
