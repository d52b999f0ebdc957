"""docs/reference/protocol.md has every word and number of the wire that the code has, and no other.

But for `## Planned`: what stands there is neither in the code nor anywhere else on the page.
"""

import ast
import json
import re
from typing import get_args

import pytest
from django.urls import URLPattern
from pydantic import ValidationError

from notifications import routing
from notifications.api import errors, schemas
from notifications.inbox import reading
from notifications.models.notification import Status
from notifications.urls import urlpatterns
from notifications.wire import contract, frames, problems, serializers
from notifications.wire.contract import CloseCode
from tests.docs import markdown

PATH = "docs/reference/protocol.md"
PAGE = (markdown.REPOSITORY / PATH).read_text("utf-8")
SOURCES = sorted((markdown.REPOSITORY / "notifications").rglob("*.py"))

# What the browser's modules rely on.
MODULES = markdown.REPOSITORY / "notifications" / "static" / "notifications"
TYPES = "".join((MODULES / name).read_text("utf-8") for name in ("elements.d.ts", "types.d.ts"))

# One of each frame that the server sends, with all of its fields.
SENT = {
    "hello": [
        frames.hello(
            connection="c", user="u", server_time="t", epoch="E", revision=1,
            ping_interval_s=25,
        )
    ],
    "changes": [
        frames.changes(1, 2, [], [], frames.counts(0, 0), preferences=True),
        frames.changes(1, 2, [], [], None),
        frames.changes(1, 2, [], [], frames.counts(0, 0)),
    ],
    "snapshot": [frames.snapshot("E", 1, [], more=False, totals=frames.counts(0, 0))],
    "synced": [frames.synced(1)],
    "ping": [frames.ping(1)],
    "pong": [frames.pong(1)],
    "error": [frames.error(frames.BadFrame("bad_json", "no"))],
    "bye": [frames.bye(CloseCode.RESTART, "restart", 0)],
}  # fmt: skip
WORD = re.compile(r"[a-z_]+")


def table(heading, *columns):
    return markdown.rows_with(markdown.section(PAGE, heading), *columns)


def first(row, column):
    return markdown.code(row[column])[0]


def words(cell):
    return {span for span in markdown.code(cell) if WORD.fullmatch(span)}


def same(documented, built, what, where):
    """Both ways; the message says what to add where."""
    assert not built - documented, (
        f"{what} {sorted(built - documented)} of the code: add to {where} of {PATH}."
    )
    assert not documented - built, (
        f"{what} {sorted(documented - built)} stand in {where} of {PATH}, but not in the code."
    )


def field_names(text):
    """The fields of a cell `a` (prose about `b`), `c`: those outside of parentheses."""
    return words(re.sub(r"\([^()]*\)", "", text))


def test_this_test_knows_every_frame_that_the_server_sends():
    source = (markdown.REPOSITORY / "notifications" / "wire" / "frames.py").read_text("utf-8")
    types = set(re.findall(r'"type":\s*"(\w+)"', source))
    assert types == SENT.keys(), (
        "frames.py sends other types than tests/docs/test_protocol.py knows: add one of each to "
        f"SENT there, and a row to the table of `## Frames from the server` of {PATH}."
    )


def browser_type(start):
    """The fields of a type in the types of the browser's modules, by how its lines begin."""
    body = re.search(rf"^{re.escape(start)}(.*?)^  \}}", TYPES, re.MULTILINE | re.DOTALL)
    assert body, f"The types have no {start!r}"
    return set(re.findall(r"^    (\w+)\??:", body[1], re.MULTILINE))


def test_the_browser_knows_no_field_that_the_server_does_not_send():
    for kind, examples in SENT.items():
        name = kind.capitalize()
        start = "  type ChangesFrame = {" if kind == "changes" else f"  interface {name}Frame {{"
        fields = set().union(*(json.loads(example) for example in examples))
        known = browser_type(start)
        assert "type" in known
        assert not known - fields, f"{kind} of {TYPES.name}: no such fields"
    sent = {first(row, "field") for row in table("A notification", "field", "value")}
    drawn = browser_type("  interface Drawn {")
    known = drawn | browser_type("  interface Notification extends Drawn {")
    assert len(known) > len(drawn) > 0
    assert not known - sent, f"a notification of {TYPES.name}: no such fields"


