"""What is asked of a kind of audience, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import (
    CharField,
    EmailField,
    Exists,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    TextField,
)

from notifications.models import sql, users

if TYPE_CHECKING:
    from typing import Self

    from django.utils.functional import _StrPromise as StrPromise

Users: TypeAlias = QuerySet[Any]
Inboxes = TypeVar("Inboxes", bound=QuerySet[Any])
# A key as JSON has it: a number, or the text of any other.
Id: TypeAlias = int | str

# As long as the column that keeps it.
_LABEL_MAX_LENGTH = 200
# The fields in which a row's name is looked for as it is.
_TEXTS = {CharField, EmailField, TextField}


class UnknownNames(ValueError):
    """Users or groups that do not exist, by their names."""

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self.kind = kind
        self.names = list(names)
        listed = ", ".join(repr(name) for name in names)
        noun = kind[:-1] if len(self.names) == 1 else kind
        super().__init__(f"Unknown {noun}: {listed}. Nothing was sent.")


class Audience(ABC):
    """A rule over users, evaluated anew for each chunk that is dispatched.

    Form, command, API, keys and quota go over ``KINDS``, and ask of each what stands here.
    """

    # Also the name of its field in the API and in the form.
    kind: ClassVar[str]
    # What people choose it by.
    title: ClassVar[StrPromise]
    # The command's option, without dashes, and what its help says.
    option: ClassVar[str]
    help: ClassVar[str]
    # What an API key needs to send to such an audience, and how it is offered to who makes the key.
    scope: ClassVar[str]
    scope_title: ClassVar[StrPromise]
    # The permission that a person needs to send to such an audience, beside adding notifications.
    permission: ClassVar[str | None] = None
    # Whether one sender may send to such an audience but so often.
    is_limited: ClassVar[bool] = False
    # Whether the sender names each recipient, and so is shown their names.
    is_by_name: ClassVar[bool] = False

    label: str
    # Of the rows that it is made of, as JSON has them.
    ids: Sequence[Id] = ()

    @classmethod
    def is_offered(cls) -> bool:
        """Whether there are such audiences with the project's user model."""
        return True

    @classmethod
    def are_ids(cls, value: object) -> bool:
        """Whether this can be the ids of such an audience."""
        return isinstance(value, list) and all(type(one) is int for one in value)

    @classmethod
    @abstractmethod
    def restored(cls, ids: Sequence[Id], label: str) -> Self:
        """The audience that a notification's row describes."""

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        """The audience that the command or the API names.

        Raises: UnknownNames: there is nothing of one of the names. ValueError: none, or too many.
        """
        (found,) = cls.named_each([names])
        if isinstance(found, ValueError):
            raise found
        return found

    @classmethod
    @abstractmethod
    def named_each(cls, lists: Sequence[Sequence[str]]) -> list[Self | ValueError]:
        """For each of these lists what ``named`` returns or raises, by one query for all."""

    @abstractmethod
    def members(self) -> Users:
        """The users who match, active or not."""

    def candidates(self) -> Users:
        """The users who match, or may do so later."""
        return self.members()

    def recipients(self) -> Users:
        """The users who match and are active: who gets it, as of now."""
        return users.active(self.members())

    def inboxes(self, among: Inboxes) -> Inboxes:
        """Those of these inboxes that are the recipients'."""
        # Not IN: SQLite would list all recipients for each chunk of inboxes.
        return among.filter(Exists(self.recipients().filter(pk=OuterRef("user_id"))))

    def is_as_good_as_everyone(self) -> bool:
        """Whether who sends to it must be allowed to send to everyone, whatever it is called."""
        return False


class Whole(Audience):
    """An audience of which there is one: it is asked for, or it is not."""

    @classmethod
    def restored(cls, ids: Sequence[Id], label: str) -> Self:
        return cls()

    @classmethod
    def named_each(cls, lists: Sequence[Sequence[str]]) -> list[Self | ValueError]:
        return [cls() for _ in lists]


