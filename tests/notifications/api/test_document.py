"""What the OpenAPI document says of texts, each of them: the random ones of test_contract.py find
out only now and then what one of them leaves unsaid.
"""

import re

from django.test import Client

# Answered by consumers, to which any epoch that is not theirs is another one.
STREAMS = {"/api/v1/inbox/events", "/api/v1/inbox/poll"}
SAYS_ENOUGH = {"enum", "const", "format"}


def texts_in(document, schema, where):
    """Each text that a client may give there: its place, and what is said of it."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        # What stands beside them says which of them go together.
        for name, one in schema["properties"].items():
            yield from texts_in(document, one, f"{where}.{name}")
        return
    for one in (*schema.get("anyOf", ()), *schema.get("allOf", ()), schema.get("items")):
        if one:
            yield from texts_in(document, one, where)
    if schema.get("type") == "string" and not SAYS_ENOUGH & schema.keys():
        yield where, schema


def asked_for(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for one in operation.get("parameters", ()):
                if path not in STREAMS:
                    yield from texts_in(document, one["schema"], f"{where} {one['name']}")
            for body in operation.get("requestBody", {}).get("content", {}).values():
                yield from texts_in(document, body["schema"], where)


def test_no_text_that_is_asked_for_may_hold_a_nul(db):
    """A URL with one is refused, and so is a body."""
    texts = dict(asked_for(Client().get("/api/v1/openapi.json").json()))
    assert {"get /api/v1/inbox q", "post /api/v1/notifications.title"} <= texts.keys()
    open_to_it = [
        where
        for where, schema in texts.items()
        if "pattern" not in schema or re.search(schema["pattern"], "a\0b")
    ]
    assert open_to_it == []
