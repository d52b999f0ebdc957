"""A language that nobody speaks: each text in brackets. What has none was never translated."""

import os
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.settings import *  # noqa: F403
from config.settings import LANGUAGES, LOCALE_PATHS
from scripts import messages

CODE, LOCALE = "en-xa", "en_XA"
FOLDER = "PSEUDO_LOCALE"
OPEN, CLOSE = "⟦", "⟧"

if FOLDER in os.environ:
    LANGUAGES = [*LANGUAGES, (CODE, f"{OPEN}Pseudo{CLOSE}")]
    LOCALE_PATHS = [Path(os.environ[FOLDER]), *LOCALE_PATHS]


def bracketed(text):
    """In brackets, and as long as translations are."""
    return f"{OPEN}{text}~~{CLOSE}"


def write(folder):
    """The words of pages, in a folder for LOCALE_PATHS; also Django's own that stand in them."""
    catalog = Catalog(locale="en")
    of_django = Path(django.__file__).parent
    for texts in (*map(messages.texts_of, (messages.APP, messages.PROJECT)), *_of(of_django)):
        for message in texts:
            if message.id:
                said = tuple(map(bracketed, _texts(message)))
                catalog.add(
                    message.id,
                    said if message.pluralizable else said[0],
                    context=message.context,
                )
    path = folder / LOCALE / "LC_MESSAGES/django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
    return {FOLDER: str(folder), "DJANGO_SETTINGS_MODULE": __name__}


def _of(django_folder):
    for part in ("conf", "contrib/auth"):
        path = django_folder / part / "locale/en/LC_MESSAGES/django.po"
        with path.open("rb") as file:
            yield read_po(file)


def _texts(message):
    return message.id if message.pluralizable else (message.id,)


def catalogue():
    """The words of browser modules, as setWords() takes them."""
    said = {}
    for message in messages.texts_of(messages.BROWSER):
        if message.id:
            one, *others = map(bracketed, _texts(message))
            key = messages.key_of(message)
            said[key] = {"one": one, "other": others[0]} if others else one
    return said
