"""Collects the texts that are translated, and compiles the translations: `make messages`.

For each language there are a .po file of the app's texts, one of its browser modules' and one of
the project's; people write into these. What is made of them is committed too, so that neither a
checkout that runs nor an install needs a compiler of messages: .mo files, a module for browsers.
"""

from __future__ import annotations

import gettext
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "notifications/static/notifications"
WORDS = MODULES / "words"
# Of each of Django's functions, which arguments are texts, and which say what is meant.
_KEYWORDS: dict[str, Any] = {"_": None, "_lazy": None}
for _suffix in ("", "_lazy", "_noop"):
    _KEYWORDS |= {
        f"gettext{_suffix}": None,
        f"ngettext{_suffix}": (1, 2),
        f"pgettext{_suffix}": ((1, "c"), 2),
        f"npgettext{_suffix}": ((1, "c"), 2, 3),
    }
# Of these templatize would make Python's, which end with the line.
_TEMPLATE_COMMENTS = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
# The same files by the same sources, whenever they are made.
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
# Numbers up to here have all plural forms that a language has.
_NUMBERS = range(1_000)


@dataclass(frozen=True)
class Domain:
    """Texts that are translated together."""

    locale: Path
    name: str
    sources: tuple[Path, ...]

    def po(self, language: str) -> Path:
        return self.locale / language / "LC_MESSAGES" / f"{self.name}.po"


APP = Domain(ROOT / "notifications/locale", "django", (ROOT / "notifications",))
BROWSER = Domain(ROOT / "notifications/locale", "djangojs", (MODULES,))
PROJECT = Domain(
    ROOT / "locale", "django", tuple(ROOT / one for one in ("accounts", "config", "templates"))
)
DOMAINS = (APP, BROWSER, PROJECT)


def languages() -> list[str]:
    """Those that have a folder."""
    return sorted(path.name for path in APP.locale.iterdir())


def texts_of(domain: Domain) -> Catalog:
    """All texts of a domain, as they stand in the sources."""
    catalog = Catalog(project="django-notification-inbox", charset="utf-8")
    for folder in domain.sources:
        for path in sorted(folder.rglob("*")):
            for text, comments, context in _extracted(path, domain):
                place = (path.relative_to(ROOT).as_posix(), 0)
                catalog.add(text, locations=[place], auto_comments=comments, context=context)
    return catalog


def _extracted(path: Path, domain: Domain) -> Iterator[tuple[Any, list[str], str | None]]:
    tags, keywords = ["Translators:"], list(_KEYWORDS)
    if domain is BROWSER:
        if path.suffix != ".js" or path.is_relative_to(WORDS):
            return
        found = extract_javascript(io.BytesIO(path.read_bytes()), keywords, tags, {})
    elif path.suffix == ".py" and "migrations" not in path.parts:
        found = extract_python(io.BytesIO(path.read_bytes()), keywords, tags, {})
    elif path.suffix in {".html", ".txt"} and path.is_relative_to(ROOT):
        found = extract_python(io.BytesIO(_calls_of(path).encode()), keywords, tags, {})
    else:
        return
    for _, function, arguments, comments in found:
        given = list(arguments) if isinstance(arguments, (list, tuple)) else [arguments]
        spec = _KEYWORDS[function] or (1,)
        contexts = [one[0] for one in spec if isinstance(one, tuple)]
        texts = [given[one - 1] for one in spec if isinstance(one, int)]
        if not all(texts):
            raise SystemExit(f"{path}: {function} is given something that is no text: {given}")
        yield (
            texts[0] if len(texts) == 1 else tuple(texts),
            comments,
            given[contexts[0] - 1] if contexts else None,
        )


def _calls_of(path: Path) -> str:
    """A template as the calls that it means, in one line: what is around them is no Python."""
    text = _TEMPLATE_COMMENTS.sub("", path.read_text("utf-8"))
    return " ".join(templatize(text, origin=str(path)).split("\n"))


def translations(domain: Domain, language: str, texts: Catalog | None = None) -> Catalog:
    """What stands in the .po file; with ``texts``: for these, and no others."""
    path = domain.po(language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, charset="utf-8")
    else:
        catalog = Catalog(locale=language, charset="utf-8", project="django-notification-inbox")
        catalog.fuzzy = False
    if texts is not None:
        catalog.update(texts, no_fuzzy_matching=True)
        catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = _NO_DATE
    return catalog


def made() -> Iterator[tuple[Path, bytes]]:
    """Every file that this writes, and what it says."""
    for domain in DOMAINS:
        texts = texts_of(domain)
        for language in languages():
            catalog = translations(domain, language, texts)
            path = domain.po(language)
            yield path, _po(catalog)
            if domain is BROWSER:
                for name, apart in ((language, False), (f"{language}-diagnostics", True)):
                    yield WORDS / f"{name}.js", _module(catalog, apart=apart).encode()
            else:
                yield path.with_suffix(".mo"), _mo(catalog)


def _po(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return re.sub(rb"^# .*\n|^#\n", b"", file.getvalue(), flags=re.MULTILINE)


def _mo(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def catalogue(catalog: Catalog) -> dict[str, Any]:
    """As setWords() of gettext.js takes it: what is not translated is left out."""
    said = {}
    for message in sorted(catalog, key=lambda one: (key_of(one), one.context or "")):
        if message.id and message.string and not message.fuzzy and all(_strings(message)):
            is_counted = message.pluralizable
            said[key_of(message)] = _forms(message, catalog) if is_counted else message.string
    return said


def key_of(message: Any) -> str:
    """Under what a text is asked for."""
    text = message.id[0] if message.pluralizable else message.id
    return f"{message.context}\x04{text}" if message.context else text


def _strings(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _forms(message: Any, catalog: Catalog) -> dict[str, str]:
    """By Unicode's categories: a browser knows these, and evaluates no expression of a file."""
    category_of = Locale.parse(catalog.locale).plural_form
    place_of = gettext.c2py(catalog.plural_expr)
    forms: dict[str, str] = {}
    for number in _NUMBERS:
        forms.setdefault(category_of(number), message.string[place_of(number)])
    return forms


def _module(catalog: Catalog, *, apart: bool) -> str:
    """Args: apart: those of the diagnostics page alone, which no other page has to load."""
    left = {key_of(message) for message in catalog if _is_of_diagnostics(message) is not apart}
    texts = {key: said for key, said in catalogue(catalog).items() if key not in left}
    text = json.dumps(texts, ensure_ascii=False, indent=2).replace("\x04", "\\u0004")
    origin = f"/** Made by `make messages` of {catalog.locale}'s djangojs.po. */"
    return f"{origin}\nexport const texts = {text};\n"


def _is_of_diagnostics(message: Any) -> bool:
    places = [path for path, _ in message.locations]
    return bool(places) and all("/diagnostics/" in path for path in places)


def main() -> None:
    for path, content in made():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
