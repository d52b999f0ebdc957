"""Static files: whole, under names that change with what they say, and the same behind nginx."""

import http.client
import json
import re
import ssl

import pytest
from django.test import Client, override_settings

from config.static_files import without_comments
from tests.support.nginx import SHIPPED_NAME, Nginx, shipped
from tests.support.ports import free_port
from tests.support.static_files import collect

# Where an answer is closed connections are looked after.
pytestmark = pytest.mark.django_db

SCRIPT = "/static/notifications/define.js"
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
# What a module or a style names beside itself; a folder is an address of the API's.
NAMED = re.compile(r"""(?:from |import ?\(?|new URL\(|url\()"(\.{1,2}/[^"]*[^"/])\"""")
# What a module needs before it runs.
IMPORTED = re.compile(r"""^(?:import|export) [^;]*from "(\.[^"]+)";$""", re.MULTILINE)
BELL_BUDGET_BYTES = 14_000
PAGE_BUDGET_BYTES = 10_000
STYLES_BUDGET_BYTES = 10_500
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
def root(tmp_path_factory):
    return collect(tmp_path_factory.mktemp("static"))


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
    for wanted in ("define.?*.js", "bell-details.?*.css", "admin/reach.?*.js", "icon.?*.svg"):
        (path,) = (root / "notifications").glob(wanted)
        yield f"/static/{path.relative_to(root)}"


def hashed(root, name):
    """The file that a browser loads for it."""
    return root / json.loads((root / "staticfiles.json").read_text("utf-8"))["paths"][name]


def graph(path, seen=None):
    """The modules that one imports before it runs, and itself."""
    seen = set() if seen is None else seen
    if path not in seen:
        seen.add(path)
        for name in IMPORTED.findall(path.read_text("utf-8")):
            graph((path.parent / name).resolve(), seen)
    return seen


def gzipped(paths):
    return sum(path.with_name(f"{path.name}.gz").stat().st_size for path in paths)


def test_what_a_page_loads_before_it_is_live_is_small(root):
    modules = graph(hashed(root, "notifications/define.js"))
    assert len(modules) > 8
    assert gzipped([*modules, hashed(root, "notifications/bell.css")]) <= BELL_BUDGET_BYTES


def test_so_is_what_the_inbox_page_adds(root):
    page = graph(hashed(root, "notifications/inbox-page.js"))
    bell = graph(hashed(root, "notifications/bell-details.js"))
    assert len(page - bell) > 3
    assert gzipped(page - bell) <= PAGE_BUDGET_BYTES


def test_so_are_the_styles(root):
    names = ("tokens", "page", "bell", "bell-details", "inbox", "row")
    styles = [hashed(root, f"notifications/{name}.css") for name in names]
    assert gzipped(styles) <= STYLES_BUDGET_BYTES


def test_comments_stay_behind_and_nothing_else():
    source = """/** Says
 * what it is. */
const url = "https://a.example/"; // and why
  // It may be empty.
    /** @type {string[]} */
const all = /** @type {string[]} */ ([url]); /* two
*/ more();
    /** @type {string} */ (url).at(0);
/**/
const text = "/* no comment */";
"""
    assert (
        without_comments(source)
        == """

const url = "https://a.example/"; // and why


const all = /** @type {string[]} */ ([url]); /* two
*/ more();
    /** @type {string} */ (url).at(0);

const text = "/* no comment */";
"""
    )


def test_of_others_modules_the_comments_are_served_too(root):
    assert "/*" in hashed(root, "admin/js/vendor/select2/select2.full.js").read_text("utf-8")
    assert "/**" not in hashed(root, "notifications/protocol.js").read_text("utf-8")


def test_all_that_a_hashed_file_names_is_a_hashed_file(root):
    files = [path for path in root.rglob("*.*") if HASHED.search(path.name)]
    assert len(files) > 100
    for path in files:
        if path.suffix not in {".js", ".css"} or not path.is_relative_to(root / "notifications"):
            continue
        for named in NAMED.findall(path.read_text("utf-8")):
            assert HASHED.search(named), f"{path.name} names {named}"
            assert (path.parent / named).is_file(), f"{path.name} names {named}"
    # Or the test would look for nothing.
    define = next((root / "notifications").glob("define.?*.js"))
    assert len(NAMED.findall(define.read_text("utf-8"))) > 5


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
    assert len(named) > 5
    assert [name for name in named if not HASHED.search(name)] == []
