"""One event is one line, whatever text is in it."""

import json
import logging
import logging.config
from contextlib import suppress
from copy import deepcopy

import pytest
from django.conf import settings

from config.logs import LINE_MAX, one_line

FORGED = '\n{"level":"ERROR"}'
NASTY = [FORGED, "\r\n2026-11-24 ERROR x", "\x1b[31m", "\x9b2J", "\u2028", "\u202e", "\0", "\ud800"]


@pytest.fixture(params=["text", "json"])
def logged(request):
    """Log through the handler of our settings; the lines that come out."""
    config = logging.config.DictConfigurator(deepcopy(settings.LOGGING))
    for part in ("formatters", "filters"):
        for name, one in config.config[part].items():
            config.config[part][name] = getattr(config, f"configure_{part[:-1]}")(one)
    handler = config.configure_handler(config.config["handlers"]["console"])
    handler.setFormatter(config.config["formatters"][request.param])

    def act(name, message, *args, error=None, level=logging.WARNING, **fields):
        found = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord(name, level, "x.py", 1, message, args, found)
        vars(record).update(fields)
        assert handler.filter(record)
        return handler.format(record).split("\n")

    act.format = request.param
    return act


def fail(error):
    raise error


def raised(text):
    error = ValueError(text)
    with suppress(ValueError):
        fail(error)
    return error


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_no_text_makes_a_line_of_its_own(logged, text):
    (line,) = logged("accounts", "Seen: %s", f"a{text}b")
    assert line.isprintable()
    if logged.format == "json":
        event = json.loads(line)
        assert (event["level"], event["logger"]) == ("WARNING", "accounts")
        line = event["message"]
    assert line.endswith("b")


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_no_error_makes_an_event_of_its_own(logged, text):
    first, *others = logged("accounts", "Failed", error=raised(f"a{text}b"))
    if logged.format == "json":
        assert others == []
        assert "Traceback" in json.loads(first)["traceback"]
        return
    assert first.endswith("WARNING accounts Failed")
    assert others[0] == "  Traceback (most recent call last):"
    for line in others:
        assert line.startswith("  ")
        assert line.isprintable()


def test_a_long_text_is_cut_and_its_end_kept():
    text = one_line("begin" + "\x1b" * 100_000 + "end")
    assert len(text) <= LINE_MAX
    assert text.startswith("begin")
    assert text.endswith("end")
    assert one_line("x" * LINE_MAX) == "x" * LINE_MAX


def test_what_was_refused_is_no_error_of_ours(logged):
    (line,) = logged("django.security.DisallowedModelAdminLookup", "Refused", level=logging.ERROR)
    assert "WARNING" in line
    assert "ERROR" not in line


@pytest.mark.parametrize("name", ["django.security.DisallowedHost", "django.request"])
def test_what_any_client_can_cause_has_no_traceback(logged, name):
    lines = logged(name, "Refused", error=raised("evil.example"))
    assert "Traceback" not in "".join(lines)


def test_an_event_says_its_fields_and_no_other(logged):
    fields = {"connection": "0b6c", "user": "mZ3kQ", "revision": 0, "cause": "no_pong"}
    (line,) = logged("notifications", "Ended", **fields, password="secret")
    assert "secret" not in line
    if logged.format == "json":
        assert fields.items() <= json.loads(line).items()
        return
    assert line.endswith("Ended [connection=0b6c user=mZ3kQ revision=0 cause=no_pong]")


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_no_field_makes_a_line_of_its_own(logged, text):
    (line,) = logged("notifications", "Ended", cause=f"a{text}b", user="")
    assert line.isprintable()
    assert "user" not in line
