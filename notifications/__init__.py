"""Notifications: ``notifications.send("Done", to=user)``, or ``await notifications.asend(...)``.

Import the package, and name these where they are used: models exist once the apps are loaded.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["asend", "everyone", "on_save", "send"]

if TYPE_CHECKING:
    from notifications.sending.on_save import on_save
    from notifications.sending.shortcuts import asend, everyone, send
else:  # unseen by mypy, for which any name would be there

    def __getattr__(name: str) -> Any:
        # Not with the package: Django imports that before any model can be.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from notifications.sending import on_save, shortcuts  # noqa: PLC0415

        return on_save.on_save if name == "on_save" else getattr(shortcuts, name)
