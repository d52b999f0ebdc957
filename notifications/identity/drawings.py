"""The style and the icon that are drawn from an accent and a name."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import escape

from notifications.identity.colours import (
    DARK_SURFACE,
    LIGHT_SURFACE,
    Colour,
    ink,
    readable,
)

_BELL = "M16 6a7 7 0 0 0-7 7v4l-2 4h18l-2-4v-4a7 7 0 0 0-7-7Zm-2.5 17a2.5 2.5 0 0 0 5 0Z"


@lru_cache(maxsize=16)
def sheet(accent: Colour) -> str:
    """The accent for text and buttons, so that both are read in the light and in the dark.

    What is filled with the accent itself, as it was chosen, has ``--nb-brand``.
    """
    light, dark = readable(accent, LIGHT_SURFACE), readable(accent, DARK_SURFACE)
    return (
        ":root {\n"
        f"  --nb-accent: light-dark({light}, {dark});\n"
        f"  --nb-on-accent: light-dark({ink(light)}, {ink(dark)});\n"
        f"  --nb-brand: {accent};\n"
        f"  --nb-on-brand: {ink(accent)};\n"
        "}\n"
    )


@lru_cache(maxsize=16)
def icon(accent: Colour, name: str) -> str:
    """A square in the accent with the name's initial, or without a name with a bell."""
    on = ink(accent)
    letter = (
        '<text x="16" y="22.5" text-anchor="middle" font-family="system-ui, sans-serif" '
        f'font-size="19" font-weight="700" fill="{on}">{escape(_initial(name))}</text>'
    )
    bell = f'<path fill="{on}" d="{_BELL}"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{accent}"/>{letter if name else bell}</svg>\n'
    )


def _initial(name: str) -> str:
    return next((one for one in name if one.isalnum()), name[:1]).upper()[:1]
