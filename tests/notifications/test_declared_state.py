"""What an object knows is declared where it is made: nothing comes into being on the way."""

import ast
from pathlib import Path

import pytest

import notifications

ROOT = Path(notifications.__file__).parent
PACKAGES = ["consumers", "process", "push", "stream"]
# Where a server's class declares what Channels or the server itself sets.
SET_BY_OTHERS = {"scope", "base_send"}
ASKS_AND_CHANGES = ("is_", "has_", "may_", "can_", "should_", "wants_")


def classes(text):
    tree = ast.parse(text)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def own_attributes(function):
    """Attributes of ``self`` that a method assigns."""
    return {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def methods(found):
    return [
        node for node in found.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def declared(name, known):
    """What a class and those that it is made of declare with a value, or when they are made."""
    if name not in known:
        return set()
    found, attributes = known[name], set()
    is_data = any("dataclass" in ast.unparse(one) for one in found.decorator_list)
    for node in found.body:
        if isinstance(node, ast.Assign):
            attributes |= {target.id for target in node.targets}
        elif isinstance(node, ast.AnnAssign) and (node.value is not None or is_data):
            attributes.add(node.target.id)
    for method in methods(found):
        if method.name in {"__init__", "__post_init__", "__set_name__"}:
            attributes |= own_attributes(method)
    bases = (ast.unparse(base).split("[")[0] for base in found.bases)
    return attributes.union(*(declared(base, known) for base in bases))


def undeclared(known):
    return sorted(
        f"{name}.{attribute}"
        for name, found in known.items()
        for method in methods(found)
        for attribute in own_attributes(method) - declared(name, known) - SET_BY_OTHERS
    )


def changing_predicates(known):
    """Methods that are named as a question, and change what they are asked about."""
    return sorted(
        f"{name}.{method.name}"
        for name, found in known.items()
        for method in methods(found)
        if method.name.lstrip("_").startswith(ASKS_AND_CHANGES) and own_attributes(method)
    )


@pytest.fixture(scope="module")
def modules():
    return {
        path: path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    }


def test_every_attribute_is_declared(modules):
    known = {}
    for text in modules.values():
        known |= classes(text)
    assert undeclared(known) == []
    assert changing_predicates(known) == []


def test_nobody_asks_whether_it_has_an_attribute_of_its_own(modules):
    assert [path for path, text in modules.items() if "hasattr(self" in text] == []


def test_what_is_not_declared_is_found():
    known = classes(
        "class A:\n"
        "    x = 1\n"
        "    y: int\n"
        "    def __init__(self):\n"
        "        self.z = 1\n"
        "    def is_late(self):\n"
        "        self.x = self.y = self.z = 2\n"
        "class B(A):\n"
        "    def act(self):\n"
        "        self.z, self.other = 3, 4\n"
    )
    assert undeclared(known) == ["A.y", "B.other"]
    assert changing_predicates(known) == ["A.is_late"]
