"""How soon a page is there, is live and shows what arrives, and what that costs the browser.

``python -m benchmarks.browser`` collects the static files, serves them with a database of its own,
and asks Chromium, which has to be installed: for times, and for the CPU time of a page's main
thread, which a busy machine changes little.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from tests.support.page_work import Trace, metrics
from tests.support.ports import free_port, listens

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Playwright's synchronous interface runs an event loop in this thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# When the bell's module runs, and when it is live.
WATCH = """() => {
  window.seen = { toasts: [] }
  const define = customElements.define
  customElements.define = function (name, ...rest) {
    if (name === 'notification-bell') seen.started = performance.now()
    define.call(customElements, name, ...rest)
  }
  document.addEventListener('nb:state', ({ detail }) => {
    if (detail.state === 'live') seen.live ??= performance.now()
  })
}"""
# Once the toasts are there.
WATCH_TOASTS = """(bell) => new MutationObserver((records) => {
  if (records.some(({ addedNodes }) => addedNodes.length)) seen.toasts.push(Date.now())
}).observe(
  bell.shadowRoot.querySelector('notification-toast').shadowRoot.querySelector('.toasts'),
  { childList: true })"""
BELL = "document.querySelector('notification-bell')"
TOASTS = f"{BELL}.shadowRoot.querySelector('notification-toast')"
WHOLE = f"() => seen.live && {TOASTS}"
DISMISS = f"for (const one of {TOASTS}.shadowRoot.querySelectorAll('.dismiss')) one.click()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=9, help="of the inbox page")
    parser.add_argument("--sends", type=int, default=60, help="one by one, for the toasts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "SECRET_KEY": "x" * 50,
            "STATIC_ROOT": str(Path(folder) / "static"),
        }
        import django  # noqa: PLC0415

        django.setup()
        logging.disable(logging.INFO)
        print(machine.describe(f"Django {django.get_version()}"), flush=True)
        _serve(options)


def _serve(options: argparse.Namespace) -> None:
    manage = [sys.executable, "manage.py"]
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        subprocess.run([*manage, *command, "--verbosity", "0"], check=True)
    port = free_port()
    with subprocess.Popen(
        [*manage, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            while not listens(port):
                time.sleep(0.05)
            _browse(f"http://127.0.0.1:{port}", options)
        finally:
            server.terminate()


def _browse(site: str, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _times(browser, site, options.loads)
        _toasts(browser, site, options.sends)
        _burst(browser, site)
        _memory(browser, site)
        browser.close()


def _open(
    browser: Browser, site: str, user: str, path: str = "/inbox/", slowed: int = 1
) -> tuple[Page, Any]:
    """A page of a user, in a browser that has loaded nothing yet; and what asks about it."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client()
    account, _ = get_user_model().objects.get_or_create(username=user)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context()
    key = client.session.session_key
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": site}])
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.goto(site + path)
    page.wait_for_function(WHOLE)
    return page, session


def _send(user: str, count: int) -> None:
    import notifications  # noqa: PLC0415
    from notifications.models.audiences import ChosenUsers  # noqa: PLC0415

    for n in range(count):
        notifications.send(f"Number {n}", to=ChosenUsers.named([user]))


def _times(browser: Browser, site: str, loads: int) -> None:
    paints, lives = [], []
    _open(browser, site, "reader")
    _send("reader", 50)
    for _ in range(loads):
        page, _session = _open(browser, site, "reader", slowed=4)
        paints.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
        page.context.close()
        page, _session = _open(browser, site, "reader")
        lives.append(page.evaluate("seen.live - seen.started"))
        page.context.close()
    print(f"first paint, CPU slowed 4x:  {_of(paints)}")
    print(f"module start to live:        {_of(lives)}", flush=True)


def _toasts(browser: Browser, site: str, sends: int) -> None:
    page, _session = _open(browser, site, "toasted")
    page.locator("notification-bell").evaluate(WATCH_TOASTS)
    took = []
    for _ in range(sends):
        shown = page.evaluate("seen.toasts.length")
        before = time.time() * 1000
        _send("toasted", 1)
        page.wait_for_function(f"() => seen.toasts.length > {shown}", polling=5)
        took.append(page.evaluate("(shown) => seen.toasts[shown]", shown) - before)
        # Toasts that wait for their turn would be no measure.
        page.evaluate(f"() => {{ {DISMISS} }}")
        page.wait_for_function(f"() => !{TOASTS}.shadowRoot.querySelector('.toast')")
    print(f"send to toast:               {_of(took)}", flush=True)
    page.context.close()


def _burst(browser: Browser, site: str) -> None:
    page, session = _open(browser, site, "busy")
    _send("busy", 400)
    _has_drawn(page, 400, 399)
    began, before = time.time(), metrics(session)
    _send("busy", 200)
    _has_drawn(page, 600, 199)
    took, after = time.time() - began - 1, metrics(session)
    spent = (after["ThreadTime"] - before["ThreadTime"]) * 1000 / 200
    scripts = (after["ScriptDuration"] - before["ScriptDuration"]) * 1000 / 200
    # What is told of each task costs something itself: so in a burst of its own.
    trace = Trace(browser)
    _send("busy", 200)
    _has_drawn(page, 800, 199)
    trace.end(page)
    print(
        f"200 arrivals at 400 rows:    {spent:.2f} ms of CPU each, in {took:.1f} s; script took"
        f" {scripts:.2f} ms; longest task {trace.longest_ms:.0f} ms; {trace.restyled / 200:.0f}"
        " elements styled each"
    )
    page.context.close()


def _memory(browser: Browser, site: str) -> None:
    page, session = _open(browser, site, "patient", "/inbox/?filter=archived")
    _send("patient", 500)
    said = [_settled(page, session, 500)]
    _send("patient", 1000)
    said.append(_settled(page, session, 1500))
    for name, unit in (("JSHeapUsedSize", "bytes"), ("Nodes", ""), ("JSEventListeners", "")):
        print(f"{name} over 1,000 arrivals: {said[0][name]:,.0f} to {said[1][name]:,.0f} {unit}")


def _has_drawn(page: Page, unread: int, newest: int) -> None:
    page.wait_for_function(
        f"() => {BELL}.unreadCount === {unread} &&"
        f" document.querySelector('[data-days] article h3 a').textContent === 'Number {newest}'",
        # Not a look at each frame, which would be most of what is measured.
        polling=250,
        timeout=120_000,
    )
    # Those below it come after it.
    page.wait_for_timeout(1000)


def _settled(page: Page, session: Any, unread: int) -> dict[str, float]:
    page.wait_for_function(f"() => {BELL}.unreadCount === {unread}", timeout=120_000)
    page.wait_for_timeout(12_000)  # the toasts have gone
    session.send("HeapProfiler.collectGarbage")
    return metrics(session)


def _of(values: list[float]) -> str:
    p95 = sorted(values)[round(0.95 * (len(values) - 1))]
    return f"median {statistics.median(values):.0f} ms, p95 {p95:.0f} ms of {len(values)}"


if __name__ == "__main__":
    main()
