"""Puts a server process together: HTTP, sockets, and the dispatcher beside them."""

from __future__ import annotations

import os
import warnings

from config import one_thread
from notifications import asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = one_thread.application()

# The apps must be loaded before what follows.
from config import health  # noqa: E402
from config.admission import admitted  # noqa: E402
from config.postgresql import process  # noqa: E402

process.serve()
# WhiteNoise reads a file in one go, which does for ours; a web server in front takes them over.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

application = asgi.wrap(health.routes(admitted(pages)))