def test_frames_from_the_server_and_their_fields():
    rows = {first(row, "type"): row for row in table("Frames from the server", "type", "fields")}
    where = "the table of `## Frames from the server`"
    same(rows.keys(), SENT.keys(), "Frame types", where)
    for kind, examples in SENT.items():
        fields = set().union(*(json.loads(example) for example in examples)) - {"type"}
        same(field_names(rows[kind]["fields"]), fields, f"Fields of {kind}", where)


def test_frames_from_the_client_and_their_fields():
    tree = ast.parse(
        (markdown.REPOSITORY / "notifications" / "wire" / "frames.py").read_text("utf-8")
    )
    parse = next(node for node in tree.body if getattr(node, "name", "") == "parse")
    types = {
        node.comparators[0].value
        for node in ast.walk(parse)
        if isinstance(node, ast.Compare) and getattr(node.left, "id", "") == "kind"
    }
    rows = {first(row, "type"): row for row in table("Frames from the client", "type", "fields")}
    same(rows.keys(), types, "Frame types", "the table of `## Frames from the client`")
    values = {"epoch": "E", "since": 5, "revision": 5}
    for kind, row in rows.items():
        fields = field_names(row["fields"])
        whole = {"type": kind} | {name: values[name] for name in fields}
        assert frames.parse(json.dumps(whole)) is not None
        for name in fields - {"since"}:  # without since: I have nothing
            lacking = {key: value for key, value in whole.items() if key != name}
            with pytest.raises(frames.BadFrame, match=name):
                frames.parse(json.dumps(lacking))


def test_codes_of_errors():
    built = set()
    for path in SOURCES:
        built |= set(re.findall(r'BadFrame\(\s*"(\w+)"', path.read_text("utf-8")))
    rows = table("Errors", "code", "meaning")
    same({first(row, "code") for row in rows}, built, "Error codes", "the table of `### Errors`")


def test_close_codes():
    rows = {int(row["code"]): first(row, "name") for row in table("Ends", "code", "name")}
    same(
        {f"{code} {name}" for code, name in rows.items()},
        {f"{code.value} {code.name}" for code in CloseCode},
        "Close codes",
        "the table of `## Ends`",
    )


def test_every_close_code_is_sent():
    """Nothing closes with one that stands in the list alone."""
    said = "".join(path.read_text("utf-8") for path in SOURCES)
    unsent = {code.name for code in CloseCode if f"CloseCode.{code.name}" not in said}
    assert not unsent, f"Nothing sends {sorted(unsent)}: move them to `## Planned` of {PATH}."


def test_limits():
    built = {
        f"{name} = {value}"
        for name, value in vars(contract).items()
        if name.isupper() and name[0] != "_" and isinstance(value, int) and name != "VERSION"
    }
    documented = {f"{first(row, 'name')} = {row['value']}" for row in table("Limits", "name")}
    same(documented, built, "Limits", "the table of `## Limits`")


def test_words_of_the_wire():
    for word in (contract.SUBPROTOCOL, *contract.LEVELS, contract.DEFAULT_CATEGORY):
        assert f"`{word}`" in PAGE, f"Say `{word}` in {PATH}."


def test_fields_of_a_notification():
    rows = table("A notification", "field", "value")
    same(
        {first(row, "field") for row in rows},
        set(schemas.NotificationOut.model_fields),
        "Fields of a notification",
        "the table of `### A notification`",
    )


def test_acts_on_the_inbox():
    same(
        {first(row, "op") for row in table("Writing", "op")},
        set(get_args(schemas.ActionsIn.model_fields["op"].annotation)),
        "Ops",
        "the table of `## Writing`",
    )
    for name in schemas.ActionsIn.model_fields:
        assert name in PAGE, f"Say in `## Writing` of {PATH} what {name} is."


def test_figures_of_a_notification():
    told = markdown.section(PAGE, "Sending")
    same(
        {name for name in words(told) if name.endswith("_count")},
        {name for name in schemas.ReportOut.model_fields if name.endswith("_count")},
        "Stats",
        "`## Sending`",
    )


def test_fields_of_what_is_sent_and_edited():
    told = markdown.section(PAGE, "Sending")
    same(
        {name for row in table("Sending", "field", "value") for name in words(row["field"])},
        set(schemas.NotificationIn.model_fields),
        "Fields of what is sent",
        "the table of `## Sending`",
    )
    audience = next(row for row in table("Sending", "field") if first(row, "field") == "audience")
    kinds = set(re.findall(r'"(\w+)":', audience["value"]))
    same(kinds, set(schemas.AudienceIn.model_fields), "Audiences", "the table of `## Sending`")
    edited = re.search(r"`PATCH` edits (.*?), also", told, re.DOTALL).group(1)
    same(words(edited), set(schemas.EditIn.model_fields), "What is edited", "`## Sending`")


