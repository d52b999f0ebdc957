"""The admin's pages about users and groups."""

from accounts.admin.permissions import GroupAdmin
from accounts.admin.users import UserAdmin

__all__ = ["GroupAdmin", "UserAdmin"]
