"""Our management commands, and the lines of the pages that call them."""

import pkgutil
import re
import shlex
from importlib import import_module

from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from tests.docs import markdown

APPS = ("accounts", "notifications")
# Or by the shell's function of that name, which the page of production defines.
_CALL = re.compile(r"(?:\bpython manage\.py|^manage) (\w+)(.*)")
# Where a command's own words end in a line of shell.
_SHELL = {"|", ">", ">>", "<", "&&", "||", ";", "&"}


def names():
    """Command -> the app that it is of."""
    found = {}
    for app in APPS:
        package = import_module(f"{app}.management.commands")
        found |= {one.name: app for one in pkgutil.iter_modules(package.__path__)}
    return found


def parser_of(name):
    return load_command_class(names()[name], name).create_parser("manage.py", name)


def options_of(name):
    """The command's own actions, without those that every command of Django has."""
    everyone = BaseCommand().create_parser("manage.py", name)
    common = {action.dest for action in everyone._actions}
    return [action for action in parser_of(name)._actions if action.dest not in common]


def called_in(text):
    """(command, arguments) of each line of a shell block that calls `manage.py`."""
    found = []
    for line in _shell_lines(text):
        call = _CALL.search(line)
        if call:
            found.append((call[1], _arguments(call[2])))
    return found


def _shell_lines(text):
    fenced = [one.text for one in markdown.blocks(text) if one.language in {"sh", "console", ""}]
    indented = re.findall(r"^(?: {4}|\t)(.*)$", markdown.prose(text), re.MULTILINE)
    return "\n".join([*fenced, *indented]).replace("\\\n", " ").splitlines()


def _arguments(rest):
    words = shlex.split(rest, comments=True)
    ends = [index for index, word in enumerate(words) if word in _SHELL]
    return words[: ends[0]] if ends else words
