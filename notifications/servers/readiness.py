"""Tells whoever started the process how it is: systemd, by datagrams (sd_notify)."""

from __future__ import annotations

import logging
import os
import socket

logger = logging.getLogger(__name__)

_VARIABLE = "NOTIFY_SOCKET"


def tell(state: str) -> None:
    """Say ``READY=1``, where somebody wants to know; nothing rests on it."""
    address = os.environ.get(_VARIABLE, "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # a name that is no path, as Linux has it
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.sendto(state.encode(), address)
    except OSError as error:
        logger.warning("%s could not be told %s: %s", _VARIABLE, state, error)
