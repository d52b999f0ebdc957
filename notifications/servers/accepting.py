"""Those that have connected when a server ends, to the last.

The kernel would reset them, with what they have sent: a proxy takes that for a failure, and asks
nobody else what must not be asked twice.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from contextlib import suppress

# What a request that is on its way is given to come, when the server ends.
COMES_S = 0.5
# Linux, asm-generic/socket.h and linux/filter.h: a program of one instruction, which is "return 0",
# so that nothing of a packet is let through.
_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)


def all_from(listening: socket.socket) -> list[socket.socket]:
    """Accept all that wait, and close.

    Nobody is reset: on Linux, who comes amid this is not heard, and is refused when it tries again
    a second later; elsewhere there are some microseconds between the last that is accepted and the
    close.

    Args: listening: it does not block, and no other process listens by it, which would hear nobody
        any more.
    """
    accepted = []
    with listening:
        _drop_what_comes(listening)
        while True:
            try:
                accepted.append(listening.accept()[0])
            except ConnectionAbortedError:
                continue  # that one has gone
            except OSError:
                # None is left; or there are no more files, for anybody.
                return accepted


def _drop_what_comes(listening: socket.socket) -> None:
    if sys.platform == "linux" and listening.family in {socket.AF_INET, socket.AF_INET6}:
        program = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
        described = struct.pack("HP", 1, ctypes.addressof(program))
        with suppress(OSError):  # a kernel without it
            listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
