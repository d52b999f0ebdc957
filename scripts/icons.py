"""Draws the app's icon as the pictures that phones ask for: ``python scripts/icons.py``.

By the Chromium that the tests use. Each is committed: neither a checkout nor an install needs one.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "notifications/static/notifications"
# Its name, its size, and whether it fills all of it: phones cut those to a shape of their own.
ICONS = (("icon-192", 192, False), ("icon-512", 512, False), ("icon-512-full", 512, True))


def drawing(svg: str, size_px: int, *, is_full: bool) -> str:
    """The page of that picture alone. A full one has no corners, and a bell within its 80 %."""
    if is_full:
        svg = re.sub(r'<rect ([^>]*?) rx="\d+"', r"<rect \1", svg)
        svg = svg.replace("<path ", '<path transform="translate(3.2 3.2) scale(.8)" ')
    svg = svg.replace("<svg ", f'<svg width="{size_px}" height="{size_px}" ', 1)
    return f"<!doctype html><style>*{{margin:0}}svg{{display:block}}</style>{svg}"


def main() -> None:
    """Writes them all."""
    svg = (FOLDER / "icon.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, size_px, is_full in ICONS:
            page = browser.new_page(viewport={"width": size_px, "height": size_px})
            page.set_content(drawing(svg, size_px, is_full=is_full))
            page.screenshot(path=FOLDER / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
