"""What whoever asks wants to get, and how they want to be told of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from notifications.api import values
from notifications.api.errors import BODY_PROBLEMS, or_problem, private
from notifications.api.values import Strict, Time
from notifications.credentials.recipients import recipient_id
from notifications.preferences import acts, categories, reading
from notifications.preferences.categories import ALL_OTHERS
from notifications.preferences.choices import THEMES, TOAST_S, Quiet, languages, zones
from notifications.wire import contract
from notifications.wire.problems import Problem

router = Router(tags=["Preferences"])

_Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_Day = Annotated[int, Field(ge=0, le=6, strict=True), BeforeValidator(values.integer)]
_Zone = Literal.__getitem__(tuple(sorted(zones())))
_Seconds = Literal.__getitem__(tuple(one for one in TOAST_S if one is not None))
_ToastS = Annotated[_Seconds | None, BeforeValidator(values.integer)]  # type: ignore[valid-type]
_Theme = Literal.__getitem__(THEMES)
_Language = Literal.__getitem__(("", *languages()))
_Muted = values.Thread
_Kind = Literal["category", "sender", "thread"]


class QuietHours(
    create_model("_Quiet", __base__=Strict, **{"from": (_Clock, ...), "to": (_Clock, ...)})  # type: ignore[misc]
):
    """By the clock of `zone`, on the days on which it begins (Monday is 0). Where `to` is not
    later than `from` it ends on the next day. Critical notifications are shown all the same.
    """

    days: list[_Day] = Field(min_length=1, max_length=7)
    zone: _Zone  # type: ignore[valid-type]

    def quiet(self) -> Quiet:
        return Quiet(tuple(sorted(set(self.days))), getattr(self, "from"), self.to, self.zone)


class ChannelsOut(Schema):
    inbox: bool
    toast: bool
    desktop: bool
    sound: bool
    is_locked: bool


class ChannelsIn(Strict):
    """What is given is changed, the rest stays."""

    inbox: bool = Field(default=True, strict=True)
    toast: bool = Field(default=True, strict=True)
    desktop: bool = Field(default=True, strict=True)
    sound: bool = Field(default=True, strict=True)


class MuteOut(Schema):
    kind: str
    value: str
    created_at: Time


class MuteIn(Strict):
    kind: _Kind
    value: _Muted  # type: ignore[valid-type]


class PreferencesOut(Schema):
    toast_s: int | None = Field(description="Seconds that a toast stays; null: until it is closed.")
    keys: bool = Field(description="Whether single letters act on the inbox page.")
    theme: str
    language: str = Field(description="Of the pages; empty: as the browser asks for.")
    quiet: QuietHours | None
    categories: dict[str, ChannelsOut] = Field(description="`*`: all that are not named.")
    mutes: list[MuteOut]


def _with_categories_alone(schema: dict[str, Any]) -> None:
    """What the document says: at least one field, and in its map of categories no other names."""
    schema["minProperties"] = 1
    schema["properties"]["categories"]["additionalProperties"] = False


class PreferencesIn(Strict):
    """What is given is changed, the rest stays."""

    model_config = ConfigDict(json_schema_extra=_with_categories_alone)

    toast_s: _ToastS = None
    keys: bool = Field(default=True, strict=True)
    theme: _Theme = "auto"  # type: ignore[valid-type]
    language: _Language = ""  # type: ignore[valid-type]
    quiet: QuietHours | None = None
    categories: dict[values.Category, ChannelsIn] = Field({}, max_length=contract.CHOICES_MAX_COUNT)


@router.get("", response=or_problem(PreferencesOut), summary="What is chosen")
def chosen(request: HttpRequest, response: HttpResponse) -> Any:
    private(response)
    return _shown(recipient_id(request))


@router.patch("", response=or_problem(PreferencesOut, 409, *BODY_PROBLEMS), summary="Choose")
def choose(request: HttpRequest, response: HttpResponse, asked: PreferencesIn) -> Any:
    """One change of the inbox, of which all its streams are told; or none, where all is so."""
    if not asked.model_fields_set:
        raise Problem(422, "Give at least one of the fields.")
    private(response)
    user_id = recipient_id(request)
    for name in asked.categories:
        if categories.is_locked(name):
            raise Problem(409, f"What people are told of {name!r} is locked.")
    given = {name: getattr(asked, name) for name in asked.model_fields_set - {"categories"}}
    if given.get("quiet") is not None:
        given["quiet"] = given["quiet"].quiet()
    now = {row.category: row.channels for row in reading.of(user_id).rows}
    rows = {
        name: replace(now.get(name, categories.defaults(name)), **row.dict(exclude_unset=True))
        for name, row in asked.categories.items()
    }
    try:
        acts.choose(user_id, rows=rows, **given)
    except acts.TooMany as error:
        raise Problem(409, str(error)) from None
    return _shown(user_id)


@router.post(
    "/mutes", response=or_problem(PreferencesOut, 409, *BODY_PROBLEMS), summary="Mute something"
)
def mute(request: HttpRequest, response: HttpResponse, asked: MuteIn) -> Any:
    """What is sent from now on does not come; what is in the inbox stays. Again: changes nothing.

    409: the category is locked, or there are too many mutes.
    """
    private(response)
    user_id = recipient_id(request)
    try:
        acts.mute(user_id, asked.kind, asked.value)
    except (acts.Locked, acts.TooMany) as error:
        raise Problem(409, str(error)) from None
    return _shown(user_id)


@router.delete("/mutes", response=or_problem(PreferencesOut), summary="Take a mute back")
def unmute(
    request: HttpRequest,
    response: HttpResponse,
    kind: Annotated[_Kind, Query()],
    value: Annotated[_Muted, Query()],  # type: ignore[valid-type]
) -> Any:
    """What is sent from now on comes again. Where there is no such mute, nothing is changed."""
    private(response)
    user_id = recipient_id(request)
    acts.unmute(user_id, kind, value)
    return _shown(user_id)


def _shown(user_id: Any) -> dict[str, Any]:
    found = reading.of(user_id)
    choices = found.choices
    shown = {
        row.category: asdict(row.channels) | {"is_locked": row.is_locked} for row in found.rows
    }
    others = asdict(categories.defaults(ALL_OTHERS))
    shown[ALL_OTHERS] = others | {"is_locked": categories.is_locked(ALL_OTHERS)}
    return {
        "toast_s": choices.toast_s,
        "keys": choices.keys,
        "theme": choices.theme,
        "language": choices.language,
        "quiet": None if choices.quiet is None else choices.quiet.as_json(),
        "categories": shown,
        "mutes": [
            {"kind": one.kind, "value": one.value, "created_at": contract.wire_time(one.created_at)}
            for one in found.mutes
        ],
    }
