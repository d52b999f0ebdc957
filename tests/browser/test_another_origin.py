"""What a page of another origin can do with a token, and cannot do without: as Chromium judges."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notifications.credentials import keys, tokens
from tests.browser.inbox_tabs import cookies_of

FETCH = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options)
    return [answer.status, (await answer.json()).revision]
  } catch (error) { return [error.name] }
}"""
# The frames that come, until the socket closes or the first change is there.
LISTEN = """([url, protocols]) => new Promise(resolve => {
  const socket = new WebSocket(url, protocols), said = []
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    said.push(frame.type === "bye" ? `bye ${frame.code}` : frame.type)
    if (frame.type === "synced") window.live = true
    if (frame.type === "changes") resolve([...said, frame.notifications[0].title])
  }
  socket.onclose = ({ code }) => resolve([...said, code])
})"""


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>Shop</title>")

    def log_message(self, *args):
        pass


@pytest.fixture
def origin():
    """Start a site that is not ours; its origin."""
    servers = []

    def start():
        server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def page_at(chromium, site, alice):
    """Open a page of an origin in a browser where alice is signed in at our site."""
    contexts = []

    def open_at(origin):
        context = chromium.new_context()
        contexts.append(context)
        context.add_cookies(cookies_of(alice, site.url))
        page = context.new_page()
        page.goto(origin)
        return page

    yield open_at
    for context in contexts:
        context.close()


def token_for(user, *origins):
    key, _ = keys.make("shop", ["tokens"], origins=origins)
    return tokens.issue(user, origins=origins, api_key=key)[0]


def test_a_page_of_a_listed_origin_reads_acts_and_listens_by_its_token(
    site, page_at, origin, alice
):
    shop = origin()
    token = token_for(alice, shop)
    page = page_at(shop)
    headers = {"Authorization": f"Bearer {token}"}
    read = [f"{site.url}/api/v1/session", {"headers": headers}]
    assert page.evaluate(FETCH, read) == [200, 0]
    page.evaluate(f"window.done = ({LISTEN})({socket_of(site, token)!r}); undefined")
    page.wait_for_function("window.live")
    site.notify("Parcel sent", "--user", "alice")
    said = page.evaluate("window.done")
    assert said == ["hello", "snapshot", "synced", "changes", "Parcel sent"]
    act = {
        "method": "POST",
        "headers": headers | {"Content-Type": "application/json"},
        "body": '{"op": "read", "notifications": ["1"]}',
    }
    status, revision = page.evaluate(FETCH, [f"{site.url}/api/v1/inbox/actions", act])
    assert (status, revision >= 1) == (200, True)
    module = f"{site.url}/static/notifications/protocol.js"
    assert page.evaluate("url => import(url).then(m => m.SUBPROTOCOL)", module) == (
        "notifications.v1"
    )


def test_a_page_of_any_other_origin_gets_nothing_by_token_or_cookie(site, page_at, origin, alice):
    shop, evil = origin(), origin()
    token = token_for(alice, shop)
    page = page_at(evil)
    session = f"{site.url}/api/v1/session"
    for options in (
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"credentials": "include"},
    ):
        assert page.evaluate(FETCH, [session, options]) == ["TypeError"]
    assert page.evaluate(LISTEN, socket_of(site, token)) == ["bye 4003", 4003]
    url, _ = socket_of(site, token)
    assert page.evaluate(LISTEN, [url, ["notifications.v1"]]) == [1006]


def test_a_cookie_is_of_no_use_on_a_listed_origin_either(site, page_at, origin, alice):
    shop = origin()
    token_for(alice, shop)
    page = page_at(shop)
    options = {"credentials": "include"}
    assert page.evaluate(FETCH, [f"{site.url}/api/v1/session", options]) == ["TypeError"]


def socket_of(site, token):
    url = f"ws://127.0.0.1:{site.port}/ws/notifications/"
    return [url, ["notifications.v1", f"token.{token}"]]
