"""What a page's main thread did, as Chromium tells it: in CPU time, and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

_MAIN_THREAD = "CrRendererMain"
_CATEGORIES = ["toplevel", "devtools.timeline"]


def metrics(session: CDPSession) -> dict[str, float]:
    """What Chromium counts of a page, in seconds and bytes; ``Performance.enable`` comes before."""
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def cpu_ms(session: CDPSession) -> float:
    """For what time the page's main thread had a processor: of `TaskDuration` others are a part."""
    return 1000 * metrics(session)["ThreadTime"]


class Trace:
    """What the main threads of all pages do from here on, until it ends."""

    def __init__(self, browser: Browser) -> None:
        self._session = browser.new_browser_cdp_session()
        self._events: list[dict[str, Any]] = []
        self._is_whole = False
        self._session.on("Tracing.dataCollected", lambda said: self._events.extend(said["value"]))
        self._session.on("Tracing.tracingComplete", lambda _: setattr(self, "_is_whole", True))
        config = {"includedCategories": _CATEGORIES, "excludedCategories": ["*"]}
        self._session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})

    def end(self, page: Page) -> None:
        self._session.send("Tracing.end")
        while not self._is_whole:
            page.evaluate("0")
        self._session.detach()

    @property
    def _tasks(self) -> list[dict[str, Any]]:
        said = [one for one in self._events if one["name"] == "thread_name"]
        threads = {(one["pid"], one["tid"]) for one in said if one["args"]["name"] == _MAIN_THREAD}
        return [one for one in self._events if (one["pid"], one["tid"]) in threads]

    @property
    def longest_ms(self) -> float:
        """The longest task, in CPU time."""
        tasks = (one for one in self._tasks if one["name"].endswith("RunTask"))
        return max((one.get("tdur", 0) / 1000 for one in tasks), default=0)

    @property
    def restyled(self) -> int:
        """Elements whose style was made anew, each time that it was."""
        made = (one for one in self._tasks if one["name"] == "UpdateLayoutTree")
        return sum(one["args"].get("elementCount", 0) for one in made)
