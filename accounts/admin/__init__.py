"""The admin's pages about users and API keys."""

from accounts.admin.keys import ApiKeyAdmin
from accounts.admin.permissions import GroupAdmin
from accounts.admin.users import UserAdmin

__all__ = ["ApiKeyAdmin", "GroupAdmin", "UserAdmin"]
