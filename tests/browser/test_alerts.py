"""Beyond the page, with the browser's own alerts and audio: when, and where they lead."""

import json
import shutil

import pytest

from notifications.models import InboxItem, Preferences
from notifications.preferences import acts
from notifications.preferences.categories import Channels
from tests.browser.inbox_tabs import TOASTS, cookies_of, is_live
from tests.support.processes import until
from tests.support.tabs import ARGUMENTS

# The browser's own, with a record of what was made of them.
WRAPPED = """
  window.made = []
  window.Notification = class extends Notification {
    constructor(title, options) { super(title, options); made.push(this) }
  }
  window.contexts = 0
  window.tones = 0
  window.AudioContext = class extends AudioContext {
    constructor(...options) { super(...options); contexts++ }
  }
  window.OscillatorNode = class extends OscillatorNode {
    start(...at) { tones++; super.start(...at) }
  }
  window.isLookedAt = false
  document.hasFocus = () => isLookedAt
"""
ALL_DAY = {"days": list(range(7)), "from": "00:00", "to": "00:00", "zone": "UTC"}
LOCKED = {"toast": True, "desktop": False, "sound": False, "is_locked": True}
CHOSEN = {"toast": True, "desktop": True, "sound": True}
# The page of a project whose settings lock a category without alerts and sounds.
AS_LOCKED = f"""
  new MutationObserver((_, observer) => {{
    const bell = document.querySelector("notification-bell")
    if (!bell) return
    observer.disconnect()
    bell.setAttribute("preferences", JSON.stringify(
      {json.dumps({"categories": {"locked": LOCKED, "*": CHOSEN}})}))
  }}).observe(document, {{ subtree: true, childList: true }})
"""
LIVE = "() => document.querySelector('notification-bell')?.state === 'live'"
UNREAD = "() => document.querySelector('notification-bell').unreadCount === %s"


@pytest.fixture(scope="module")
def chromium(chromium):
    """The whole browser: the one without a window has no alerts to show."""
    path = shutil.which("chromium")
    browser = chromium.browser_type.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def open_tab(open_page, alice):
    """An inbox at which nobody looks, in a browser that may show alerts."""

    def act(path="/inbox/", *, permissions=("notifications",)):
        page = open_page(alice, "/healthz")
        page.context.grant_permissions(list(permissions))
        page.context.add_init_script(WRAPPED)
        page.goto(path)
        page.wait_for_function(LIVE)
        return page

    return act


@pytest.fixture
def quiet(alice):
    inbox = alice.notifications_inbox
    Preferences.objects.update_or_create(inbox=inbox, defaults={"chosen": {"quiet": ALL_DAY}})


def told(page):
    return page.evaluate("made.map(({ title }) => title)")


def tell(site, page, title, *arguments, unread):
    site.notify(title, "--user", "alice", *arguments)
    page.wait_for_function(UNREAD % unread)


def test_without_permission_there_is_none_and_none_is_asked_for(site, open_tab):
    page = open_tab(permissions=())
    page.evaluate("() => { Notification.requestPermission = () => { throw new Error('asked') } }")
    tell(site, page, "Hello", "--level", "critical", unread=1)
    page.get_by_role("button", name="Notifications").click()
    assert told(page) == []
    assert page.evaluate("Notification.permission") != "granted"


def test_one_alert_for_all_tabs_and_no_sound_by_default(site, open_tab):
    page = open_tab()
    other = page.context.new_page()
    other.goto("/inbox/")
    other.wait_for_function(LIVE)
    for one in (page, other):
        one.mouse.click(5, 500)
    tell(site, other, "Hello", unread=1)
    page.wait_for_function("() => made.length === 1")
    assert told(page) == ["Hello"]
    assert told(other) == []
    assert [one.evaluate("tones") for one in (page, other)] == [0, 0]


@pytest.mark.usefixtures("quiet")
def test_in_quiet_hours_only_what_is_critical_is_told(site, open_tab):
    page = open_tab()
    tell(site, page, "Later", unread=1)
    tell(site, page, "Fire", "--level", "critical", unread=2)
    page.wait_for_function("() => made.length === 1")
    assert told(page) == ["Fire"]


def test_what_is_critical_is_told_as_preferences_say(site, open_tab, alice):
    acts.choose(alice.pk, rows={"general": Channels(desktop=False, sound=True)})
    page = open_tab()
    page.mouse.click(5, 500)
    tell(site, page, "Fire", "--level", "critical", unread=1)
    page.wait_for_function("() => tones === 2")
    tell(site, page, "News", "--category", "news", unread=2)
    page.wait_for_function("() => made.length === 1")
    assert told(page) == ["News"]


def test_a_sound_is_made_only_once_somebody_has_touched_the_page(site, browser, alice):
    """In a browser of raw protocol: whatever Playwright evaluates counts as a touch."""
    acts.choose(alice.pk, rows={"general": Channels(sound=True)})
    tab = browser.open("about:blank", cookies_of(alice, site.url))
    tab.send("Page.addScriptToEvaluateOnNewDocument", source=WRAPPED)
    tab.go(f"{site.url}/inbox/")
    is_live(tab)
    site.notify("Unheard", "--user", "alice")
    tab.until(f"!!{TOASTS}.querySelector('.toast')", "it is told of")
    assert tab.evaluate("String([contexts, tones])") == "0,0"
    for kind in ("mousePressed", "mouseReleased"):
        place = {"x": 5, "y": 500, "button": "left", "clickCount": 1}
        tab.send("Input.dispatchMouseEvent", type=kind, **place)
    site.notify("Heard", "--user", "alice")
    # The first may have come to the point of it only now, when it may be heard too.
    tab.until("contexts > 0 && tones === 2 * contexts", "it is heard")


def test_of_what_is_muted_locked_or_turned_off_there_is_none(site, open_tab, alice):
    acts.mute(alice.pk, "category", "muted")
    acts.choose(alice.pk, rows={"off": Channels(desktop=False)})
    page = open_tab()
    site.notify("Muted", "--user", "alice", "--category", "muted")
    tell(site, page, "Off", "--category", "off", unread=1)
    page.context.add_init_script(AS_LOCKED)
    page.reload()
    page.wait_for_function(LIVE)
    page.mouse.click(5, 500)
    tell(site, page, "Locked", "--category", "locked", unread=2)
    tell(site, page, "News", unread=3)
    page.wait_for_function("() => made.length === 1")
    assert told(page) == ["News"]
    assert page.evaluate("tones") == 2


def test_a_click_opens_its_page_and_it_is_read(site, open_tab, alice):
    page = open_tab()
    tell(site, page, "Hello", unread=1)
    page.wait_for_function("() => made.length === 1")
    page.evaluate("made[0].dispatchEvent(new Event('click'))")
    page.get_by_role("heading", name="Hello", level=1).wait_for()
    pk = InboxItem.objects.get().notification_id
    assert page.url.endswith(f"/inbox/{pk}/")
    until(lambda: InboxItem.objects.get().read_at, "it is read")


def test_a_page_may_open_it_in_its_own_way(site, open_tab):
    page = open_tab()
    tell(site, page, "Hello", unread=1)
    page.wait_for_function("() => made.length === 1")
    page.evaluate(
        """() => {
          addEventListener('nb:activate', (event) => {
            event.preventDefault()
            window.opened = event.detail.notification.title
          })
          made[0].dispatchEvent(new Event('click'))
        }"""
    )
    assert page.evaluate("opened") == "Hello"
    until(lambda: InboxItem.objects.get().read_at, "it is read")
    assert page.url.endswith("/inbox/")
