"""What is translated: all of it, compiled as it stands, and with each value in its place."""

import re
from functools import cache

import pytest

from scripts import messages

VALUES = re.compile(r"%\(\w+\)s|\{\}|</?\w+|\{\{|https?://[^\s.]+")
# Whole; the other is a proof that plural forms and direction hold, for those who get notifications.
COMPLETE = ("de",)
# What only staff meet, and programs.
OF_STAFF = re.compile(
    r"admin|dashboard|drain|trace|outcome|models/|wire/|sending/|charts|apps\.py|appearance"
)
PAIRS = [(domain, language) for domain in messages.DOMAINS for language in messages.languages()]


def named(pair):
    domain, language = pair
    return f"{domain.locale.parent.name}-{domain.name}-{language}"


@cache
def texts_of(domain):
    return messages.texts_of(domain)


def translated(domain, language):
    """Each text with what is said for it."""
    catalog = messages.translations(domain, language, texts_of(domain))
    return [message for message in catalog if message.id]


def strings(message):
    return message.string if message.pluralizable else (message.string,)


def test_what_is_compiled_is_what_the_translations_say():
    for path, content in messages.made():
        assert path.read_bytes() == content, f"{path}: run `make messages`"


@pytest.mark.parametrize("language", messages.languages())
def test_a_browser_has_words_for_each_language(language):
    names = (messages.MODULES / "languages.js").read_text("utf-8")
    assert f'{language}: () => import("./words/{language}.js")' in names
    names = (messages.MODULES / "diagnostics/words.js").read_text("utf-8")
    assert f'{language}: () => import("../words/{language}-diagnostics.js")' in names


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_nothing_that_somebody_reads_is_left_in_english(pair):
    domain, language = pair
    left = [
        message.id
        for message in translated(domain, language)
        if message.fuzzy or not all(strings(message))
        if language in COMPLETE or not all(OF_STAFF.search(path) for path, _ in message.locations)
    ]
    assert not left


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_values_and_markup_are_those_of_the_text(pair):
    for message in translated(*pair):
        english = message.id if message.pluralizable else (message.id,)
        wanted = set().union(*(VALUES.findall(text) for text in english))
        for number, text in enumerate(strings(message)):
            found = set(VALUES.findall(text))
            # "One", in words, has no number.
            is_spelled = message.pluralizable and number < len(strings(message)) - 1
            assert (
                not text or found == wanted or (is_spelled and found == wanted - {"%(count)s"})
            ), text


def test_a_number_has_all_its_forms_in_arabic():
    counted = [one for one in translated(messages.BROWSER, "ar") if one.pluralizable]
    assert counted
    assert {len(one.string) for one in counted} == {6}
    said = messages.catalogue(messages.translations(messages.BROWSER, "ar"))
    forms = said["%(count)s new notification"]
    assert list(forms) == ["zero", "one", "two", "few", "many", "other"]
    assert len(set(forms.values())) == len(forms)
