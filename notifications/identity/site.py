"""What the settings say of the site, with what holds where they say nothing that can be shown.

A page is drawn whatever they say; ``manage.py check`` tells what is wrong with them.
"""

from __future__ import annotations

import hashlib
import mimetypes
import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse

from notifications.conf import conf
from notifications.identity import drawings
from notifications.identity.colours import Colour

NAME, ACCENT = "Notifications", "#0b57d0"
_SVG = "image/svg+xml"
_OURS = "notifications/icon.svg"
# The same as scripts/icons.py draws it: name, size in pixels, and what of it a phone may cut away.
_PICTURES = (
    ("notifications/icon-192.png", 192, "any"),
    ("notifications/icon-512.png", 512, "any"),
    ("notifications/icon-512-full.png", 512, "maskable"),
)
_HASH_LENGTH = 12


class Identity:
    """The site, as templates ask: ``{% site_identity as identity %}``, ``{{ identity.name }}``."""

    @property
    def name(self) -> str:
        """In one line, and without what is no text."""
        shown = (" " if unicodedata.category(one)[0] == "C" else one for one in str(conf.SITE_NAME))
        return " ".join("".join(shown).split()) or NAME

    @property
    def accent(self) -> Colour:
        """As it was chosen, for what is filled with it."""
        chosen = Colour.of(str(conf.SITE_ACCENT)) or Colour.of(ACCENT)
        assert chosen is not None  # noqa: S101 (ours is one)
        return chosen

    @property
    def mail_footer(self) -> str:
        """What mails end with; empty: nothing."""
        return str(conf.MAIL_FOOTER).strip()

    @property
    def has_own_accent(self) -> bool:
        """Whether pages need more colours than tokens.css has."""
        return self.accent != Colour.of(ACCENT)

    @property
    def sheet(self) -> str:
        """The URL of the style that has the accent; empty where tokens.css has it already."""
        return _kept_url("notifications:identity-sheet", self.css) if self.has_own_accent else ""

    @property
    def css(self) -> str:
        """What stands in that style."""
        return drawings.sheet(self.accent)

    @property
    def logo(self) -> str:
        """Its URL; empty where there is none."""
        return url_of_logo(str(conf.SITE_LOGO)) or ""

    @property
    def icon(self) -> str:
        """The URL of what stands for the site in little room: its logo, or a drawing."""
        if self.logo:
            return self.logo
        if self.is_plain:
            return static(_OURS)
        return _kept_url("notifications:identity-icon", self.svg)

    @property
    def is_plain(self) -> bool:
        """Whether it looks as it came: no name, accent or logo of its own."""
        return not self.logo and self.name == NAME and not self.has_own_accent

    @property
    def touch_icon(self) -> str:
        """The URL of what stands for it on a home screen; empty: what the phone draws itself.

        Those of Apple take no drawing, and cut a square to their shape.
        """
        if self.is_plain:
            return static(_PICTURES[-1][0])
        return self.logo if self.icon_type != _SVG else ""

    @property
    def icon_type(self) -> str:
        """Its media type, as its name has it."""
        if not self.logo:
            return _SVG
        return mimetypes.guess_type(urlsplit(self.logo).path)[0] or ""

    @property
    def svg(self) -> str:
        """The drawing: the initial of the site's name, or a bell where it has none of its own."""
        return drawings.icon(self.accent, "" if self.name == NAME else self.name)

    @property
    def theme_colour(self) -> str:
        """What surrounds the page where it is installed as an app."""
        return str(self.accent)

    @property
    def home(self) -> str:
        """The inbox, where everything else is led back to."""
        return reverse("notifications:inbox")


def names_a_picture(logo: str) -> bool:
    """Whether it may be one of this site; of another, browsers would not show it."""
    is_odd = any(one in "\\<>\"'" or one.isspace() or not one.isprintable() for one in logo)
    return bool(logo) and not is_odd and not logo.startswith("//") and ":" not in logo


def url_of_logo(logo: str) -> str | None:
    """Where a logo is, from the setting; None if it cannot be shown.

    Args: logo: a path on this host (``/media/acme.svg``), or the name of a static file.
    """
    if not names_a_picture(logo):
        return None
    if logo.startswith("/"):
        return logo
    try:
        return static(logo)
    except (ValueError, SuspiciousOperation):  # a storage that knows its files, and not this one
        return None


def manifest() -> dict[str, object]:
    """What a browser asks that installs the site as an app (W3C, Web Application Manifest)."""
    identity = Identity()
    icon = {"src": identity.icon, "sizes": "any", "purpose": "any"}
    kind = {"type": identity.icon_type} if identity.icon_type else {}
    pictures = [
        {"src": static(name), "sizes": f"{px}x{px}", "type": "image/png", "purpose": purpose}
        for name, px, purpose in _PICTURES
        if identity.is_plain
    ]
    return {
        "id": identity.home,
        "name": identity.name,
        "short_name": identity.name,
        "start_url": identity.home,
        "scope": get_script_prefix(),
        "display": "standalone",
        "theme_color": identity.theme_colour,
        "background_color": "#f6f7f9",
        "icons": [icon | kind, *pictures],
    }


def tag_of(content: str) -> str:
    """A name for this content and no other."""
    return hashlib.sha256(content.encode()).hexdigest()[:_HASH_LENGTH]


def _kept_url(view: str, content: str) -> str:
    # By the name of what it says: so a browser can keep it for ever, as it does static files.
    return f"{reverse(view)}?v={tag_of(content)}"
