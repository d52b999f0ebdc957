"""A site that is not ours, on an origin of its own, whose page shows our bell."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from notifications.credentials import keys, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.models import User

_PAGE = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
{head}<script type="module" src="{site}/static/notifications/define.js"></script>
<header><notification-bell src="{site}/api/v1/" token-url="/notify-token/" transport="{transport}">
<a href="{site}/inbox/">Notifications</a></notification-bell></header><main></main>"""


class Shop:
    """It serves that page at every path, and gives a token to whoever asks by POST.

    Args: page: in place of that one, with ``{site}`` in it; files: paths -> what is there instead.
    """

    def __init__(
        self, site_url: str, *, head: str = "", page: str = "", files: dict[str, Path] | None = None
    ) -> None:
        self.transport = "auto"
        #: What it answers next; None: nobody is signed in there.
        self.token: str | None = None
        self.asked = 0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if file := (files or {}).get(self.path):
                    return self._answer(200, "text/javascript", file.read_text("utf-8"))
                text = _PAGE.format(site=site_url, transport=shop.transport, head=head)
                text = page.replace("{site}", site_url) or text
                return self._answer(200, "text/html; charset=utf-8", text)

            def do_POST(self) -> None:
                shop.asked += 1
                status = 200 if shop.token else 401
                answer = {"token": shop.token, "expires_in": 600}
                self._answer(status, "application/json", json.dumps(answer))

            def _answer(self, status: int, kind: str, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def give(self, user: User, *, origin: str | None = None) -> None:
        """From now on it gives tokens for this user."""
        origins = [origin or self.url]
        key, _ = keys.make("shop", ["tokens"], origins=origins)
        self.token = tokens.issue(user, origins=origins, api_key=key)[0]
