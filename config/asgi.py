"""Puts a server process together: HTTP, sockets, and the dispatcher beside them."""

from __future__ import annotations

import os
import warnings
from functools import partial

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from notifications.conf import conf

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

# The apps must be loaded before what follows.

from accounts import logins, throttle, tokens  # noqa: E402
from accounts.middleware import origin_guard, sign_in  # noqa: E402
from config import health  # noqa: E402
from config.admission import admitted  # noqa: E402
from config.postgresql import process  # noqa: E402
from config.script_name import placed  # noqa: E402
from notifications import routing  # noqa: E402
from notifications.push import access, drain  # noqa: E402
from notifications.push.batching import Batcher  # noqa: E402
from notifications.sending import worker  # noqa: E402

process.serve()
signed_in = partial(
    sign_in,
    find_session=Batcher(logins.logins_of, gathers=True).ask,
    find_token=Batcher(tokens.logins_of, gathers=True).ask,
    wait_s=throttle.handshakes.wait_s,
)
access.look_up_by(sessions=logins.still_of, tokens=tokens.still_of)
http = health.routes(routing.http(admitted(pages), sign_in=signed_in, guard=origin_guard))
sockets = routing.websockets(sign_in=signed_in, guard=origin_guard)
# WhiteNoise reads a file in one go, which does for ours; a web server in front takes them over.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

application = drain.on_signals(placed(ProtocolTypeRouter({"http": http, "websocket": sockets})))

if conf.DISPATCH_IN_SERVER:
    worker.start_thread()
