"""``manage.py compare_transports``: a proxy counts the same, and nothing stays behind."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications.management.comparison import comparison, own_server, progress
from notifications.management.comparison.access import Sender
from notifications.management.comparison.clients import PAGE_SIZE
from notifications.management.comparison.measure import TRANSPORTS
from notifications.management.comparison.results import of_run
from notifications.management.comparison.site import Site
from notifications.management.comparison.traffic import Traffic, awake_s, wake_ups
from notifications.process import extras
from tests.docs.markdown import REPOSITORY
from tests.support.processes import until
from tests.support.proxy import Fault, Proxy

SOON = ["--messages=4", "--mean-gap=0.05", "--interval=0.2"]
USERS = 3
BYTES = ("bytes_up", "bytes_down")


def compare(*arguments, **environment):
    out = io.StringIO()
    call_command("compare_transports", *arguments, stdout=out, **environment)
    return out.getvalue()


@pytest.fixture(scope="module")
def own():
    with own_server.running(USERS) as own:
        yield own


@pytest.fixture(scope="module", autouse=True)
def fonts():
    # Where matplotlib writes down which fonts there are, which takes it seconds each time.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(REPOSITORY / ".pytest_cache" / "matplotlib"))
        yield


@pytest.fixture(scope="module")
def compared(own, tmp_path_factory):
    """All transports, with a proxy before the server: what was said, the files, the proxy."""
    folder = tmp_path_factory.mktemp("compared")
    files = [f"--{kind}={folder}/all.{kind}" for kind in ("csv", "json")]
    with Proxy(own.site.port) as proxy:
        where = [f"--url={proxy.url}", f"--key={own.key}"]
        users = [f"--user={name}" for name in own.users]
        said = compare(*where, *users, *SOON, *files, f"--chart={folder}/all.svg")
        yield said, folder, proxy


# --- Figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (["poll", "poll-etag"], "/api/v1/inbox?"),
        (["long-poll"], "/api/v1/inbox/poll"),
        (["sse"], "/api/v1/inbox/events"),
        (["websocket"], "/ws/notifications/"),
    ],
)
def test_bytes_requests_and_connections_are_those_that_a_proxy_saw(names, path, compared):
    _, folder, proxy = compared
    results = json.loads((folder / "all.json").read_text("utf-8"))["results"]
    found = [one for one in results if one["transport"] in names]
    total = Counter()
    for one in found:
        total.update({name: one[name] for name in ("connections", "requests", *BYTES)})
    assert total["connections"] == proxy.connection_count(path) >= USERS
    assert total["requests"] == proxy.request_count(path) >= USERS
    counted = tuple(total[name] for name in BYTES)
    # What it has passed on it counts a moment later.
    until(lambda: proxy.bytes_of(path) == counted, f"it counts {counted} too")
    for one in found:
        assert (one["users"], one["sent"], one["arrived"]) == (USERS, 4, 4)
        assert one["server_cpu_s"] is None
        assert 0 < one["delay_median_ms"] <= one["delay_p99_ms"]


def test_who_is_told_asks_less_than_who_asks(compared):
    _, folder, _ = compared
    with (folder / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["transport"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(TRANSPORTS)
    size = {name: int(row["bytes_up"]) + int(row["bytes_down"]) for name, row in rows.items()}
    assert size["poll"] > size["poll-etag"] > size["websocket"]
    assert int(rows["websocket"]["requests"]) == int(rows["sse"]["requests"]) == USERS
    assert int(rows["poll"]["empty"]) > 0 == int(rows["websocket"]["empty"])


def test_table_files_and_chart_say_the_same_and_no_secret(compared):
    said, folder, _ = compared
    written = json.loads((folder / "all.json").read_text("utf-8"))
    with (folder / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["bytes_up"] for row in rows] == [str(o["bytes_up"]) for o in written["results"]]
    assert written["parameters"]["interval_s"] == 0.2
    chart = (folder / "all.svg").read_text("utf-8")
    for one, transport in zip(written["results"], TRANSPORTS.values(), strict=True):
        (line,) = re.findall(rf"(?m)^{transport.label}  .*$", said)
        assert f" {one['requests']} " in line
        assert transport.label in chart
    assert re.search(r"Polling moved [\d.]+ times the bytes of WebSocket", said)
    assert "nk_" not in json.dumps(written) + said + chart


@pytest.mark.parametrize("name", ["poll", "poll-etag"])
def test_a_poll_that_finds_more_than_a_page_asks_for_older_ones(name, own):
    seen = []

    async def poll():
        sender = Sender(own.site, own.key)
        who = await sender.enter(own.users[0], 60)
        for number in range(PAGE_SIZE + 2):
            await sender.send(f"Many {number}", own.users[0])
        client = TRANSPORTS[name](own.site, who, seen.append, interval_s=1, phase=0)
        for _ in range(2):
            await client.poll()
        await client.close()
        await sender.close()
        return client.traffic

    traffic = asyncio.run(poll())
    assert sorted(seen) == sorted(f"Many {number}" for number in range(PAGE_SIZE + 2))
    assert (traffic.requests, traffic.empty) == (3, 1)


def test_a_poll_that_ends_amid_its_answer_counts_what_is_on_its_way(own):
    async def poll(proxy):
        sender = Sender(own.site, own.key)
        who = await sender.enter(own.users[0], 60)
        await sender.close()
        proxy.fault("/", Fault.DELAY)
        site = Site.at(proxy.url)
        client = TRANSPORTS["poll"](site, who, lambda _: None, interval_s=60, phase=0)
        polling = asyncio.create_task(client.run())
        async with asyncio.timeout(60):
            while not client.traffic.bytes_up:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        return client.traffic

    with Proxy(own.site.port) as proxy:
        traffic = asyncio.run(poll(proxy))
        counted = (traffic.bytes_up, traffic.bytes_down)
        assert traffic.bytes_down > 0
        until(lambda: proxy.bytes_of("/") == counted, f"it counts {counted} too")


def test_a_burst_is_what_comes_within_five_seconds():
    moments = [0.0, 1.0, 5.5, 20.0, 24.0, 40.0]
    assert wake_ups(moments, until=60) == 2
    # 0 to 10.5, 20 to 29, 40 to 45.
    assert awake_s(moments, until=60) == pytest.approx(24.5)
    # What went as it was left counts no more.
    assert wake_ups(moments, until=30) == 1
    assert awake_s(moments, until=22) == pytest.approx(12.5)


def test_where_nothing_arrived_there_is_no_delay():
    found = of_run(
        "sse", [Traffic()], sent=1, delays_ms=[], began_at=0, ended_at=10, cpu_s=None
    )  # fmt: skip
    assert (found.delay_median_ms, found.delay_p99_ms, found.arrived) == (None, None, 0)


def test_what_did_not_arrive_is_told_by_transport():
    one = {"sent": 9, "began_at": 0, "ended_at": 10, "cpu_s": None}
    poll = of_run("poll", [Traffic()], delays_ms=[1.0] * 9, **one)
    socket = of_run("websocket", [Traffic()], delays_ms=[1.0] * 7, **one)
    assert comparison.lost([poll]) == ""
    assert comparison.lost([poll, socket]) == "Not all arrived: 2 by WebSocket did not."


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_and_nowhere_else(monkeypatch):
    for screen, sees in ((Screen(), True), (io.StringIO(), False)):
        with progress.shown(screen) as tell:
            tell("Polling", 0.5)
            tell("Polling", 1)
        assert ("Polling" in screen.getvalue()) == sees
        assert sees or not screen.getvalue()
    monkeypatch.setattr(extras, "is_there", lambda name: name != "rich")
    with progress.shown(screen := Screen()) as tell:
        tell("Polling", 1)
    assert screen.getvalue() == (
        "Without a progress bar, which needs: pip install 'django-notification-inbox[compare]'\n"
    )


# --- A server of its own --------------------------------------------------------------------------


def start(tmp_path, *arguments):
    """The command in a process of its own, whose temporary files go below ``tmp_path``."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "manage.py", "compare_transports", *arguments],
        cwd=REPOSITORY, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def children_of(pid):
    """The processes that one has started, also those in sessions of their own."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # gone
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_a_server_and_knows_its_cpu_time(tmp_path):
    process = start(
        tmp_path, *SOON, "--users=2", "--transport=poll", "--json", f"{tmp_path}/a.json"
    )
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert "a server of its own" in said
    (found,) = json.loads((tmp_path / "a.json").read_text("utf-8"))["results"]
    assert found["server_cpu_s"] > 0
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_no_process_and_no_file(number, tmp_path):
    process = start(tmp_path, "--users=2", "--messages=100", "--transport=sse")
    (server,) = until(lambda: children_of(process.pid), "it starts a server", within_s=60)
    # In the midst of it: both of them have a stream.
    if number is signal.SIGINT:
        until(lambda: open_sockets(server) >= 3, "clients are there", within_s=60)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "CommandError: Stopped. Nothing was kept.\n")
    assert not is_alive(server)
    assert not list(tmp_path.iterdir())


def open_sockets(pid):
    found = 0
    for name in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found += str(name.readlink()).startswith("socket:")
        except OSError:
            continue
    return found


# --- What it says instead -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--users=0"], "'0' is no whole number from 1 to 1000"),
        (["--users=many"], "'many' is no whole number from 1 to 1000"),
        (["--interval=nan"], "'nan' is no number from 0.1 to 60"),
        (["--mean-gap=61"], "'61' is no number from 0.05 to 60"),
        (["--transport=pigeon"], "invalid choice: 'pigeon'"),
        (["--chart=a.gif"], "'a.gif' does not end with .png or .svg"),
        (["--csv=/nowhere/a.csv"], "there is no such folder"),
        (["--json=/"], "there is no such folder, or it is one"),
        (["--messages=10000", "--mean-gap=60"], "500 s is the most"),
        (["--user=alice"], "--user goes with --url"),
        (["--key=k"], "--key goes with --url"),
        (["--url=http://x", "--users=3"], "the users are those that --user names"),
        (["--url=http://x"], "Name who waits at --url by --user"),
        (["--url=http://x", "--user=a", "--user=a", "--key=k"], "each once"),
        (["--url=http://x", "--user=a"], "by --key or $NOTIFY_KEY"),
        (["--url=ftp://x", "--user=a", "--key=k"], "'ftp://x' is no address such as"),
        (["--url=http://x?a", "--user=a", "--key=k"], "more than scheme, host, port and path"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments, message, monkeypatch):
    monkeypatch.delenv("NOTIFY_KEY", raising=False)
    with pytest.raises(CommandError) as error:
        compare(*arguments)
    assert message in str(error.value)


def test_a_server_that_refuses_is_quoted(own):
    url = f"--url=http://127.0.0.1:{own.site.port}"
    with pytest.raises(CommandError, match=r"For user1 the server answered 401: .*not valid"):
        compare(url, "--user=user1", "--key=nk_wrong", *SOON)
    with pytest.raises(CommandError, match="For nobody the server answered 422: Unknown user"):
        compare(url, "--user=nobody", f"--key={own.key}", *SOON)
    with pytest.raises(CommandError, match="answered 404"):
        compare(f"{url}/elsewhere", "--user=user1", f"--key={own.key}", *SOON)


def test_who_is_no_server_of_ours_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer():
            with listener.accept()[0] as client:
                client.recv(65536)
                client.sendall(b"220 mail.example ESMTP\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CommandError, match=f"127.0.0.1:{port} does not speak HTTP"):
            compare(f"--url=http://127.0.0.1:{port}", "--user=a", "--key=k", *SOON)
        thread.join()
    with pytest.raises(CommandError, match=f"No connection to 127.0.0.1:{port}"):
        compare(f"--url=http://127.0.0.1:{port}", "--user=a", "--key=k", *SOON)


@pytest.mark.parametrize("module", ["h11", "websockets", "uvicorn", "matplotlib"])
def test_what_is_missing_is_said_with_what_brings_it(module, monkeypatch):
    is_there = extras.is_there
    monkeypatch.setattr(extras, "is_there", lambda name: name != module and is_there(name))
    with pytest.raises(CommandError) as error:
        compare("--chart=a.svg")
    assert str(error.value) == (
        f"It needs {module}: pip install 'django-notification-inbox[compare]'"
    )
