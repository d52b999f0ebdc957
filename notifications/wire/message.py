"""What a sender says: the fields of a notification, each declared once.

Whoever has something to do for every field goes over ``PARTS``: the API's schemas, the command's
options, the admin's form, the fingerprint of a request, and what recipients are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, TypedDict

from notifications.wire import content, contract


class Kind(Enum):
    """What sort of value a field holds. An edge knows a way for each of them."""

    LINE = auto()
    LINES = auto()
    # One of a few that are known.
    WORD = auto()
    LINK = auto()
    ACTIONS = auto()
    DATA = auto()
    MOMENT = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What is known of a field beside its name, its type and its default."""

    kind: Kind
    # Raises ValueError, with the cause and the remedy.
    check: Callable[[Any], None] | None = None
    # Of characters, or of actions; 0 where the kind has no length.
    max_length: int = 0
    words: tuple[str, ...] = ()
    # For whoever types it into a shell.
    help: str | None = None
    # Whether it may change once it is sent.
    is_editable: bool = False
    # Whether people fill it in where they compose a notification.
    is_composed: bool = False
    # Whether it says who speaks, which is not the message's to say where a program's key does.
    is_name: bool = False


def _part(kind: Kind, **known: Any) -> dict[str, Part]:
    return {"part": Part(kind=kind, **known)}


@dataclass(frozen=True)
class Message:
    """What is said, whoever it is for. Nothing is checked before it is sent."""

    title: str = field(
        metadata=_part(
            Kind.LINE,
            check=content.check_title,
            max_length=contract.TITLE_MAX_LENGTH,
            help=f"1 to {contract.TITLE_MAX_LENGTH} characters",
            is_editable=True,
            is_composed=True,
        )
    )
    _: KW_ONLY
    body: str = field(
        default="",
        metadata=_part(
            Kind.LINES,
            check=content.check_text,
            max_length=contract.BODY_MAX_LENGTH,
            help="plain text",
            is_editable=True,
            is_composed=True,
        ),
    )
    level: str = field(
        default=contract.DEFAULT_LEVEL,
        metadata=_part(Kind.WORD, words=contract.LEVELS, is_editable=True, is_composed=True),
    )
    category: str = field(
        default=contract.DEFAULT_CATEGORY,
        metadata=_part(
            Kind.LINE,
            check=content.check_category,
            max_length=contract.CATEGORY_MAX_LENGTH,
            is_composed=True,
        ),
    )
    url: str = field(
        default="",
        metadata=_part(
            Kind.LINK,
            check=content.check_url,
            max_length=contract.URL_MAX_LENGTH,
            help="a path on this site, or https://...",
            is_editable=True,
            is_composed=True,
        ),
    )
    actions: Sequence[Mapping[str, str]] = field(
        default=(),
        metadata=_part(
            Kind.ACTIONS, check=content.check_actions, max_length=contract.ACTIONS_MAX_COUNT
        ),
    )
    sender: str = field(
        default="",
        metadata=_part(
            Kind.LINE,
            check=content.check_sender,
            max_length=contract.SENDER_MAX_LENGTH,
            help="who says it, as people know them",
            is_composed=True,
            is_name=True,
        ),
    )
    thread: str = field(
        default="",
        metadata=_part(
            Kind.LINE,
            check=content.check_line,
            max_length=contract.THREAD_MAX_LENGTH,
            help="a key that folds notifications together",
        ),
    )
    data: Mapping[str, Any] | None = field(
        default=None, metadata=_part(Kind.DATA, check=content.check_data, help="a JSON object")
    )
    send_at: datetime | None = field(
        default=None,
        metadata=_part(Kind.MOMENT, help="such as 2026-11-24T09:00:00Z", is_composed=True),
    )
    expires_at: datetime | None = field(
        default=None,
        metadata=_part(Kind.MOMENT, help="then it leaves all inboxes", is_composed=True),
    )

    def columns(self) -> dict[str, Any]:
        """What a notification's row says of it."""
        parts = {name: getattr(self, name) for name in PARTS}
        return parts | {
            "actions": list(self.actions),
            "data": {} if self.data is None else self.data,
        }


class Content(TypedDict, total=False):
    """What a ``Message`` takes besides its title, for functions that make one of it.

    Types cannot be taken from a class, so each field is here too; a test compares the two.
    """

    body: str
    level: str
    category: str
    url: str
    actions: Sequence[Mapping[str, str]]
    sender: str
    thread: str
    data: Mapping[str, Any] | None
    send_at: datetime | None
    expires_at: datetime | None


PARTS: Final[Mapping[str, Part]] = {one.name: one.metadata["part"] for one in fields(Message)}
# What it is where nothing was said; the title is not among them.
DEFAULTS: Final[Mapping[str, Any]] = {
    one.name: one.default for one in fields(Message) if one.default is not MISSING
}
# What is said, which recipients are shown; and when.
SAID: Final[Mapping[str, Part]] = {
    name: part for name, part in PARTS.items() if part.kind is not Kind.MOMENT
}
MOMENTS: Final = tuple(name for name, part in PARTS.items() if part.kind is Kind.MOMENT)
EDITABLE: Final = tuple(name for name, part in PARTS.items() if part.is_editable)
COMPOSED: Final = tuple(name for name, part in PARTS.items() if part.is_composed)