class Chosen(Audience):
    """An audience of rows that are chosen one by one, by their names."""

    help = "may be repeated"
    max_count: ClassVar[int | None] = None

    def __init__(self, ids: Iterable[Any], label: str) -> None:
        """Args: ids: keys of rows, or what ``ids`` was in the row of a notification."""
        self.ids = sorted({key if isinstance(key, int) else str(key) for key in ids})
        self.label = label

    @classmethod
    def are_ids(cls, value: object) -> bool:
        field = sql.behind_relations(cls.rows().model._meta.pk)
        return isinstance(value, list) and all(_is_key(one, field) for one in value)

    def keys(self) -> list[Any]:
        """The keys of the rows, in the order of ``ids``."""
        to_python = self.rows().model._meta.pk.to_python
        return [to_python(one) for one in self.ids]

    @classmethod
    @abstractmethod
    def rows(cls) -> QuerySet[Any]:
        """What may be chosen."""

    @classmethod
    def posted_as(cls) -> str | None:
        """The field of a chosen row that a form posts; None: its key."""
        return None

    @staticmethod
    @abstractmethod
    def name_of(row: Any) -> str:
        """A row's name."""

    @classmethod
    @abstractmethod
    def _names(cls) -> tuple[str, Callable[[str], str]]:
        """The field that holds it, and how it is kept there, of all ways to write it."""

    @classmethod
    def of_rows(cls, rows: Sequence[Any]) -> Self:
        """Raises: ValueError: too many of them."""
        cls.require_few(rows)
        return cls((row.pk for row in rows), _shortened([cls.name_of(row) for row in rows]))

    @classmethod
    def require_few(cls, rows: Sequence[object]) -> None:
        """Raises: ValueError: there are more than can be named."""
        if cls.max_count is not None and len(rows) > cls.max_count:
            instead = "a group" if users.field_of_groups() is not None else "everyone"
            raise ValueError(f"At most {cls.max_count} {cls.kind} can be named; use {instead}.")

    @classmethod
    def restored(cls, ids: Sequence[Id], label: str) -> Self:
        return cls(ids, label)

    @classmethod
    def named_each(cls, lists: Sequence[Sequence[str]]) -> list[Self | ValueError]:
        field, form = cls._names()
        few = [names for names in lists if cls._why_not(names) is None]
        # As it was written, too: not all rows were made by a form that knows better.
        ways = {name: (name, form(name)) for name in chain.from_iterable(few)}
        rows_by_name: dict[str, Any] = {}
        if ways:
            rows_by_name = cls._rows_by_name(field, frozenset(chain.from_iterable(ways.values())))
        kept = {name: next((spelling for spelling in spellings if spelling in rows_by_name), None)
                for name, spellings in ways.items()}  # fmt: skip
        return [
            cls._why_not(names) or cls._picked([(name, kept[name]) for name in names], rows_by_name)
            for names in lists
        ]

    @classmethod
    def _rows_by_name(cls, field: str, names: frozenset[str]) -> dict[str, Any]:
        """The keys of the rows of these names."""
        rows = cls.rows()
        model = rows.model
        kept: Any = model._meta.get_field(field)
        # A field of the project's own may have a way of its own to look for a value.
        if type(kept) not in _TEXTS or not sql.is_plain(model):
            return dict(rows.filter(**{f"{field}__in": names}).values_list(field, "pk"))
        question = _by_name(model, field, connection.vendor)  # type: ignore[arg-type]
        found = question.rows(names=sql.listed(kept, names))
        return dict(sql.python_values([kept, model._meta.pk], found))

    @classmethod
    def _why_not(cls, names: Sequence[str]) -> ValueError | None:
        try:
            cls.require_few(names)
        except ValueError as error:
            return error
        return None if names else ValueError(f"Name at least one of the {cls.kind}.")

    @classmethod
    def _picked(
        cls, named: Sequence[tuple[str, str | None]], rows_by_name: Mapping[str, Any]
    ) -> Self | UnknownNames:
        """Args: named: each name, and how its row has it."""
        if unknown := [name for name, spelling in dict(named).items() if spelling is None]:
            return UnknownNames(cls.kind, unknown)
        chosen = dict.fromkeys(spelling for _, spelling in named if spelling is not None)
        return cls([rows_by_name[spelling] for spelling in chosen], _shortened(list(chosen)))


@cache
def _by_name(model: type[Model], field: str, _vendor: str) -> sql.Question:
    rows = model._default_manager.all()
    return sql.Question(
        lambda names: rows.filter(**{f"{field}__among": names}).values_list(field, "pk"),
        names=sql.ANY,
    )


def _is_key(value: object, field: Any) -> bool:
    """Whether a value of JSON can be a key: a number where keys are numbers, else text."""
    if isinstance(field, IntegerField):
        return type(value) is int
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        field.to_python(value)
    except ValidationError:
        return False
    return True


def _shortened(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    label = shown if len(names) <= most else f"{shown} and {len(names) - most} more"
    return label if len(label) <= _LABEL_MAX_LENGTH else f"{label[: _LABEL_MAX_LENGTH - 1]}…"