def test_statuses_of_a_notification():
    told = re.search(r"`status` \((.*?)\)", markdown.section(PAGE, "Sending"), re.DOTALL).group(1)
    answered = set(get_args(schemas.SentOut.model_fields["status"].annotation))
    same(words(told), answered, "Statuses", "`## Sending`")
    assert answered == set(Status.values)


def shape(text, *names):
    """The fields in each `{"a", "b"}` or `{a, b}` of a text that has all of these names."""
    shapes = [set(WORD.findall(one)) for one in re.findall(r"`\{([^`]*)\}`", text)]
    return next(one for one in shapes if one >= set(names))


def test_fields_of_the_answers():
    page = [
        ("Endpoints", schemas.SessionOut, shape(PAGE, "user", "counts")),
        ("Reading", schemas.PageOut, shape(PAGE, "next_before")),
        ("Writing", schemas.ActionsOut, shape(PAGE, "changed")),
        ("Sending", schemas.SentOut, shape(PAGE, "recipient_count")),
    ]
    for where, answer, told in page:
        same(told, set(answer.model_fields), f"Fields of {answer.__name__}", f"`## {where}`")
    polled = frames.poll(user="u", epoch="E", revision=1, totals=frames.counts(0, 0), content=[])
    same(shape(PAGE, "frames"), json.loads(polled).keys(), "Fields of a poll", "`Long poll`")
    for counted in (frames.counts(0, 0), schemas.Counts(unread=0, unseen=0).model_dump_json()):
        assert json.loads(counted).keys() == {"unread", "unseen"} == shape(PAGE, "unseen")


def test_problems():
    told = markdown.section(PAGE, "Problems")
    same(
        words(told) - {"errors"},
        json.loads(problems.response(404, "No.").content).keys(),
        "Fields of a problem",
        "`## Problems`",
    )
    assert "errors" in words(told)
    assert f"`{problems.CONTENT_TYPE}`" in told
    may = {int(code) for code in re.findall(r"\b[45]\d\d\b", told)}
    same(may, {*errors._PROBLEMS, *errors.BODY_PROBLEMS}, "Statuses of problems", "`## Problems`")


def documented_endpoints():
    """`GET /api/v1/inbox/ID`, `/ws/echo/`, and the parameters that each shows in its query."""
    cells = [first(row, "endpoint").partition("?") for row in table("Endpoints", "endpoint")]
    return {cell: set(re.findall(r"(\w+)=", query)) for cell, _, query in cells}


