"""A project with SQLite as Django has it: who writes beside others waits, and that is all."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.hosts import journey

LINES = 30
COUNT = (
    "from notifications.models import InboxItem\n"
    "print(InboxItem.objects.filter(notification__title__startswith='Line').count())"
)


def test_two_programs_send_many_beside_a_server_that_dispatches(host):
    journey.install(host)
    host.ask(journey.SET_UP)
    lines = [
        json.dumps({"title": f"Line {n}", "audience": {"users": ["alice"]}}) for n in range(LINES)
    ]
    (host.folder / "many.jsonl").write_text("\n".join(lines), "utf-8")
    send = ("manage.py", "notify", "--jsonl", "many.jsonl")
    with (
        ThreadPoolExecutor(2) as programs,
        journey.served(host) as origin,
        journey.Browser(origin).socket(),
    ):
        said = [*programs.map(lambda _: host.run(*send), range(2))]
    for one in said:
        assert (one.returncode, one.stderr) == (0, "")
        assert f"{LINES} lines sent." in one.stdout
    assert host.ask(COUNT).strip() == str(2 * LINES)
    (log,) = host.folder.glob("*.log")
    # As a server says it of what it did; a check that it runs has the words, too.
    assert "database is locked (" not in log.read_text("utf-8")
