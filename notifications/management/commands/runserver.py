"""``manage.py runserver``: Daphne, through our server class."""

# Only here: this imports Twisted, which would slow every other command down by half a second.
from daphne.management.commands.runserver import Command as DaphneCommand

from notifications.servers.daphne import DaphneServer


class Command(DaphneCommand):  # type: ignore[misc]
    server_cls = DaphneServer
