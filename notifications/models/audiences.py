"""Who gets a notification: a class per kind of audience, each a rule that yields recipients."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, TypeVar, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from notifications.wire import contract

if TYPE_CHECKING:
    from typing import Self

    from django.utils.functional import _StrPromise as StrPromise

    from notifications.models import Notification

Users: TypeAlias = QuerySet[Any]
Inboxes = TypeVar("Inboxes", bound=QuerySet[Any])
# A key as JSON has it: a number, or the text of any other.
Id: TypeAlias = int | str

# In groups beyond this, more than half of all users are as good as all of them.
_MANY = 100
# As long as the column that keeps it.
_LABEL_MAX_LENGTH = 200


class UnknownNames(ValueError):
    """Users or groups that do not exist, by their names."""

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self.kind = kind
        self.names = list(names)
        listed = ", ".join(repr(name) for name in names)
        noun = kind[:-1] if len(self.names) == 1 else kind
        super().__init__(f"Unknown {noun}: {listed}. Nothing was sent.")


def group_form(name: str) -> str:
    """A group's name as it is kept, however its letters and accents were put together."""
    return unicodedata.normalize("NFC", name)


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
    @abstractmethod
    def named(cls, names: Sequence[str]) -> Self:
        """The audience that the command or the API names.

        Raises: UnknownNames: there is nothing of one of the names. ValueError: none, or too many.
        """

    @abstractmethod
    def members(self) -> Users:
        """The users who match, active or not."""

    def candidates(self) -> Users:
        """The users who match, or may do so later."""
        return self.members()

    def recipients(self) -> Users:
        """The users who match and are active: who gets it, as of now."""
        return active(self.members())

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
    def named(cls, names: Sequence[str]) -> Self:
        return cls()


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
        field: Any = cls.rows().model._meta.pk
        while field.remote_field is not None:
            field = field.target_field
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
    def of_rows(cls, rows: Sequence[Any]) -> Self:
        """Raises: ValueError: too many of them."""
        cls.require_few(rows)
        return cls((row.pk for row in rows), _shortened([cls.name_of(row) for row in rows]))

    @classmethod
    def require_few(cls, rows: Sequence[object]) -> None:
        """Raises: ValueError: there are more than can be named."""
        if cls.max_count is not None and len(rows) > cls.max_count:
            instead = "a group" if Groups.is_offered() else "everyone"
            raise ValueError(f"At most {cls.max_count} {cls.kind} can be named; use {instead}.")

    @classmethod
    def restored(cls, ids: Sequence[Id], label: str) -> Self:
        return cls(ids, label)

    @classmethod
    def _named(cls, field: str, names: Iterable[str], form: Callable[[str], str]) -> Self:
        """Args: form: how a name is kept, of all ways to write it."""
        # As it was written, too: not all rows were made by a form that knows better.
        wanted = {name: (name, form(name)) for name in names}
        if not wanted:
            raise ValueError(f"Name at least one of the {cls.kind}.")
        asked = {f"{field}__in": set(chain.from_iterable(wanted.values()))}
        rows_by_name = dict(cls.rows().filter(**asked).values_list(field, "pk"))
        kept = {name: next((spelling for spelling in ways if spelling in rows_by_name), None)
                for name, ways in wanted.items()}  # fmt: skip
        if unknown := [name for name, spelling in kept.items() if spelling is None]:
            raise UnknownNames(cls.kind, unknown)
        chosen = dict.fromkeys(spelling for spelling in kept.values() if spelling is not None)
        return cls([rows_by_name[spelling] for spelling in chosen], _shortened(list(chosen)))


class ChosenUsers(Chosen):
    kind = "users"
    title = _("Chosen users")
    option = "user"
    scope = "send:user"
    scope_title = _("Send to users by name")
    is_by_name = True
    max_count = contract.AUDIENCE_USERS_MAX_COUNT

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        # Whom a manager of the project's hides (as deleted, say) gets nothing.
        return get_user_model()._default_manager.all()

    @classmethod
    def posted_as(cls) -> str:
        # Ids could be made up, and would be answered with names.
        return get_user_model().USERNAME_FIELD

    @staticmethod
    def name_of(row: Any) -> str:
        name: str = row.get_username()
        return name

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        cls.require_few(names)
        model = get_user_model()
        return cls._named(model.USERNAME_FIELD, names, model.normalize_username)

    def members(self) -> Users:
        return get_user_model()._default_manager.filter(pk__in=self.ids)

    def inboxes(self, among: Inboxes) -> Inboxes:
        # By the index of users: they are few, wherever their inboxes are.
        return super().inboxes(among.filter(user__among=self.ids))


