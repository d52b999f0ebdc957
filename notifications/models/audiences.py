"""Who gets a notification: a class per kind of audience, each a rule that yields recipients."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from notifications.models import users
from notifications.models.audience import Audience, Chosen, Inboxes, Users, Whole
from notifications.wire import contract

if TYPE_CHECKING:
    from notifications.models import Notification

# In groups beyond this, more than half of all users are as good as all of them.
_MANY = 100


def group_form(name: str) -> str:
    """A group's name as it is kept, however its letters and accents were put together."""
    return unicodedata.normalize("NFC", name)


def _of_active_users(among: Inboxes) -> Inboxes:
    """Those of these inboxes whose users the project's manager shows, and are active."""
    # Asked of one inbox after the other: for what can be made a join of, PostgreSQL may read
    # all users for each chunk of inboxes.
    active = users.active(get_user_model()._default_manager.all()).order_by()
    return among.filter(user_id=Subquery(active.filter(pk=OuterRef("user_id")).values("pk")[:1]))


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
    def _names(cls) -> tuple[str, Callable[[str], str]]:
        model = get_user_model()
        return model.USERNAME_FIELD, model.normalize_username

    def members(self) -> Users:
        return get_user_model()._default_manager.filter(pk__in=self.ids)

    def inboxes(self, among: Inboxes) -> Inboxes:
        # By the index of users: they are few, wherever their inboxes are.
        return _of_active_users(among.filter(user__among=frozenset(self.ids)))


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
    def _names(cls) -> tuple[str, Callable[[str], str]]:
        return "name", group_form

    def __init__(self, ids: Iterable[Any], label: str) -> None:
        """Raises: ValueError: the project's user model has no groups."""
        if not self.is_offered():
            raise ValueError(f"{settings.AUTH_USER_MODEL} has no groups to send to.")
        super().__init__(ids, label)

    @classmethod
    def is_offered(cls) -> bool:
        return users.field_of_groups() is not None

    def candidates(self) -> Users:
        return get_user_model()._default_manager.all()

    def members(self) -> Users:
        field = users.field_of_groups()
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
        return _of_active_users(among)

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
