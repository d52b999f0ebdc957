"""The form of the preferences page: all but its table of categories."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications.pages.languages import is_chosen_here
from notifications.preferences.choices import THEMES, TOAST_S, Choices, Quiet, zones

_UNTIL_CLOSED = ""
_THEMES = dict(zip(THEMES, (_("As the system has it"), _("Light"), _("Dark")), strict=True))


def _toast_label(seconds: int | None) -> str:
    if seconds is None:
        return gettext("Until I close it")
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}


class PreferencesForm(forms.Form):
    """When and how somebody is told."""

    quiet = forms.BooleanField(label=_("Keep quiet at these hours"), required=False)
    days = forms.MultipleChoiceField(
        label=_("Days on which they begin"),
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    start = forms.CharField(
        label=_("From"), required=False, widget=forms.TextInput({"type": "time"})
    )
    end = forms.CharField(label=_("To"), required=False, widget=forms.TextInput({"type": "time"}))
    zone = forms.CharField(label=_("Time zone"), required=False, widget=forms.Select)
    toast_s = forms.ChoiceField(
        label=_("Toasts stay"),
        choices=lambda: [
            (_UNTIL_CLOSED if one is None else str(one), _toast_label(one)) for one in TOAST_S
        ],
        required=False,
    )
    keys = forms.BooleanField(label=_("Single-key shortcuts in the inbox"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=list(_THEMES.items()))

    def __init__(self, choices: Choices, data: Any = None) -> None:
        quiet = choices.quiet or Quiet((0, 1, 2, 3, 4), "22:00", "07:00", _zone_here())
        super().__init__(
            data,
            initial={
                "quiet": choices.quiet is not None,
                "days": list(quiet.days),
                "start": quiet.start,
                "end": quiet.end,
                "zone": quiet.zone,
                "toast_s": _UNTIL_CLOSED if choices.toast_s is None else choices.toast_s,
                "keys": choices.keys,
                "theme": choices.theme,
                "language": choices.language,
            },
        )
        if is_chosen_here():
            # Each by its own name: whoever looks for theirs may not read that of the page.
            codes = [("", _("As my browser asks for")), *settings.LANGUAGES]
            self.fields["language"] = forms.ChoiceField(
                label=_("Language"), choices=codes, required=False
            )
        self.fields["zone"].widget.choices = [(one, one) for one in sorted(zones())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("quiet"):
            for name, problem in self._quiet().problems().items():
                self.add_error(name, problem)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What was chosen, as fields of ``Choices``."""
        cleaned = self.cleaned_data
        seconds = cleaned["toast_s"]
        return {
            "quiet": self._quiet() if cleaned["quiet"] else None,
            "toast_s": None if seconds == _UNTIL_CLOSED else int(seconds),
            "keys": cleaned["keys"],
            "theme": cleaned["theme"],
            **({"language": cleaned["language"]} if "language" in cleaned else {}),
        }

    def _quiet(self) -> Quiet:
        cleaned = self.cleaned_data
        days = tuple(sorted(int(day) for day in cleaned.get("days", ())))
        # Some browsers post seconds, too.
        start, end = (cleaned.get(name, "")[:5] for name in ("start", "end"))
        return Quiet(days, start, end, cleaned.get("zone", ""))


def _zone_here() -> str:
    name = get_current_timezone_name()
    return name if name in zones() else "UTC"
