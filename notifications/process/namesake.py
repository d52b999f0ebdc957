"""The other app of this name: django-notifications-hq owns the module ``notifications`` too."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_PACKAGE = Path(__file__).parents[1]
# Of that one's files, one that we have never had.
_THEIRS = _PACKAGE / "base" / "models.py"


def require_none() -> None:
    """Refuse to run from a folder that both were installed into.

    Whichever came last has replaced files of the other; what is left is neither.

    Raises: ImproperlyConfigured
    """
    if _THEIRS.exists():
        raise ImproperlyConfigured(
            f"{_PACKAGE} has files of django-notifications-hq, which owns the module "
            "'notifications' too: a project has the one or the other. Run "
            "pip uninstall django-notifications-hq, and then "
            "pip install --force-reinstall --no-deps django-notification-inbox."
        )