@pytest.fixture
def described(client):
    """Of the OpenAPI document: `GET /api/v1/inbox/ID`, and its parameters by where they are."""
    document = client.get("/api/v1/openapi.json").json()
    return {
        f"{method.upper()} {re.sub(r'{[^}]+}', 'ID', path)}": {
            (one["in"], one["name"]): one["schema"] for one in operation.get("parameters", [])
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_endpoints_of_the_api(described):
    told = {one for one in documented_endpoints() if " " in one}
    told -= {"GET /api/v1/openapi.json"}
    same(told, described.keys(), "Endpoints", "the table of `## Endpoints`")


def test_the_api_describes_every_route_that_it_has(described):
    django = {
        re.sub(r"<[^>]+>", "ID", f"/api/v1/{one.pattern}")
        for one in api_urls()
        if one.name not in {"openapi-json", "api-root"}
    }
    assert {one.partition(" ")[2] for one in described} == django | {
        f"/api/v1/{path}" for path in routing.STREAMS
    }


def api_urls():
    return next(one for one in urlpatterns if str(one.pattern) == "api/v1/").url_patterns


def test_parameters_of_the_api(described):
    told = documented_endpoints()
    told["GET /api/v1/inbox"] = {first(row, "parameter") for row in table("Reading", "parameter")}
    for endpoint, parameters in described.items():
        queries = {name for place, name in parameters if place == "query"}
        same(told[endpoint], queries, f"Parameters of {endpoint}", "`## Endpoints` or `## Reading`")
        for place, name in parameters:
            assert place != "header" or f"`{name}" in PAGE, f"Say in {PATH} what `{name}` is."
    values = described["GET /api/v1/inbox"]["query", "filter"]["enum"]
    row = next(row for row in table("Reading", "parameter") if first(row, "parameter") == "filter")
    same(set(markdown.code(row["values"])), set(values), "Filters", "the table of `## Reading`")


def test_the_streams_take_the_parameters_that_the_api_describes(described):
    for path, consumer in routing.STREAMS.items():
        queries = {name for place, name in described[f"GET /api/v1/{path}"] if place == "query"}
        assert queries == consumer.parameters


def planned():
    return [first(row, "planned") for row in table("Planned", "planned")]


def test_nothing_that_is_planned_is_there(described, client, alice):
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert len(planned()) == 3
    for one in planned():
        if one.startswith("GET "):
            assert client.get(one.removeprefix("GET ") + "x").status_code == 422, one
        elif one.startswith("/"):
            assert client.get(one).status_code == 404, one
        elif one.startswith("{"):
            with pytest.raises(ValidationError):
                schemas.ActionsIn.model_validate(json.loads(one) | {"notifications": ["1"]})
        else:
            assert one not in schemas.ReportOut.model_fields
            assert one not in Status.values
            assert one not in CloseCode.__members__


def planned_words():
    """Names that nothing but a plan has: of planned fields, values and codes."""
    found = {re.search(r"\w+(?=\W*$)", one)[0] for one in planned() if not one.startswith("GET ")}
    found |= {one.partition("=")[2] for one in planned() if one.startswith("GET ")} - {""}
    assert {"clicked_count", "paused", "STATE_LOST"} <= found
    return found


def test_nothing_that_is_planned_is_named_in_the_code():
    """As a name, or as a text of its own: a column, a member, a value, a parameter."""
    for path in SOURCES:
        names = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names |= {
                value
                for _, value in ast.iter_fields(node)
                if isinstance(value, str) and value.isidentifier()
            }
        assert not names & planned_words(), f"{path} has what {PATH} calls planned."


def test_nothing_that_is_planned_is_named_elsewhere_on_the_page():
    rest = PAGE.replace(markdown.section(PAGE, "Planned"), "")
    for word in planned_words():
        assert not re.search(rf"\b{word}\b", rest), (
            f"{PATH} tells of {word} outside of `## Planned`."
        )


def test_fields_that_say_the_same_each_time():
    rows = {first(row, "field"): first(row, "is") for row in table("Planned", "field", "is")}
    assert {name: json.loads(value) for name, value in rows.items()} == dict(contract.RESERVED)
    item = serializers.item(dict.fromkeys(serializers.ITEM))
    polled = frames.poll(user="u", epoch="E", revision=1, totals=frames.counts(0, 0), content=[])
    told = item | json.loads(polled)
    for examples in (SENT["hello"], SENT["error"]):
        told |= json.loads(examples[0])
    assert told == told | contract.RESERVED
    # No column lies behind any of them.
    assert not contract.RESERVED.keys() & {*serializers.ITEM, *reading._HEAD}
    for name, value in rows.items():
        shown = re.findall(rf"`{name}` (?:\(|\| )({value})", PAGE.split("## Planned")[0])
        assert len(shown) == 1, f"Say once in {PATH} that {name} is {value}."


def test_sockets():
    router = routing.websockets(
        lambda application: application, lambda application, **_: application
    )
    for route in router.routes:
        path = f"/{route.pattern}"
        if path != "/":  # the last route, which refuses
            assert path in documented_endpoints(), (
                f"Add a row for `{path}` to the table of `## Endpoints` of {PATH}."
            )


def test_pages(client):
    told = re.search(r"Pages for people:(.*?)For operators", PAGE, re.DOTALL).group(1)
    for path in markdown.code(told):
        assert client.get(path.replace("ID", "1")).status_code != 404, f"{PATH} names {path}."
    for one in (one for one in urlpatterns if isinstance(one, URLPattern)):
        path = "/" + re.sub(r"<[^>]+>", "ID", str(one.pattern))
        assert f"`{path}`" in PAGE, f"Name the page `{path}` in `## Endpoints` of {PATH}."


def test_the_examples_are_what_the_code_reads_and_writes():
    for block in markdown.blocks(markdown.section(PAGE, "Frames from the client")):
        for line in block.text.splitlines():
            assert frames.parse(line) is not None, line
    for block in markdown.blocks(markdown.section(PAGE, "Catching up")):
        for line in block.text.splitlines():
            example = json.loads(line)
            assert example.keys() == json.loads(SENT[example["type"]][-1]).keys(), line
    for block in markdown.blocks(markdown.section(PAGE, "Writing")):
        for line in block.text.splitlines():
            schemas.ActionsIn.model_validate_json(line)
