"""Who gets a notification: a class per kind of audience, each a rule that yields recipients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet

from notifications import protocol

if TYPE_CHECKING:
    from typing import Self

    from notifications.models import Notification

Users = QuerySet[Any]

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


class Audience(ABC):
    """A rule over users, evaluated anew for each chunk that is dispatched."""

    kind: ClassVar[str]
    label: str
    ids: Sequence[int] = ()
    # The permission that a person needs to send to such an audience, beside adding notifications.
    permission: ClassVar[str | None] = None

    @classmethod
    @abstractmethod
    def restored(cls, ids: Sequence[int], label: str) -> Self:
        """The audience that a notification's row describes."""

    @abstractmethod
    def members(self) -> Users:
        """The users who match, active or not."""

    def recipients(self) -> Users:
        """The users who match and are active: who gets it, as of now."""
        return self.members().filter(is_active=True)


class _Chosen(Audience):
    """An audience of rows that were chosen one by one."""

    def __init__(self, ids: Iterable[int], label: str) -> None:
        self.ids = sorted(set(ids))
        self.label = label

    @classmethod
    def restored(cls, ids: Sequence[int], label: str) -> Self:
        return cls(ids, label)

    @classmethod
    def _named(cls, rows: QuerySet[Any], field: str, names: Iterable[str]) -> Self:
        wanted = dict.fromkeys(names)
        if not wanted:
            raise ValueError(f"Name at least one of the {cls.kind}.")
        found = dict(rows.filter(**{f"{field}__in": list(wanted)}).values_list(field, "pk"))
        if unknown := [name for name in wanted if name not in found]:
            raise UnknownNames(cls.kind, unknown)
        return cls(found.values(), _shortened(list(wanted)))


class ChosenUsers(_Chosen):
    kind = "users"

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        """Users by their names (``USERNAME_FIELD``).

        Raises: UnknownNames: nobody has one of the names. ValueError: none, or too many of them.
        """
        if len(names) > protocol.AUDIENCE_USERS_MAX_COUNT:
            raise ValueError(
                f"At most {protocol.AUDIENCE_USERS_MAX_COUNT} users can be named; use a group."
            )
        model = get_user_model()
        return cls._named(model._default_manager.all(), model.USERNAME_FIELD, names)

    def members(self) -> Users:
        return get_user_model()._default_manager.filter(pk__in=self.ids)


class Groups(_Chosen):
    kind = "groups"

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        """Groups by their names.

        Raises: UnknownNames: no group has one of the names. ValueError: none was named.
        """
        return cls._named(Group.objects.all(), "name", names)

    def members(self) -> Users:
        # Not a join: a member of two of the groups is one recipient.
        memberships = Group.objects.filter(pk__in=self.ids, user=OuterRef("pk"))
        return get_user_model()._default_manager.filter(Exists(memberships))


class Everyone(Audience):
    kind = "everyone"
    label = "everyone"
    permission = "notifications.send_to_everyone"

    @classmethod
    def restored(cls, ids: Sequence[int], label: str) -> Self:
        return cls()

    def members(self) -> Users:
        return get_user_model()._default_manager.all()


KINDS: dict[str, type[Audience]] = {
    audience.kind: audience for audience in (ChosenUsers, Groups, Everyone)
}


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
