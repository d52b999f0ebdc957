"""`<notification-bell>` on somebody else's page: what its author may say, ask and hear."""

import json
import re

import pytest
from playwright.sync_api import expect

from notifications.models import InboxItem
from tests.browser.looks import ANY_LOOK
from tests.browser.rows import do
from tests.browser.shop_pages import says, shop_pages
from tests.support.processes import until

BELL = "document.querySelector('notification-bell')"
HEARD = """<script>
  window.heard = []
  const names = "ready notification activate change panel state error signedout".split(" ")
  for (const name of names)
    addEventListener(`nb:${name}`, ({ detail, composed }) =>
      heard.push([name, JSON.stringify(detail), composed]))
</script>"""
PAGE = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>{head}
<script type="module" src="{{site}}/static/notifications/define.js"></script>
<style>body {{ margin: 0 }}</style>{body}"""


def tag(attributes="", inside=""):
    return (
        '<notification-bell src="{site}/api/v1/" token-url="/notify-token/" '
        f'{attributes}><a href="/">Notifications</a>{inside}</notification-bell>'
    )


@pytest.fixture
def open_page(site, chromium, alice):
    """Open a page of the shop with this in it, as alice, and wait until it is live."""
    with shop_pages(site, chromium, alice) as open_shop:

        def at(body, *, head=HEARD, wait=True, **options):
            page = open_shop(PAGE.format(head=head, body=body), **options)
            if wait:
                is_live(page)
            return page

        yield at


def is_live(page, bell=BELL):
    says(page, f"{bell}?.state === 'live' && {bell}.shadowRoot.querySelector('.panel')")


def button(page):
    return page.locator("notification-bell .bell")


def panel(page):
    return page.get_by_role("dialog", name="Notifications")


def heard(page, name):
    said = page.evaluate("heard")
    assert all(composed for _, _, composed in said)
    return [json.loads(detail) for one, detail, _ in said if one == name]


# --- Methods and events ---------------------------------------------------------------------------


def test_its_methods_do_what_they_say_and_undo_takes_the_last_one_back(site, open_page, alice):
    page = open_page(tag())
    for title in ("First", "Second"):
        site.notify(title, "--user", "alice")
    says(page, f"{BELL}.items.length === 2")
    first, second = page.evaluate(f"{BELL}.items.map(({{ id }}) => id).reverse()")
    item = InboxItem.objects.get(notification__title="First")
    for call, name, is_set in (
        (f"markRead('{first}')", "read_at", True),
        (f"markUnread('{first}')", "read_at", False),
        (f"snooze('{first}', new Date(Date.now() + 3600e3))", "snoozed_until", True),
        ("undo()", "snoozed_until", False),
        (f"archive('{first}')", "archived_at", True),
        ("undo()", "archived_at", False),
        (f"archive(['{first}', '{second}'])", "archived_at", True),
        ("undo()", "archived_at", False),
        ("markAllRead()", "read_at", True),
        ("undo()", "read_at", False),
    ):
        assert page.evaluate(f"{BELL}.{call}") is True, call
        item.refresh_from_db()
        assert (getattr(item, name) is not None) is is_set, f"{call}: {name}"
    assert page.evaluate(f"{BELL}.refresh()") is True
    assert page.evaluate(f"{BELL}.items.map(({{ title }}) => title)") == ["Second", "First"]
    refused = f"{BELL}.snooze('{first}', 'tomorrow').catch((error) => error.name)"
    assert page.evaluate(refused) == "RangeError"


def test_there_is_nothing_to_undo_at_first_and_nothing_once_it_is_done(open_page, alice):
    page = open_page(tag())
    assert page.evaluate(f"{BELL}.undo()") is False
    alone = "document.createElement('notification-bell')"
    assert page.evaluate(f"{alone}.archive('1').catch((e) => e.message)") == (
        "A <notification-bell> can act once it is in a page."
    )
    assert page.evaluate(f"[{alone}.state, {alone}.items, {alone}.unreadCount]") == [
        "waiting", [], 0,
    ]  # fmt: skip


def test_what_is_asked_for_before_it_can_be_seen_opens_once(open_page):
    held = []
    page = open_page(tag())
    page.route("**/bell-details*.css", lambda one: held.append(one))  # noqa: PLW0108 (it wants a function)
    page.reload()
    button(page).click()
    until(lambda: held or page.evaluate("1") is None, "its style is asked for")
    button(page).click()
    expect(panel(page)).to_be_hidden()
    held[0].continue_()
    expect(panel(page)).to_be_visible()
    page.evaluate(f"{BELL}.close()")
    expect(panel(page)).to_be_hidden()
    is_live(page)
    expect(panel(page)).to_be_hidden()


def test_events_bubble_out_of_shadows_and_two_can_be_cancelled(site, open_page, alice):
    page = open_page(tag())
    page.evaluate("addEventListener('nb:notification', (e) => e.preventDefault(), { once: true })")
    site.notify("Silent", "--user", "alice")
    says(page, "heard.some(([name]) => name === 'notification')")
    site.notify("Loud", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Loud")
    expect(page.locator("notification-toast")).not_to_contain_text("Silent")
    assert heard(page, "ready") == [{"unread": 0, "unseen": 0}]
    assert heard(page, "state")[-1]["role"] == "leader"
    assert heard(page, "change")[-1]["source"] == "stream"
    button(page).click()
    expect(panel(page)).to_be_visible()
    page.evaluate("addEventListener('nb:activate', (e) => e.preventDefault())")
    panel(page).get_by_role("button", name="Loud", exact=True).click()
    says(page, "heard.some(([name]) => name === 'activate')")
    assert (
        panel(page).get_by_role("button", name="Loud", exact=True).get_attribute("aria-expanded")
        == "false"
    )
    page.evaluate(f"{BELL}.close()")
    expect(panel(page)).to_be_hidden()
    says(page, "heard.filter(([name]) => name === 'panel').length === 2")
    assert heard(page, "panel") == [{"open": True}, {"open": False}]


# --- Attributes -----------------------------------------------------------------------------------


def test_attributes_take_effect_when_they_change(site, open_page, alice):
    page = open_page(tag('max="2" title-count'))
    badge = page.locator("notification-bell .badge")

    def becomes(name, value):
        page.evaluate(f"([name, value]) => {BELL}.setAttribute(name, value)", [name, value])

    for n in range(3):
        site.notify(f"Number {n}", "--user", "alice", "--level", "critical")
    expect(badge).to_have_text("2+")
    expect(page).to_have_title("(3) Shop")
    becomes("max", "99")
    expect(badge).to_have_text("3")
    page.evaluate(f"{BELL}.removeAttribute('title-count')")
    expect(page).to_have_title("Shop")
    becomes("badge", "dot")
    expect(badge).to_have_text("")
    expect(badge).to_be_visible()
    becomes("badge", "none")
    expect(badge).to_be_hidden()
    page.evaluate(f"{BELL}.markSeen({BELL}.items.map((one) => one.id))")
    becomes("badge", "unseen")
    expect(badge).to_be_hidden()
    page.evaluate(f"{BELL}.open()")
    expect(panel(page).get_by_role("listitem")).to_have_count(3)
    becomes("limit", "2")
    expect(panel(page).get_by_role("listitem")).to_have_count(2)
    surface = f"getComputedStyle({BELL}.shadowRoot.querySelector('.panel')).backgroundColor"
    assert page.evaluate(surface) == "rgb(255, 255, 255)"
    becomes("theme", "dark")
    assert page.evaluate(surface) == "rgb(22, 27, 34)"
    becomes("inbox-url", "/all/")
    expect(panel(page).get_by_role("link", name="Open inbox")).to_have_attribute(
        "href", re.compile("/all/$")
    )
    becomes("transport", "poll")
    says(page, f"{BELL}.client.transport === 'poll' && {BELL}.state === 'live'")


@pytest.mark.parametrize(
    ("position", "edges"),
    [("bottom-end", "right bottom"), ("top-start", "left top"), ("top-center", "top")],
)
def test_toasts_stand_where_they_are_told_to(site, open_page, alice, position, edges):
    page = open_page(tag(f'toast-position="{position}" toast-duration="3600000"'))
    site.notify("Hello", "--user", "alice")
    toast = page.locator("notification-toast .toast")
    expect(toast).to_be_visible()
    box, screen = toast.bounding_box(), page.viewport_size
    at = {
        "left": box["x"], "right": screen["width"] - box["x"] - box["width"],
        "top": box["y"], "bottom": screen["height"] - box["y"] - box["height"],
    }  # fmt: skip
    near = {side for side, px in at.items() if px < 40}
    assert near == set(edges.split())


def test_another_user_is_another_inbox_and_the_old_ones_connection_ends(
    site, open_page, alice, charlie, processes
):
    processes.may_warn = True
    site.notify("For alice", "--user", "alice")
    page = open_page(tag())
    says(page, f"{BELL}.unreadCount === 1")
    page.evaluate(f"window.old = {BELL}.client; {BELL}.setAttribute('user', 'somebody-else')")
    says(page, f"{BELL}.client !== old && {BELL}.client.reason === 'other_user'")
    assert page.evaluate(f"{BELL}.items.length") == 0
    says(page, "old.state !== 'live'")


def test_who_is_taken_away_and_put_back_goes_on_where_it_was(site, open_page, alice):
    page = open_page(tag())
    page.evaluate(f"window.bell = {BELL}; window.client = bell.client; bell.remove()")
    site.notify("Meanwhile", "--user", "alice")
    says(page, "client.counts.unread === 1")
    page.evaluate("document.body.append(bell)")
    is_live(page)
    assert page.evaluate("bell.client === client && bell.unreadCount") == 1
    button(page).click()
    expect(panel(page)).to_contain_text("Meanwhile")
    # Away for good, it costs nobody a connection.
    page.evaluate("bell.remove()")
    says(page, "client.state !== 'live'")


def test_what_no_attribute_can_be_is_told_of_and_the_default_holds(site, open_page, alice):
    page = open_page(
        tag('badge="big" max="many" limit="0" toast-position="left" theme="blue" inbox-url="x:y"')
    )
    for told in (
        'badge="big">: this takes one of unread, unseen, dot, none. unread is used.',
        'max="many">: this takes a number from 1 to 9999. 99 is used.',
        'limit="0">: this takes a number from 1 to 50. 10 is used.',
        'inbox-url="x:y">: this takes an address of the web. None is used.',
    ):
        full = f"<notification-bell {told}"
        until(lambda text=full: text in page.warned, full)
    assert len(page.warned) == len(set(page.warned)) == 6
    site.notify("Hello", "--user", "alice")
    expect(page.locator("notification-bell .badge")).to_have_text("1")


# --- Slots, parts and rows ------------------------------------------------------------------------


def test_slots_and_parts_are_the_pages_to_fill_and_to_dress(site, open_page, alice):
    inside = (
        '<i slot="icon">!</i><b slot="empty">All done here</b>'
        '<button slot="header-actions">Filter</button><a slot="footer" href="/help/">Help</a>'
    )
    style = """<style>
      notification-bell::part(title) { color: rgb(1, 2, 3) }
      notification-bell::part(item-unread) { color: rgb(4, 5, 6) }
      notification-bell::part(toast) { color: rgb(7, 8, 9) }
      notification-bell { --nb-surface: rgb(10, 11, 12); --nb-panel-width: 300px }
      header, notification-bell { --nb-radius-card: 3px }
    </style>"""
    page = open_page(tag("", inside), head=style)
    button(page).click()
    for text in ("All done here", "Filter", "Help"):
        expect(page.get_by_text(text)).to_be_visible()
    expect(page.get_by_text("!", exact=True)).to_be_visible()
    site.notify("Hello", "--user", "alice")
    expect(panel(page).get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("All done here")).to_be_hidden()
    css = """(one) => {
      const { color, backgroundColor, borderRadius, width } = getComputedStyle(one)
      return [color, backgroundColor, borderRadius, width]
    }"""
    assert panel(page).evaluate(css)[1:] == ["rgb(10, 11, 12)", "3px", "300px"]
    assert panel(page).get_by_role("heading").evaluate(css)[0] == "rgb(1, 2, 3)"
    assert panel(page).get_by_role("listitem").evaluate(css)[0] == "rgb(4, 5, 6)"
    assert page.locator("notification-toast .toast").evaluate(css)[0] == "rgb(7, 8, 9)"


OWN_ROW = """<template slot="item"><article class="mine"><a data-link data-field="title"></a>
<p data-field="body"></p><small data-field="sender"></small><time data-field="time"></time>
<button data-act="archive">Away</button></article></template>"""


def test_a_row_may_be_the_pages_own_by_a_template(site, open_page, alice):
    style = "<style>.mine { color: rgb(1, 2, 3) } [data-unread] .mine { font-weight: 700 }</style>"
    page = open_page(tag("", OWN_ROW), head=HEARD + style)
    site.notify("<b>Parcel</b> sent", "--user", "alice", "--body", "Today", "--url", "/parcels/7")
    button(page).click()
    row = page.locator("notification-bell .mine")
    link = row.get_by_role("link", name="<b>Parcel</b> sent")
    expect(link).to_have_attribute("href", re.compile("/parcels/7$"))
    expect(row).to_contain_text("Today")
    expect(row.locator("small")).to_be_hidden()
    expect(row).to_have_css("color", "rgb(1, 2, 3)")
    expect(row).to_have_css("font-weight", "700")
    page.evaluate("addEventListener('nb:activate', (e) => e.preventDefault())")
    link.click()
    says(page, f"{BELL}.unreadCount === 0")
    expect(row).to_have_css("font-weight", "400")
    row.get_by_role("button", name="Away").click()
    expect(row).to_have_count(0)
    assert page.locator("notification-bell .nb-own-item").count() == 0


def test_or_by_a_function_whose_mistake_harms_nobody(site, open_page, alice):
    page = open_page(tag())
    site.notify("First", "--user", "alice")
    button(page).click()
    page.evaluate(
        f"""void ({BELL}.renderItem = ({{ title }}, {{ unread, time }}) => {{
          const textContent = `${{title}} ${{unread}} ${{time}}`
          return Object.assign(document.createElement('em'), {{ textContent }})
        }})"""
    )
    expect(page.locator("notification-bell em")).to_have_text("First true now")
    page.evaluate("window.faults = 0; onerror = () => { faults++; return true }")
    page.evaluate(f"void ({BELL}.renderItem = () => {{ throw new Error('no') }})")
    expect(page.locator("notification-bell .nb-own-item")).to_have_text("First")
    assert page.evaluate("faults") >= 1
    page.evaluate(f"{BELL}.renderItem = null")
    expect(panel(page).get_by_role("button", name="First", exact=True)).to_be_visible()
    expect(page.locator("notification-bell .nb-own-item")).to_have_count(0)


# --- Where it stands ------------------------------------------------------------------------------

INTO_A_SHADOW = """<div id="outer"></div><script>
  const outer = document.querySelector("#outer").attachShadow({ mode: "open" })
  outer.innerHTML = `%s`
  window.bell = outer.querySelector("notification-bell")
