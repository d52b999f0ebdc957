"""How soon a page is there, is live and shows what arrives, and what that costs the browser.

``python -m benchmarks.browser --rounds 3`` collects the static files, serves them with a database
of its own, and asks Chromium, which has to be installed: for times, and for the CPU time of a
page's main thread, which a busy machine changes little. No core is set apart: Chromium is several
processes, and the server has little to do.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import harness, machine
from benchmarks.site import ended, until_listening
from notifications.management.comparison.results import percentile
from tests.support.page_work import Trace, cpu_ms, metrics
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

# Playwright's synchronous interface runs an event loop in this thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PAINT = "first paint, CPU slowed 4 times"
LIVE = "live, from its module's start"
TOAST = "a toast, from its send, p95"
ARRIVAL = "CPU an arrival, of many at once"
TASK = "the longest task meanwhile, CPU"
BUDGETS_MS = {PAINT: 1000.0, LIVE: 250.0, TOAST: 150.0, ARRIVAL: 2.0, TASK: 50.0}
# What a page keeps: as Chromium calls it, the unit, and how many of Chromium's that is.
KEPT = {
    "heap": ("JSHeapUsedSize", "MB", 1e6),
    "nodes": ("Nodes", "", 1),
    "listeners": ("JSEventListeners", "", 1),
}
# Rows of the page that is loaded.
ROWS = 50
# A second's rest after the last arrival was drawn; those below it come after it.
_DRAWN_S = 1.0
# By then the last toast has gone.
_TOASTS_S = 12.0

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
    parser = harness.options(__doc__, rounds=3)
    parser.add_argument("--loads", type=int, default=3, help="of the inbox page, a round")
    parser.add_argument("--sends", type=int, default=40, help="one by one, for the toasts, a round")
    parser.add_argument("--rows", type=int, default=400, help="of a page to which many arrive")
    parser.add_argument("--arrivals", type=int, default=200, help="at once")
    parser.add_argument("--kept", type=int, default=500, help="arrivals whose memory is looked at")
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
        described = machine.describe()
        with _site() as site, _chromium() as browser:
            tables = _Measuring(browser, site, options).tables()
        harness.keep(options.results, "browser", described, tables)


@contextmanager
def _site() -> Iterator[str]:
    manage = [sys.executable, "manage.py"]
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        subprocess.run([*manage, *command, "--verbosity", "0"], check=True)
    port = free_port()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with ended(subprocess.Popen([*manage, "serve", "--port", str(port)], **quiet)):
        until_listening(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class _Measuring:
    browser: Browser
    site: str
    options: argparse.Namespace

    def tables(self) -> list[harness.Table]:
        """What a page costs, and where that goes."""
        told = self.options
        took = harness.Table(
            f"The inbox page; {told.arrivals} arrive at {told.rows} rows", "ms", budgets=BUDGETS_MS
        )
        restyled = harness.Table("Elements whose style an arrival makes anew", "elements")
        kept = (
            self._memory()
        )  # once, and first: it takes long, and rounds go on while there is time
        _open(self.browser, self.site, "reader").context.close()  # makes the user
        _send("reader", ROWS)
        for n in harness.rounds(told.rounds):
            for _ in range(told.loads):
                self._load(took)
            took.add(TOAST, percentile(self._toasts(), 0.95))
            self._burst(f"busy {n}", took, restyled)
            print(f"  round {n + 1}: {took.figures}", flush=True)
        return [took, restyled, *kept]

    def _load(self, took: harness.Table) -> None:
        page = _open(self.browser, self.site, "reader", slowed=4)
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        took.add(PAINT, page.evaluate(paint))
        page.context.close()
        page = _open(self.browser, self.site, "reader")
        took.add(LIVE, page.evaluate("seen.live - seen.started"))
        page.context.close()

    def _toasts(self) -> list[float]:
        """Milliseconds of each."""
        page = _open(self.browser, self.site, "toasted")
        page.locator("notification-bell").evaluate(WATCH_TOASTS)
        took = []
        for _ in range(self.options.sends):
            shown = page.evaluate("seen.toasts.length")
            before = time.time() * 1000
            _send("toasted", 1)
            page.wait_for_function(f"() => seen.toasts.length > {shown}", polling=5)
            took.append(page.evaluate("(shown) => seen.toasts[shown]", shown) - before)
            # Toasts that wait for their turn would be no measure.
            page.evaluate(f"() => {{ {DISMISS} }}")
            page.wait_for_function(f"() => !{TOASTS}.shadowRoot.querySelector('.toast')")
        page.context.close()
        return took

    def _burst(self, user: str, took: harness.Table, restyled: harness.Table) -> None:
        page = _open(self.browser, self.site, user)
        session = _asking(page)
        rows, count = self.options.rows, self.options.arrivals
        _send(user, rows)
        _until_drawn(page, rows, rows)
        before = cpu_ms(session)
        _send(user, count)
        _until_drawn(page, rows + count, count)
        took.add(ARRIVAL, (cpu_ms(session) - before) / count)
        # What is told of each task costs something itself: so in a burst of its own.
        trace = Trace(self.browser)
        _send(user, count)
        _until_drawn(page, rows + 2 * count, count)
        trace.end(page)
        took.add(TASK, trace.longest_ms)
        restyled.add("of a page and its bell", trace.restyled / count)
        page.context.close()

    def _memory(self) -> list[harness.Table]:
        """What a page has that shows none of what arrives, before many arrivals and after."""
        page = _open(self.browser, self.site, "patient", "/inbox/?filter=archived")
        session, count = _asking(page), self.options.kept
        whole = f"What a page keeps, before {count:,} arrivals and after"
        tables = [harness.Table(f"{whole}: {name}", unit) for name, (_, unit, _) in KEPT.items()]
        arrived = 0
        for name, more in (("before", count // 2), ("after", count)):
            _send("patient", more)
            arrived += more
            found = _settled(page, session, arrived)
            for table, (key, _, size) in zip(tables, KEPT.values(), strict=True):
                table.add(name, found[key] / size)
        page.context.close()
        return tables


def _open(browser: Browser, site: str, user: str, path: str = "/inbox/", slowed: int = 1) -> Page:
    """A page of a user, in a browser that has loaded nothing yet."""
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
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.goto(site + path)
    page.wait_for_function(WHOLE)
    return page


def _asking(page: Page) -> Any:
    """What answers how much the page has and does."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def _send(user: str, count: int) -> None:
    import notifications  # noqa: PLC0415
    from notifications.models.audiences import ChosenUsers  # noqa: PLC0415

    for n in range(count):
        notifications.send(f"Number {n}", to=ChosenUsers.named([user]))


def _until_drawn(page: Page, unread: int, sent: int) -> None:
    page.wait_for_function(
        f"() => {BELL}.unreadCount === {unread} &&"
        f" document.querySelector('[data-days] article h3 a')?.textContent === 'Number {sent - 1}'",
        # Not a look at each frame, which would be most of what is measured.
        polling=250,
        timeout=120_000,
    )
    _rest(page, _DRAWN_S)


def _settled(page: Page, session: Any, unread: int) -> dict[str, float]:
    page.wait_for_function(f"() => {BELL}.unreadCount === {unread}", timeout=120_000)
    _rest(page, _TOASTS_S)
    session.send("HeapProfiler.collectGarbage")
    return metrics(session)


def _rest(page: Page, seconds: float) -> None:
    """As ``harness.rest``, while the page goes on."""
    page.wait_for_timeout(1000 * harness.resting_s(seconds))


if __name__ == "__main__":
    main()
