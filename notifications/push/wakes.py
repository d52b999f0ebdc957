"""What NOTIFY tells other processes: that something was committed, and in which inboxes.

It may be lost, late, doubled or made up by anybody who may use the database: whoever hears it looks
there, and does nothing else. So it costs a read at most, and is not sealed as hints are. A hint
that is short enough goes itself, sealed, and spares that read: it is believed as far as those that
come by a channel layer, and no further.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

_PREFIX = "notifications"
# Who has to look at so many may as well look at all.
_MOST = 200
# PostgreSQL takes 7999 bytes, of which some say who sends it.
_PAYLOAD_MAX_BYTES = 7900
# Of the hints that go together. Each listener is sent them all, whomever they concern: where more
# is committed at once, to name the inboxes is less for everybody.
_HINTS_MAX_BYTES = 64_000
_ID_MAX_BYTES = 20
# What begins a hint that would not fit unpacked: so that of a chunk, of a thousand inboxes, nearly
# always does. Unpacked it has so much at most, whoever has made it up.
_PACKED, _UNPACKED_MAX_BYTES = "zlib:", 256_000

_run = uuid4().hex[:12]

Inboxes = Collection[int] | None
"""Of whom something may be new; None: of anybody."""


def channel(installation_group: str) -> str:
    """The channel of an installation: others in this database have others."""
    return f"{_PREFIX}_{installation_group}"


def private_channel() -> str:
    """A channel that nobody else uses."""
    return f"{_PREFIX}_{uuid4().hex}"


def together(first: Inboxes, second: Inboxes) -> Inboxes:
    """Of whom something may be new, if both are so."""
    if first is None or second is None:
        return None
    both = {*first, *second}
    return both if len(both) <= _MOST else None


@dataclass(slots=True)
class Told:
    """What a channel is told at once."""

    # Of whom something may be new, beside what the hints say.
    inboxes: Inboxes = ()
    # Lines, and the inbox that each is about; None: many.
    _hints: list[tuple[str, int | None]] = field(default_factory=list)
    _bytes: int = 0

    def name(self, inboxes: Inboxes) -> None:
        """Something may be new in these inboxes."""
        self.inboxes = together(self.inboxes, inboxes)

    def carry(self, inbox_id: int | None, hint: Mapping[str, str]) -> None:
        """Take a hint along, which is about this inbox, or about many; or else name those."""
        line = json.dumps(hint)
        if _size_of(line) > _PAYLOAD_MAX_BYTES:
            line = _packed(line)
        size = _size_of(line)
        if size > _PAYLOAD_MAX_BYTES or self._bytes + size > _HINTS_MAX_BYTES:
            self.name(None if inbox_id is None else (inbox_id,))
            return
        self._hints.append((line, inbox_id))
        self._bytes += size

    def payloads(self) -> list[str]:
        """As NOTIFY carries them; at least one."""
        packed: list[list[tuple[str, int | None]]] = []
        room = 0
        for line, inbox_id in self._hints:
            size = _size_of(line)
            if size > room:
                packed.append([])
                room = _PAYLOAD_MAX_BYTES
            packed[-1].append((line, inbox_id))
            room -= size
        said = [_with_hints(hints) for hints in packed]
        if self.inboxes or self.inboxes is None or not said:
            said.append(_naming(self.inboxes))
        return said


def _size_of(line: str) -> int:
    """What a hint takes in a payload: its line, its inbox, and what parts them."""
    return len(line) + _ID_MAX_BYTES + 2


def _with_hints(hints: Collection[tuple[str, int | None]]) -> str:
    about: Inboxes = ()
    for _, inbox_id in hints:
        about = together(about, None if inbox_id is None else (inbox_id,))
    return "\n".join([_naming(about), *(line for line, _ in hints)])


def _naming(inboxes: Inboxes) -> str:
    return f"{_sender()}:{' '.join(map(str, sorted(inboxes or ())))}"


def is_ours(payload: str) -> bool:
    """Whether this very process has sent it: its streams were told in memory."""
    return payload.partition(":")[0] == _sender()


def inboxes(payload: str) -> Inboxes:
    """Of whom something is new, by what NOTIFY has carried; nonsense is of anybody."""
    named = payload.partition("\n")[0].partition(":")[2].split()
    try:
        return set(map(int, named)) or None
    except ValueError:
        return None


def hints(payload: str) -> list[object]:
    """The events that NOTIFY has carried, or what somebody wants us to take for one."""
    return [_event(line) for line in payload.split("\n")[1:]]


def _event(line: str) -> object:
    try:
        return json.loads(_unpacked(line) if line.startswith(_PACKED) else line)
    except (ValueError, RecursionError, zlib.error):
        return None


def _packed(line: str) -> str:
    return _PACKED + base64.b64encode(zlib.compress(line.encode())).decode()


def _unpacked(line: str) -> str:
    """Raises: ValueError, zlib.error"""
    unpacking = zlib.decompressobj()
    packed = base64.b64decode(line.removeprefix(_PACKED), validate=True)
    text = unpacking.decompress(packed, _UNPACKED_MAX_BYTES)
    if not unpacking.eof:
        raise ValueError(line)
    return text.decode()


def _sender() -> str:
    # With the process's number: those that were forked have the rest in common.
    return f"{_run}{os.getpid()}"
