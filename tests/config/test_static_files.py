"""Static files: whole, under names that change with what they say, and the same behind nginx."""

import gzip
import http.client
import json
import re
import shutil
import ssl

import brotli
import pytest
from django.test import Client, override_settings

from config.static_files import BUNDLES
from tests.support.nginx import SHIPPED_NAME, Nginx, shipped
from tests.support.ports import free_port
from tests.support.static_files import collect

# Where an answer is closed connections are looked after.
pytestmark = pytest.mark.django_db

SCRIPT = "/static/notifications/define.js"
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
# Of a bundle that others import: it has a hash of its own.
CHUNK = re.compile(r"-[0-9a-f]{12}\.js$")
# What a module or a style names beside itself; a folder is an address of the API's.
NAMED = re.compile(r"""(?:from ?|import ?\(?|new URL\(|url\()"(\.{1,2}/[^"]*[^"/])\"""")
# By gzip: bell, client and the styles of every page; what each bell loads once it is live (its
# panel, toasts and acts); what the inbox page adds, and its styles.
LIVE_BUDGET_BYTES = 14_000
DETAILS_BUDGET_BYTES = 27_000
INBOX_BUDGET_BYTES = 10_000
INBOX_STYLES_BUDGET_BYTES = 6_000
# Of a file, whoever serves it.
HEADERS = [
    "Access-Control-Allow-Origin",
    "Cross-Origin-Resource-Policy",
    "Content-Encoding",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
]


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99999999-", "bytes=-1", "nonsense"])
def test_a_range_is_ignored(client, asked):
    whole = client.get(SCRIPT)
    part = client.get(SCRIPT, headers={"range": asked})
    assert part.status_code == whole.status_code == 200
    assert b"".join(part) == b"".join(whole) != b""


def get(client, path, **options):
    """The answer, and its body, read to the end."""
    answer = client.get(path, **options)
    body = b"".join(answer)
    answer.close()
    return answer, body


def test_where_nothing_is_collected_a_browser_asks_each_time(client):
    answer, _ = get(client, SCRIPT)
    assert answer.headers["Cache-Control"] == "max-age=0, public"
    again, _ = get(client, SCRIPT, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


@pytest.fixture(scope="module")
def root(collected):
    return collected


@pytest.fixture(scope="module")
def nginx(root):
    """As documented, in front of nothing: static files need no server process."""
    with Nginx(free_port(), shipped(), static_root=root) as proxy:
        yield proxy


@pytest.fixture
def server(root):
    """A server process's own answers, by https."""
    collected = {
        "STATIC_ROOT": str(root),
        "WHITENOISE_USE_FINDERS": False,
        "SECURE_HSTS_SECONDS": 365 * 86400,
        "STORAGES": {"staticfiles": {"BACKEND": "config.static_files.HashedStorage"}},
    }
    with override_settings(**collected):
        yield Client()


def from_nginx(nginx, path):
    anybody = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, context=anybody, timeout=60)
    headers = {"Host": SHIPPED_NAME, "Accept-Encoding": "gzip"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def urls(root):
    """One of each kind that pages load, under the names that they have there."""
    for wanted in ("define.?*.js", "row.?*.css", "admin/reach.?*.js", "icon.?*.svg"):
        (path,) = (root / "notifications").glob(wanted)
        yield f"/static/{path.relative_to(root)}"


def hashed(root, name):
    """The file that a browser loads for it."""
    return root / json.loads((root / "staticfiles.json").read_text("utf-8"))["paths"][name]


def gzipped(root, *names):
    files = [hashed(root, name) for name in names]
    return sum(len(path.with_name(f"{path.name}.gz").read_bytes()) for path in files)


def bundle(root, start):
    """The name of what is loaded later, which has a hash already."""
    (path,) = (root / "notifications").glob(f"{start}-{'[0-9a-f]' * 12}.js")
    return f"notifications/{path.name}"


def test_what_a_page_loads_before_it_is_live_is_small(root):
    names = [f"notifications/{name}" for name in ("define.js", "page.css")]
    assert gzipped(root, *names) <= LIVE_BUDGET_BYTES
    # Or more would have to be counted.
    define = hashed(root, "notifications/define.js").read_text("utf-8")
    assert not re.search(r"""(?:from|import) ?["']""", define)


def test_so_is_what_a_bell_loads_once_it_is_live(root):
    assert gzipped(root, bundle(root, "details")) <= DETAILS_BUDGET_BYTES


def test_so_is_what_the_inbox_page_adds(root):
    assert gzipped(root, bundle(root, "inbox")) <= INBOX_BUDGET_BYTES
    assert gzipped(root, "notifications/inbox.css") <= INBOX_STYLES_BUDGET_BYTES


def test_what_is_collected_is_the_bundles_and_none_of_what_they_are_made_of(root):
    ours = (root / "notifications").rglob("*.*")
    collected = {path.relative_to(root).as_posix() for path in ours}
    made = {path.relative_to(BUNDLES).as_posix() for path in BUNDLES.rglob("*.*")}
    modules = {name for name in collected if name.endswith((".js", ".css", ".ts"))}
    assert len(made) > 20
    assert {name for name in modules if not HASHED.search(name)} == made
    # Minified, and others' files as they are.
    assert "/**" not in hashed(root, "notifications/define.js").read_text("utf-8")
    assert "/*" in hashed(root, "admin/js/vendor/select2/select2.full.js").read_text("utf-8")


def test_what_is_small_already_is_not_compressed_and_no_older_version_of_it_stays(
    collected, tmp_path
):
    root = shutil.copytree(collected, tmp_path / "static")
    small = hashed(root, "notifications/icon.svg")
    large = hashed(root, "notifications/define.js")
    for suffix in (".gz", ".br"):
        assert not small.with_name(small.name + suffix).exists()
        assert large.with_name(large.name + suffix).exists()
        small.with_name(small.name + suffix).write_bytes(b"of an older version")
    collect(root)
    assert not [path for path in small.parent.glob("icon.*") if path.suffix in {".gz", ".br"}]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None), ("", None)],
)
def test_each_gets_the_smallest_that_it_can_read_and_caches_keep_them_apart(
    root, server, accepted, encoding
):
    path = f"/static/{hashed(root, 'notifications/define.js').relative_to(root)}"
    answer, body = get(server, path, headers={"accept-encoding": accepted}, secure=True)
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(body)
    # One name for three answers: so a weak one.
    assert answer.headers["ETag"].startswith('W/"')
    again, _ = get(server, path, headers={"if-none-match": answer.headers["ETag"]}, secure=True)
    assert again.status_code == 304
    assert "Accept-Encoding" in again.headers["Vary"]
    whole = hashed(root, "notifications/define.js").read_bytes()
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(body) == whole