class Groups(Chosen):
    kind = "groups"
    title = _("Groups")
    option = "group"
    scope = "send:group"
    scope_title = _("Send to groups")

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        return Group.objects.all()

    @staticmethod
    def name_of(row: Any) -> str:
        name: str = row.name
        return name

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        return cls._named("name", names, group_form)

    def __init__(self, ids: Iterable[Any], label: str) -> None:
        """Raises: ValueError: the project's user model has no groups."""
        if not self.is_offered():
            raise ValueError(f"{settings.AUTH_USER_MODEL} has no groups to send to.")
        super().__init__(ids, label)

    @classmethod
    def is_offered(cls) -> bool:
        return _field_of_groups() is not None

    def candidates(self) -> Users:
        return get_user_model()._default_manager.all()

    def members(self) -> Users:
        field = _field_of_groups()
        # Not a join: a member of two of the groups is one recipient.
        user, group = field.m2m_field_name(), field.m2m_reverse_field_name()
        memberships = field.remote_field.through._default_manager.filter(
            **{f"{group}__in": self.ids, user: OuterRef("pk")}
        )
        return get_user_model()._default_manager.filter(Exists(memberships))

    def is_as_good_as_everyone(self) -> bool:
        """They hold all active users, or more than half of them, where these are many."""
        reached, all_of_them = self.recipients().count(), Everyone().recipients().count()
        is_most = reached > _MANY and reached * 2 > all_of_them
        return is_most or reached == all_of_them > 1


class Everyone(Whole):
    kind = "everyone"
    title = _("Everyone")
    option = "everyone"
    help = "all active users"
    scope = "send:everyone"
    scope_title = _("Send to everyone")
    permission = "notifications.send_to_everyone"
    is_limited = True
    label = "everyone"

    def members(self) -> Users:
        return get_user_model()._default_manager.all()

    def inboxes(self, among: Inboxes) -> Inboxes:
        # Asked of one inbox after the other: for what can be made a join of, PostgreSQL may read
        # all users for each chunk of inboxes.
        mine = self.recipients().order_by().filter(pk=OuterRef("user_id")).values("pk")[:1]
        return among.filter(user_id=Subquery(mine))

    def is_as_good_as_everyone(self) -> bool:
        return True


def _offered() -> dict[str, type[Audience]]:
    kinds: Sequence[type[Audience]] = (ChosenUsers, Groups, Everyone)
    return {audience.kind: audience for audience in kinds if audience.is_offered()}


def _chosen() -> dict[str, type[Chosen]]:
    return {name: kind for name, kind in KINDS.items() if issubclass(kind, Chosen)}


# Looked at when they are first needed: the project's user model may come after ours.
KINDS: Final = cast(dict[str, type[Audience]], SimpleLazyObject(_offered))
# Those of which rows are chosen.
CHOSEN: Final = cast(dict[str, type[Chosen]], SimpleLazyObject(_chosen))


def active(users: Users) -> Users:
    """Those of the users who are active.

    Where that is no column, everybody who is there: the database cannot be asked. Who may not sign
    in does not see it, either.
    """
    return users.filter(is_active=True) if _has_column("is_active") else users


def _has_column(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.concrete_fields)


def _field_of_groups() -> Any:
    """The relation from users to groups; None: the project's user model has none."""
    try:
        field = get_user_model()._meta.get_field("groups")
    except FieldDoesNotExist:
        return None
    return field if field.many_to_many and field.related_model is Group else None


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


def of(notification: Notification) -> Audience:
    """The audience that the notification's row describes.

    Raises: ValueError: its kind is not one of ours.
    """
    try:
        kind = KINDS[notification.audience_kind]
    except KeyError:
        known = ", ".join(KINDS)
        raise ValueError(
            f"{notification.audience_kind!r} is no kind of audience; there are {known}."
        ) from None
    return kind.restored(notification.audience_ids, notification.audience_label)


def _shortened(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    label = shown if len(names) <= most else f"{shown} and {len(names) - most} more"
    return label if len(label) <= _LABEL_MAX_LENGTH else f"{label[: _LABEL_MAX_LENGTH - 1]}…"
