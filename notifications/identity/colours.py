"""Colours that can be read: contrasts as WCAG 2.2 counts them, and shades that have enough."""

from __future__ import annotations

import re
from typing import NamedTuple

# What text of a normal size needs (WCAG 2.2, 1.4.3).
AA = 4.5
_HEX = re.compile(r"#((?:[0-9a-fA-F]{6})|([0-9a-fA-F]{3}))")
# Below this a channel is linear (sRGB, IEC 61966-2-1).
_LINEAR = 0.04045
_STEPS = 100


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255 each."""

    red: int
    green: int
    blue: int

    @classmethod
    def of(cls, text: str) -> Colour | None:
        """A colour written as ``#rrggbb`` or ``#rgb``; None for anything else."""
        found = _HEX.fullmatch(text)
        if found is None:
            return None
        digits = found[1] if found[2] is None else "".join(2 * digit for digit in found[1])
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)
# Those that text stands on in tokens.css, where it is hardest to read: under the pointer.
LIGHT_SURFACE, DARK_SURFACE = Colour(0xEE, 0xF1, 0xF4), Colour(0x22, 0x29, 0x32)


def contrast(one: Colour, other: Colour) -> float:
    """From 1, alike, to 21, black on white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink(on: Colour) -> Colour:
    """Black or white, whichever is read better; one of them always has ``AA``."""
    return max(WHITE, BLACK, key=lambda one: contrast(one, on))


def readable(colour: Colour, on: Colour) -> Colour:
    """The nearest to it, darker or lighter, that can be read as text there."""
    end = ink(on)
    steps = (_mixed(colour, end, step / _STEPS) for step in range(_STEPS + 1))
    return next(one for one in steps if contrast(one, on) >= AA)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def _luminance(colour: Colour) -> float:
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= _LINEAR else ((share + 0.055) / 1.055) ** 2.4
