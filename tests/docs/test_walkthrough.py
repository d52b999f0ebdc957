"""Whatever README, tutorial and how-tos tell people to type is typed here, page by page.

A clone of the checkout, a shell with a network of its own, the ports that the pages name. What
stands for something of the reader, as an address does, is put in its place; all else is as it is.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import markdown
from tests.support.nginx import SHIPPED_NAME, write_certificate
from tests.support.terminal import Terminal

SITE = "http://127.0.0.1:8000"
# Whose commands other tests type: tests/sockets runs its units and its proxy; tests/hosts.
OTHERS = {"docs/howto/run-in-production.md", "docs/howto/add-to-your-project.md"}
# What runs us.
MADE_BY_CI = "make test"


def typed_in(name):
    """The commands of a page: fenced and indented blocks, each with the line that it begins on."""
    text = (markdown.REPOSITORY / name).read_text("utf-8")
    found = [(one.line, one.text) for one in markdown.blocks(text) if one.language == "sh"]
    prose = markdown.prose(text)
    for block in re.finditer(r"(?m)(?:^(?: {4,6}).*\n)+", prose):
        lines = [line.strip() for line in block[0].splitlines()]
        if re.match(r"(\.venv|apt-get|curl|make|python)", lines[0]):
            found.append((prose.count("\n", 0, block.start()) + 1, "\n".join(lines) + "\n"))
    return sorted(found)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The repository's address: the checkout as it lies here, as one commit."""
    folder = tmp_path_factory.mktemp("source")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=markdown.REPOSITORY, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (markdown.REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(markdown.REPOSITORY / name, folder / name)
    git = ["git", "-c", "user.name=tests", "-c", "user.email=tests@example.com", "-C", str(folder)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as it is"]):
        subprocess.run([*git, *words], check=True)
    return folder


class Reader:
    """Somebody who does what a page says."""

    def __init__(self, terminal, source):
        self.terminal = terminal
        self._folder = terminal.home / "notifications"
        # Of `make run`, each time.
        self.log = terminal.home / "server.log"
        self._server = ""
        # What the page has in place of what is the reader's.
        self.own = {"ADDRESS": str(source)}

    def type(self, text):
        """A block of commands; what they say."""
        said = ""
        for command in split(text):
            said += self._type(command)
        return said

    def _type(self, command):
        for word, own in self.own.items():
            command = command.replace(word, own)
        if command.startswith("apt-get"):
            return self._is_installed(command)
        if command.startswith("make run"):
            return self._serve(command)
        said = self.terminal.run(command)
        if command.startswith("git clone"):
            self._install()
        return said

    def _is_installed(self, command):
        """Debian's packages, which nothing reaches from here: those named are there."""
        words = shlex.split(command.rpartition("install -y")[2], comments=True)
        return self.terminal.run("dpkg-query --show " + " ".join(words))

    def _install(self):
        """What `make run` would fetch is here already: the packages of these tests."""
        (self._folder / ".venv").symlink_to(sys.prefix)
        self.terminal.run(f"touch --date=2000-01-01 {self._folder}/requirements.txt")

    def _serve(self, command):
        self._server = self.terminal.start(f"exec {command}", self.log)
        self.terminal.wait_for(f"{SITE}/readyz")
        return ""

    def stop_the_server(self):
        self.terminal.run(f"kill -INT -- -{self._server}; wait {self._server} || true")
        assert "Traceback" not in self.log.read_text("utf-8")

    def ask(self, python):
        """Have Django run this in the shell of the checkout."""
        script = shlex.quote(python)
        return self.terminal.run(f".venv/bin/python manage.py shell -v 0 -c {script}").strip()

    def make_key(self, *scopes):
        made = f"print(keys.make('docs', {list(scopes)!r})[1])"
        return self.ask(f"from notifications.credentials import keys; {made}")

    def titles_of(self, name):
        items = f"InboxItem.objects.filter(inbox__user__username={name!r})"
        titles = f"{items}.values_list('notification__title', flat=True)"
        found = self.ask(f"from notifications.models import InboxItem; print(*{titles}, sep='|')")
        return found.split("|")


def split(text):
    """A block's commands: a line each, but for what goes on over several."""
    lines = text.replace("\\\n", " ").splitlines()
    found, waiting = [], ""
    for line in filter(None, lines):
        waiting += f"{line}\n"
        parses = ["bash", "-n"]
        tried = subprocess.run(parses, input=waiting, text=True, capture_output=True, check=False)
        if tried.returncode == 0:
            found.append(waiting)
            waiting = ""
    assert not waiting, f"no whole command: {waiting}"
    return found


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with Terminal(tmp_path_factory.mktemp("home"), DEMO_PASSWORD="for these pages") as terminal:
        yield terminal


@pytest.fixture(scope="module")
def reader(terminal, source):
    """Has done what the tutorial says, and has left its server running."""
    reader = Reader(terminal, source)
    reader.said = ""
    for line, text in typed_in("docs/tutorial.md"):
        if "while the server was down" in text:
            reader.stop_the_server()
        if text.strip().endswith("manage.py shell"):
            continue  # what is typed there is pasted by test_snippets
        reader.said += f"{line}: {reader.type(text)}"
    reader.type("make run")
    yield reader
    reader.stop_the_server()


def test_the_tutorial_does_what_it_says(reader):
    texts = [one.text for one in markdown.blocks((markdown.DOCS / "tutorial.md").read_text("utf-8"))
             if one.language == "text"]  # fmt: skip
    assert texts[-1] in reader.said
    for line in texts[0].splitlines():
        if "127.0.0.1" in line or line.startswith("user"):
            assert line in reader.log.read_text("utf-8")
    assert reader.titles_of("alice") == [
        "Your export is ready", "The build has failed", "Sent while the server was down",
    ]  # fmt: skip


def test_the_readme_does_what_it_says(reader):
    reader.own["$KEY"] = reader.make_key("send:user")
    commands = [text for _, text in typed_in("README.md") if "make run" not in text]
    for text in commands:
        reader.type("\n".join(one for one in text.splitlines() if MADE_BY_CI not in one))
    assert reader.titles_of("alice").count("Hello") == len(commands) - 1  # and Debian's packages


def test_what_a_script_sends_arrives(reader):
    page = (markdown.DOCS / "howto" / "send-from-a-script.md").read_text("utf-8")
    blocks = {one.language: one.text for one in markdown.blocks(page)}
    folder = reader.terminal.home / "notifications"
    (folder / "notifications.jsonl").write_text(blocks["jsonl"], "utf-8")
    (folder / "page.py").write_text(blocks["python"], "utf-8")
    for _, text in typed_in("docs/howto/send-from-a-script.md"):
        reader.type(text)
    reader.terminal.run("python3 page.py")
    assert reader.titles_of("alice")[-2:] == ["Order 7 was paid", "Order 7 was paid"]
    # The key of a script that tries until it works is the one of a line above it.
    assert reader.titles_of("bob").count("Nightly report") == 1


@pytest.fixture
def public_name(reader):
    """The site under the name that the pages give it, by https."""
    home = reader.terminal.home
    write_certificate(home)
    site = f"""
        daemon off; master_process off; pid {home}/pid; error_log {home}/error.log; events {{}}
        http {{
            access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
            fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
            server {{
                listen 127.0.0.1:443 ssl;
                ssl_certificate {home}/tls.crt; ssl_certificate_key {home}/tls.key;
                location / {{ proxy_pass {SITE}; }}
            }}
        }}
    """
    (home / "nginx.conf").write_text(site, "utf-8")
    nginx = reader.terminal.start(
        f"exec nginx -p {home} -c {home}/nginx.conf -e {home}/error.log", home / "nginx.log"
    )
    curlrc = f"connect-to = {SHIPPED_NAME}:443:127.0.0.1:443\ncacert = {home}/tls.crt\n"
    (home / ".curlrc").write_text(curlrc, "utf-8")
    reader.terminal.wait_for(f"https://{SHIPPED_NAME}/accounts/login/")
    yield
    reader.terminal.run(f"kill {nginx}; wait {nginx} || true")


def test_another_service_sends_follows_edits_and_withdraws(reader, public_name):
    reader.own["nk_…"] = reader.make_key("send:user")
    for _, text in typed_in("docs/howto/send-from-another-service.md"):
        said = reader.type(text.replace("curl ", "curl --silent --show-error --fail "))
        if made := re.search(r'"id": ?"(\d+)"', said):
            reader.own["/42"] = f"/{made[1]}"
    assert '"withdrawn"' in said


def test_another_application_gets_a_token(reader, public_name):
    reader.own["$NOTIFY_KEY"] = reader.make_key("tokens")
    ((_, text),) = typed_in("docs/howto/show-the-bell-in-another-application.md")
    assert '"expires_in": 600' in reader.type(text)


def test_what_became_of_a_notification_is_told(reader):
    said = reader.type('.venv/bin/python manage.py notify "Hello" --user alice\n')
    number = re.search(r"Notification (\d+) sent", said)[1]
    reader.own["trace 17"] = f"trace {number}"
    ((_, text),) = typed_in("docs/howto/why-did-she-not-get-it.md")
    told = reader.type(text)
    assert re.search(rf"Notification {number}, Sent, for alice:", told)
    assert re.search(r"Accepted +yes .* For 1 person, through the command", told)
    assert re.search(r"Dispatched +yes .* In the inbox, under revision \d+\.", told)


def test_no_page_has_commands_that_nobody_types():
    pages = {"README.md", "docs/tutorial.md"} | {
        f"docs/howto/{Path(page).name}" for page in (markdown.DOCS / "howto").glob("*.md")
    }
    mine = Path(__file__).read_text("utf-8")
    unread = [page for page in pages - OTHERS if typed_in(page) and page not in mine]
    assert not unread, f"Their commands are typed by no test: {unread}"