</script>"""
HEADER = """<header style="position: sticky; top: 0; text-align: right">%s</header>
<p style="height: 3000px">"""
PLACES = {
    "sticky": (HEADER, ""),
    "dialog": (
        "<dialog id=d><p>Settings</p>%s</dialog>",
        "document.querySelector('dialog').showModal()",
    ),
    "shadow": (INTO_A_SHADOW, ""),
    "bottom": ('<div style="position: fixed; bottom: 0; left: 0">%s</div>', ""),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("width", [800, 320])
def test_panel_and_focus_work_wherever_it_stands(site, open_page, alice, place, width):
    around, begin = PLACES[place]
    size = {"width": width, "height": 600}
    page = open_page(
        around % tag(),
        viewport=size,
        wait=False,
        **{k: v for k, v in ANY_LOOK.items() if k != "viewport"},
    )
    bell = "(window.bell ?? document.querySelector('notification-bell'))"
    is_live(page, bell)
    page.evaluate(begin)
    for n in range(12):
        site.notify(f"Number {n}", "--user", "alice")
    says(page, f"{bell}.unreadCount === 12")
    page.evaluate("scrollTo(0, 500)")
    with page.expect_response(answer_to("seen")):
        button(page).click()
    expect(panel(page)).to_be_visible()
    expect(panel(page).get_by_role("heading")).to_be_focused()
    until(lambda: is_within(panel(page).bounding_box(), size), "it is on the screen")
    with page.expect_response(answer_to("archive")):
        do(panel(page), "Archive", "Number 11")
    says(page, f"{bell}.unreadCount === 11")
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(button(page)).to_be_focused()


def answer_to(op):
    """Whether an answer is one to such an act."""
    return lambda one: one.request.method == "POST" and f'"{op}"' in (one.request.post_data or "")


def is_within(box, size):
    return (
        box["x"] >= 0 and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
    )  # fmt: skip


def test_it_works_in_a_frame(site, open_page, alice):
    frame = """<script>
      const frame = { src: "/frame", title: "Menu", width: 420, height: 300 }
      if (location.pathname !== "/frame")
        document.body.append(Object.assign(document.createElement("iframe"), frame))
    </script>"""
    page = open_page(tag() + frame)
    inner = page.frame(url=re.compile("/frame$"))
    until(lambda: inner.evaluate(f"{BELL}?.state === 'live'"), "it is live there")
    site.notify("Hello", "--user", "alice")
    inside = page.frame_locator("iframe")
    inside.locator("notification-bell .bell").click()
    shown = inside.get_by_role("dialog", name="Notifications")
    expect(shown).to_contain_text("Hello")
    frame = page.locator("iframe").bounding_box()

    def is_inside():
        box = shown.bounding_box()
        return frame["y"] <= box["y"] <= frame["y"] + frame["height"] + 4 - box["height"]

    until(is_inside, "it is within the frame")


def test_what_is_set_before_the_module_is_there_holds(site, open_page, alice):
    early = (
        "<script>document.querySelector('notification-bell').renderItem = () => 'early'</script>"
    )
    page = open_page(tag() + early)
    site.notify("Hello", "--user", "alice")
    button(page).click()
    expect(page.locator("notification-bell .nb-own-item")).to_have_text("early")


def test_its_words_are_the_pages_to_choose_before_and_after_it_is_there(site, open_page, alice):
    early = """<script>
      document.querySelector("notification-bell").words = { Notifications: "Messages" }
    </script>"""
    page = open_page(tag() + early)
    expect(button(page)).to_have_accessible_name("Messages")
    forms = "{ '%(count)s unread': { one: '%(count)s to read', other: '%(count)s to read' } }"
    page.evaluate(f"{BELL}.words = {forms}")
    site.notify("Hello", "--user", "alice")
    expect(button(page)).to_have_accessible_name(re.compile("^Messages, 1 to read"))
    is_live(page)
    page.evaluate(f"{BELL}.open()")
    page.evaluate(f"{BELL}.words = {{ 'Mark all as read': 'Done with all' }}")
    is_live(page)
    says(page, f"{BELL}.shadowRoot.querySelectorAll('.panel').length === 1")
    page.evaluate(f"{BELL}.open()")
    dialog = page.get_by_role("dialog", name="Messages")
    expect(dialog.get_by_role("button", name="Done with all")).to_be_visible()


def test_two_bells_share_a_connection_and_one_of_them_speaks(site, open_page, alice):
    page = open_page(tag() + INTO_A_SHADOW % tag())
    says(page, f"bell.client === {BELL}.client && bell.state === 'live'")
    site.notify("Once", "--user", "alice")
    says(page, f"bell.unreadCount === 1 && {BELL}.unreadCount === 1")
    expect(page.locator("notification-toast .toast")).to_have_count(1)
