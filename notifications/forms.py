"""Compose a notification: what it says, and to whom."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications import audiences, protocol
from notifications.audiences import Audience
from notifications.models import Notification

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Notification]
else:  # Django's class takes no parameter when the code runs
    _ModelForm = forms.ModelForm

AUDIENCE_KINDS = [
    (audiences.ChosenUsers.kind, _("Chosen users")),
    (audiences.Groups.kind, _("Groups")),
    (audiences.Everyone.kind, _("Everyone")),
]


class ComposeForm(_ModelForm):
    """Validates through the model; ``audience()`` then says to whom."""

    kind = forms.ChoiceField(label=_("To"), choices=AUDIENCE_KINDS, widget=forms.RadioSelect)
    users = forms.ModelMultipleChoiceField(
        queryset=get_user_model()._default_manager.none(), required=False
    )
    groups = forms.ModelMultipleChoiceField(queryset=Group.objects.none(), required=False)
    # Made with the page: a form that is posted twice sends once.
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    class Meta:
        model = Notification
        fields = ("title", "body", "level", "category", "url", "sender")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["users"].queryset = get_user_model()._default_manager.all()  # type: ignore[attr-defined]
        self.fields["groups"].queryset = Group.objects.all()  # type: ignore[attr-defined]
        self.fields["key"].initial = uuid.uuid4().hex

    def clean_users(self) -> Any:
        chosen = self.cleaned_data["users"]
        if chosen.count() > protocol.AUDIENCE_USERS_MAX_COUNT:
            raise ValidationError(
                _("At most %(most)s users can be chosen; use a group."),
                params={"most": protocol.AUDIENCE_USERS_MAX_COUNT},
            )
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind in {"users", "groups"} and not cleaned.get(kind):
            self.add_error(kind, _("Choose at least one."))
        if not self.errors:
            audience = self.audience()
            # The row is complete now, so that the model can judge it as a whole.
            self.instance.audience_kind = audience.kind
            self.instance.audience_ids = list(audience.ids)
        return cleaned

    def audience(self) -> Audience:
        """Who the valid form is for."""
        kind = self.cleaned_data["kind"]
        if kind == audiences.Everyone.kind:
            return audiences.Everyone()
        if kind == audiences.Groups.kind:
            return audiences.Groups.named([group.name for group in self.cleaned_data["groups"]])
        names = [user.get_username() for user in self.cleaned_data["users"]]
        return audiences.ChosenUsers.named(names)
