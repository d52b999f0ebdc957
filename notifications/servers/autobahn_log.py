"""What Autobahn formats for its debug log of each connection, whether anybody reads it or not."""

from __future__ import annotations

from typing import Any

from autobahn.twisted import websocket as adapter
from autobahn.websocket import protocol

# Coloured text, and a list of all its options in columns: a sixth of each of Daphne's handshakes.
_COLOURS = ("hl", "hlid", "hltype", "hlval")


def be_brief() -> None:
    """Let it hand the values themselves to its log, which formats them where they are wanted."""
    formatters = {**dict.fromkeys(_COLOURS, _itself), "pformat": repr}
    for module in (adapter, protocol):
        for name, formatter in formatters.items():
            if hasattr(module, name):
                setattr(module, name, formatter)


def _itself(value: Any, *_style: Any, **_styles: Any) -> Any:
    return value