def test_all_that_a_hashed_file_names_is_a_hashed_file(root):
    files = [path for path in root.rglob("*.*") if HASHED.search(path.name)]
    assert len(files) > 100
    for path in files:
        if path.suffix not in {".js", ".css"} or not path.is_relative_to(root / "notifications"):
            continue
        for named in NAMED.findall(path.read_text("utf-8")):
            # Django 6 takes some imports of minified modules for text, and leaves them as they are.
            assert HASHED.search(named) or CHUNK.search(named), f"{path.name} names {named}"
            assert (path.parent / named).is_file(), f"{path.name} names {named}"
    # Or the test would look for nothing.
    define = hashed(root, "notifications/define.js")
    assert len(NAMED.findall(define.read_text("utf-8"))) > 4


def test_the_entry_of_other_origins_keeps_its_name_and_imports_the_hashed_module(root):
    text = (root / "notifications" / "define.js").read_text("utf-8")
    (hashed,) = NAMED.findall(text)
    assert text == f'import "{hashed}";\n'
    assert HASHED.search(hashed)
    assert (root / "notifications" / hashed).is_file()


def test_nginx_answers_as_a_server_process_does(root, nginx, server):
    for path in (SCRIPT, *urls(root)):
        ours, whole = get(server, path, headers={"accept-encoding": "gzip"}, secure=True)
        theirs, body = from_nginx(nginx, path)
        assert (theirs.status, ours.status_code) == (200, 200), path
        for name in HEADERS:
            assert theirs.getheader(name) == ours.headers.get(name), (path, name)
        assert body == whole, path
        said = theirs.getheader("Content-Type").partition(";")[0].rpartition("/")[2]
        assert said in ours.headers["Content-Type"], path
        for policy in (
            theirs.getheader("Content-Security-Policy"),
            ours["Content-Security-Policy"],
        ):
            assert "frame-ancestors 'none'" in policy, path


def test_what_has_a_hash_is_kept_for_ever_and_the_entry_is_asked_for_each_time(root, nginx, server):
    for path in urls(root):
        theirs, _ = from_nginx(nginx, path)
        for said in (theirs.getheader("Cache-Control"), get(server, path)[0]["Cache-Control"]):
            assert "immutable" in said, path
            assert int(re.search(r"max-age=(\d+)", said)[1]) >= 365 * 86400, path
    assert from_nginx(nginx, SCRIPT)[0].getheader("Cache-Control") == "no-cache"
    assert get(server, SCRIPT)[0]["Cache-Control"] == "max-age=0, public"


def test_pages_name_hashed_files_alone(server, alice):
    server.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    page = server.get("/inbox/").content.decode()
    named = re.findall(r'"/static/([^"]+)"', page)
    assert len(named) > 4
    assert [name for name in named if not HASHED.search(name)] == []
