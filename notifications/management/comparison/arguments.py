"""Numbers and files as the options of a command take them."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path


def number(kind: type[int | float], least: float, most: float) -> Callable[[str], float]:
    """A type for argparse: a number between two others."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(0) if least > 0 else kind(-1)
        if not math.isfinite(value) or not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"{text!r} is no {'whole ' * (kind is int)}number from {least:g} to {most:g}"
            )
        return value

    return parse


def new_file(*suffixes: str) -> Callable[[str], Path]:
    """A type for argparse: where a file can be written, which ends with one of these, if any."""

    def parse(text: str) -> Path:
        path = Path(text)
        if suffixes and path.suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(f"{text!r} does not end with {' or '.join(suffixes)}")
        if path.is_dir() or not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r}: there is no such folder, or it is one")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise argparse.ArgumentTypeError(f"{text!r} cannot be written")
        return path

    return parse
