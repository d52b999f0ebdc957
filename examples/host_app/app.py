"""A web application of its own, whose users see the bell of a notification server.

Plain WSGI without dependencies: what it does is as short in any framework. See README.md.
"""

import json
import os
from http import HTTPStatus
from socketserver import ThreadingMixIn
from urllib.error import URLError
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIServer, make_server

NOTIFY_URL = os.environ.get("NOTIFY_URL", "http://127.0.0.1:8000")
# An API key with the scope `tokens`, and this application's origin on its list. It stays here.
NOTIFY_KEY = os.environ["NOTIFY_KEY"]
TRANSPORT = os.environ.get("TRANSPORT", "auto")
PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<script type="module" src="{NOTIFY_URL}/static/notifications/define.js"></script>
<header>Shop <notification-bell src="{NOTIFY_URL}/api/v1/" token-url="/notify-token/"
transport="{TRANSPORT}"><a href="{NOTIFY_URL}/inbox/">Notifications</a></notification-bell></header>
<p>Whatever the shop sells.</p></html>"""


def user_of(_environ):
    """Who is signed in here, by your own sessions. Never what the browser merely claims."""
    return os.environ.get("SHOP_USER")


def token_for(user):
    """Ask the notification server for access to this user's inbox, for some minutes."""
    headers = {"Authorization": f"Bearer {NOTIFY_KEY}", "Content-Type": "application/json"}
    body = json.dumps({"user": user}).encode()
    with urlopen(Request(f"{NOTIFY_URL}/api/v1/tokens", body, headers), timeout=5) as answer:
        return answer.read()


def application(environ, start_response):
    """The page at /, and a token for whoever is signed in by a POST to /notify-token/."""

    def answer(status, body, kind="application/json"):
        headers = [("Content-Type", kind), ("Cache-Control", "no-store")]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
    if asked == ("GET", "/"):
        return answer(HTTPStatus.OK, PAGE.encode(), "text/html; charset=utf-8")
    if asked != ("POST", "/notify-token/"):
        return answer(HTTPStatus.NOT_FOUND, b"{}")
    user = user_of(environ)
    if user is None:
        return answer(HTTPStatus.UNAUTHORIZED, b"{}")  # the bell stays quiet
    try:
        return answer(HTTPStatus.OK, token_for(user))
    except (URLError, TimeoutError):
        return answer(HTTPStatus.BAD_GATEWAY, b"{}")  # the bell asks again


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request: a browser opens connections before it needs them."""

    daemon_threads = True


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "9000"))
    make_server("127.0.0.1", port, application, Server).serve_forever()
