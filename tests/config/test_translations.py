"""What is translated: all of it, compiled as it stands, and with each value in its place."""

import pytest

from scripts import messages


def test_what_is_compiled_is_what_the_translations_say():
    for path, content in messages.made():
        assert path.read_bytes() == content, f"{path}: run `make messages`"


@pytest.mark.parametrize("language", messages.languages())
def test_a_browser_has_words_for_each_language(language):
    names = (messages.MODULES / "languages.js").read_text("utf-8")
    assert f'{language}: () => import("./words/{language}.js")' in names
