"""docs/reference/notification-bell.md says of the elements what their modules and styles have."""

import re

from tests.docs import markdown

CODE = markdown.REPOSITORY / "notifications" / "static" / "notifications"
PAGE = (markdown.DOCS / "reference" / "notification-bell.md").read_text("utf-8")
MODULES = {path.name: path.read_text("utf-8") for path in sorted(CODE.glob("*.js"))}
TYPES = (CODE / "elements.d.ts").read_text("utf-8")
STYLES = "".join(
    (CODE / name).read_text("utf-8") for name in ("bell.css", "bell-details.css", "row.css")
)
# What makes elements, beside the modules of the inbox page.
DRAWING = (
    "notification-bell-element.js",
    "notification-toast-element.js",
    "notification-panel.js",
    "inline-inbox.js",
    "item-list.js",
    "own-row.js",
    "panel-mutes.js",
    "panel-row.js",
    "tabs.js",
)
DRAWN = "".join(MODULES[name] for name in DRAWING)


def described(heading, column):
    """The rows of a section's tables, by what stands as code in their first column."""
    rows = markdown.rows_with(markdown.section(PAGE, heading), column)
    found = {markdown.code(row[column])[0]: row for row in rows if markdown.code(row[column])}
    assert found, heading
    return found


def table_of(name):
    """What `attributes.js` says of its attributes: their names -> the text after them."""
    body = re.search(rf"const {name} = {{(.*?)}};", MODULES["attributes.js"], re.DOTALL)[1]
    return {
        found[0].strip('"'): found[1]
        for found in re.findall(r'("?[\w-]+"?): (.+?),?\n', f"{body}\n")
    }


def observed(name):
    source = MODULES[name]
    lists = re.search(r"static observedAttributes = \[(.*?)\];", source, re.DOTALL)[1]
    return set(re.findall(r'"([\w-]+)"', lists))


def members(interface):
    body = re.search(rf"interface {interface} extends \w+ {{(.*?)\n?  }}", TYPES, re.DOTALL)[1]
    methods = set(re.findall(r"^ +(\w+)\(", body, re.MULTILINE))
    return methods, set(re.findall(r"^ +(?:readonly )?(\w+):", body, re.MULTILINE))


def of(rows, *elements):
    return {name for name, row in rows.items() if row["of"] in elements}


def same(code, page, what):
    assert code == page, f"{what}: only in the code {code - page}, only on the page {page - code}"


def test_attributes_their_values_and_defaults():
    rows = described("Attributes", "attribute")
    changing = {name: row for name, row in rows.items() if "of" in row}
    both = observed("notification-element.js") | {"src", "token-url", "user"}
    bell = both | observed("notification-bell-element.js")
    inbox = both | observed("notification-inbox-element.js")
    same(bell | inbox, set(changing), "attributes")
    same(bell, of(changing, "bell", "both"), "of the bell")
    same(inbox, of(changing, "both"), "of the inbox")
    for name, values in table_of("WORDS").items():
        words = re.findall(r'"([\w-]+)"', values)
        assert markdown.code(changing[name]["values"]) == words, name
        assert markdown.code(changing[name]["default"]) == words[:1], name
    for name, values in table_of("NUMBERS").items():
        default, least, most = (one.replace("_", "") for one in values.strip("[]").split(", "))
        assert changing[name]["default"] == f"`{default}`", name
        if most.isdigit():
            assert changing[name]["values"] == f"{least} to {most}", name
    once = set(rows) - set(changing)
    for name in once:
        assert any(f'"{name}"' in text for text in MODULES.values()), f"Nothing reads {name}."


def test_attributes_that_are_read_once():
    reading = r'(?:getAttribute|attribute|hasAttribute)\("([\w-]+)"\)'
    read = set(re.findall(reading, "".join(MODULES[name] for name in ELEMENTS)))
    missing = {one for one in read if not one.startswith("data-")}
    missing -= set(described("Attributes", "attribute"))
    assert not missing, f"Add {missing} to the page."


# What reads attributes of elements.
ELEMENTS = ("define.js", "bell-details.js", "chosen.js", "appearance.js", "page-signs.js", *DRAWING)


def test_properties_and_methods():
    shown, bell = members("Shown"), members("BellElement")
    for index, heading, column in ((0, "Methods", "method"), (1, "Properties", "property")):
        rows = {name.partition("(")[0]: row for name, row in described(heading, column).items()}
        same(shown[index] | bell[index], set(rows), heading)
        same(shown[index], of(rows, "both"), f"{heading} of both")
        same(bell[index], of(rows, "bell"), f"{heading} of the bell")


def test_events():
    body = re.search(r"interface ElementEvents {(.*?)\n  }", TYPES, re.DOTALL)[1]
    declared = {f"nb:{name}" for name in re.findall(r"^    (\w+):", body, re.MULTILINE)}
    emitted = {f"nb:{name}" for name in re.findall(r'emit\("(\w+)"', told())}
    rows = described("Events", "event")
    same(declared, set(rows), "events")
    assert declared <= emitted, declared - emitted
    cancelable = {f"nb:{name}" for name in re.findall(r'emit\("(\w+)", .*, true\)', told())}
    same(cancelable, {name for name, row in rows.items() if "Cancelled" in row["when"]}, "events")


def told():
    return "".join(MODULES[name] for name in (*ELEMENTS, "activation.js"))


def test_slots():
    made = set(re.findall(r'"slot", {[^}]*name: "([\w-]+)"', DRAWN)) | {"item", "empty"}
    rows = set(described("Slots", "slot"))
    same({*made, "empty-unread"}, rows, "slots")


def test_what_a_template_may_say():
    known = set(re.findall(r"\b(data-(?:act|field|link|open|picture))\b", MODULES["own-row.js"]))
    same(known, set(described("Rows of your own", "in the template")), "templates")


def test_parts():
    given = set(re.findall(r'part: "([\w-]+)"|part\.(?:add|toggle)\("([\w-]+)"', DRAWN))
    parts = {one or other for one, other in given}
    same(parts, set(described("Parts", "part")), "parts")


def test_custom_properties():
    used = set(re.findall(r"var\((--nb-[\w-]+)", STYLES))
    same(used, set(described("Custom properties", "property")), "custom properties")
