"""A Chromium of our own over the DevTools protocol: tabs that are hidden, frozen, hung and crashed.

Playwright tells every page that it is visible and has the focus; here they are what they are.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.processes import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE_S = 60
# Of every Chromium of the tests, this one and Playwright's.
ARGUMENTS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Pages of the browser's own behind the address bar, which nobody sees: a second of CPU for each
    # window, and in Playwright each context has one.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)
# Chromium without its window, which Playwright has no use for: half of the CPU of each context.
WITHOUT_WINDOW = "chromium-headless-shell"
_OWN_ARGUMENTS = ("--headless=new", "--no-default-browser-check", "--remote-debugging-port=0")


class Chromium:
    """A browser process with a profile of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        path = shutil.which("chromium")
        assert path, "Chromium is not installed: make test installs it"
        profile = f"--user-data-dir={folder}"
        self._process = subprocess.Popen(
            [path, *ARGUMENTS, *_OWN_ARGUMENTS, *arguments, profile, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port_file = folder / "DevToolsActivePort"
        until(
            lambda: port_file.exists() and port_file.read_text().count("\n"),
            "Chromium listens",
            within_s=_PATIENCE_S,
        )
        self._port = int(port_file.read_text().splitlines()[0])
        self.tabs: list[Tab] = []

    def open(self, url: str, cookies: Sequence[dict[str, str]] = ()) -> Tab:
        """A new tab, in front of the others."""
        target = self._ask("PUT", "new?about:blank")
        tab = Tab(self, target["id"], target["webSocketDebuggerUrl"])
        self.tabs.append(tab)
        for cookie in cookies:
            tab.send("Network.setCookie", **cookie)
        tab.go(url)
        return tab

    def activate(self, target_id: str) -> None:
        self._ask("GET", f"activate/{target_id}")

    def quit(self) -> None:
        for tab in list(self.tabs):
            tab.disconnect()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _ask(self, method: str, path: str) -> Any:
        url = f"http://127.0.0.1:{self._port}/json/{path}"
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith("{") else text


class Tab:
    """A page, and what the DevTools can do to it."""

    def __init__(self, browser: Chromium, target_id: str, url: str) -> None:
        self._browser = browser
        self._id = target_id
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(url, max_size=None, open_timeout=_PATIENCE_S)
        )
        self._last = 0
        #: What the page said of errors.
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Call a method; its result."""
        number = self._begin(method, params)
        while True:
            message = json.loads(self._socket.recv(timeout=_PATIENCE_S))
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self._note(message)

    def go(self, url: str) -> None:
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete'", "the page is loaded")

    def evaluate(self, expression: str) -> Any:
        result = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression: str, what: str, *, within_s: float = _PATIENCE_S) -> Any:
        """Wait until the expression is true."""
        return until(lambda: self.evaluate(f"({expression}) || false"), what, within_s=within_s)

    def activate(self) -> None:
        """Bring it in front: the one that was there is hidden from then on."""
        self._browser.activate(self._id)
        self.until("document.visibilityState === 'visible'", "the tab is visible")

    def focus(self) -> None:
        """Give it the focus, which no window of a headless browser has."""
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.until("document.hasFocus()", "the tab has the focus")

    def freeze(self) -> None:
        self.send("Page.setWebLifecycleState", state="frozen")

    def thaw(self) -> None:
        self.send("Page.setWebLifecycleState", state="active")

    def hang(self, url: str) -> None:
        """Have its thread wait for an answer, without waiting for the end of that."""
        asking = (
            f"const asked = new XMLHttpRequest(); asked.open('GET', {url!r}, false); asked.send()"
        )
        self.evaluate(f"setTimeout(() => {{ try {{ {asking} }} catch {{}} }}); 0")

    def crash(self) -> None:
        self._begin("Page.crash", {})
        self.disconnect()

    def close(self) -> None:
        self._begin("Page.close", {})
        self.disconnect()

    def disconnect(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            self._open.close()
        if self in self._browser.tabs:
            self._browser.tabs.remove(self)

    def _begin(self, method: str, params: dict[str, Any]) -> int:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        return self._last

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(message["params"]["exceptionDetails"]["text"])
