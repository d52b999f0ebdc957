"""``python -m notifications.solo USERS ITEMS``: makes the database, and serves on a free port.

It says one line of JSON once all is made: the users' names, an API key that may send to them and
make tokens for them, and the port.
"""

from __future__ import annotations

import json
import os
import socket
import sys

USERS_PER_STATEMENT = 500
_HOST = "127.0.0.1"


def main() -> None:
    user_count, item_count = (int(word) for word in sys.argv[1:])
    os.environ["DJANGO_SETTINGS_MODULE"] = "notifications.solo.settings"
    import django  # noqa: PLC0415 (it reads the settings)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    made = {"users": _users(user_count), "key": _key()}
    _fill(item_count)
    # Looked for at the last moment: what is free now may be another's soon.
    port = _free_port()
    print(json.dumps({**made, "port": port}), flush=True)  # noqa: T201 (who has started it waits for that)
    call_command("serve", host=_HOST, port=port)


def _users(count: int) -> list[str]:
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415 (apps must be loaded)

    names = [f"user{number}" for number in range(1, count + 1)]
    # Without a password: nobody signs in.
    User.objects.bulk_create(
        [User(username=name, password=make_password(None)) for name in names],
        batch_size=USERS_PER_STATEMENT,
    )
    return names


def _key() -> str:
    from notifications.credentials import keys  # noqa: PLC0415

    _, key = keys.make("solo", ["send:user", "tokens"])
    return key


def _fill(count: int) -> None:
    """Have that many notifications in each inbox, as in one that has been in use."""
    import notifications  # noqa: PLC0415

    for number in range(count):
        notifications.send(
            f"Order {1000 + number} has been shipped",
            to=notifications.everyone,
            body="It left our warehouse this morning and will be with you in two days.",
            url=f"/orders/{1000 + number}",
        )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
