"""Whoever has no mouse, a finger, or large letters reaches and reads all that others do."""

import re

import pytest
from playwright.sync_api import expect

from notifications.models import audiences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.browser.shop_pages import shop_pages
from tests.browser.test_bell_element import PAGE, is_live, tag

# What has the focus, through all shadows, in words.
FOCUSED = """
() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return "";
  return `${node.localName} ${node.ariaLabel ?? node.textContent.trim()}`;
}
"""
# How many of a list's rows Tab stops in, with all that it stops at.
STOPS = """
(list) => {
  const isStop = (node) =>
    node.tabIndex >= 0 && node.checkVisibility({ visibilityProperty: true });
  const inside = "a, button, summary, input";
  const rows = [...list.querySelectorAll(".nb-row")];
  const stops = rows.map((row) => [row, ...row.querySelectorAll(inside)].filter(isStop).length);
  const sum = stops.reduce((a, b) => a + b, 0);
  return { rows: rows.length, stopped: stops.filter(Boolean).length, stops: sum };
}
"""
# What is smaller than a finger. A link within a text may be (WCAG 2.2, 2.5.8), and a row's title.
SMALL = """
(px) => {
  const pressed = `a[href], button, summary, select, textarea, [role=tab],
    input:not([type=hidden])`;
  const inText = `p:not(.older) a:not(.button, .back), dd a, h2 a, .nb-body a,
    .nb-title :is(a, button)`;
  const small = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (!node.matches(pressed) || node.matches(inText)) continue;
      if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (node.closest(".visually-hidden, .skip")) continue;
      const hit = (node.matches("input") && node.closest("label")) || node;
      const { width, height } = hit.getBoundingClientRect();
      const what = `${node.localName} ${node.ariaLabel ?? node.textContent.trim()}`;
      if (width && Math.min(width, height) < px - 0.5) small.push(`${what}: ${width} x ${height}`);
    }
  };
  look(document);
  return small;
}
"""
# Text that is cut off where nothing says so. A list's rows are cut, and say so by an ellipsis.
CLIPPED = """
() => {
  const apart = ".visually-hidden, .skip, select, svg, .nb-title, .nb-line, .nb-tip, [popover]";
  const isText = ({ nodeType, data }) => nodeType === 3 && data.trim();
  const isCut = (node) => {
    const { overflowX, overflowY, textOverflow } = getComputedStyle(node);
    const tooHigh = overflowY === "hidden" && node.scrollHeight > node.clientHeight + 2;
    const tooWide = overflowX === "hidden" && node.scrollWidth > node.clientWidth + 2;
    return tooHigh || (tooWide && textOverflow !== "ellipsis");
  };
  return [...document.querySelectorAll("main *, header *")]
    .filter((node) => [...node.childNodes].some(isText) && !node.closest(apart))
    .filter((node) => node.checkVisibility() && isCut(node))
    .map((node) => `${node.localName}.${node.className}: ${node.textContent.trim()}`);
}
"""
# How many lines of a title something else lies upon.
COVERED = """
(link) => {
  const title = link.closest("h3");
  const { bottom } = title.getBoundingClientRect();
  const isCovered = ({ left, right, top, height }) =>
    [left + 2, (left + right) / 2, right - 2].some((x) => {
      const found = document.elementFromPoint(x, top + height / 2);
      return !title.contains(found);
    });
  const lines = [...link.getClientRects()].filter((box) => box.bottom <= bottom + 1);
  return lines.filter(isCovered).length;
}
"""
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PAGES = [
    "/inbox/",
    "/inbox/preferences/",
    "/accounts/devices/",
    "/accounts/password-change/",
    "/diagnostics/",
]
PHONE = {"viewport": {"width": 320, "height": 700}, "has_touch": True, "is_mobile": True}


def send(user, count=1, **fields):
    for n in range(count):
        acts.send(
            Message(**({"title": f"Number {n}", "body": "Of many."} | fields)),
            audience=audiences.ChosenUsers.named([user.username]),
        )


def is_enhanced(page):
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()


def test_fifty_rows_are_one_stop_with_what_can_be_done_there(open_page, alice):
    send(alice, 50)
    page = open_page(alice)
    is_enhanced(page)
    found = page.locator("[data-inbox]").evaluate(STOPS)
    assert (found["rows"], found["stopped"]) == (50, 1)
    assert found["stops"] <= 10
    # All of the page, by the key itself, until it is around.
    page.evaluate("document.activeElement.blur()")
    order = []
    while len(order) < 60:
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused or focused in order[:1]:
            break
        order.append(focused)
    assert len(order) < 35, order
    assert any(one.startswith("button Archive: Number 49") for one in order), order


@pytest.mark.parametrize("element", ["bell", "inbox"])
def test_a_list_on_a_hosts_page_is_one_stop_and_arrows_lead_on(site, chromium, alice, element):
    send(alice, 20, url="/orders/7/")
    body = {
        "bell": tag('limit="20"'),
        "inbox": '<notification-inbox src="{site}/api/v1/" token-url="/notify-token/" limit="20">'
        '<a href="/">Notifications</a></notification-inbox>',
    }[element]
    with shop_pages(site, chromium, alice) as open_shop:
        page = open_shop(PAGE.format(head="", body=body))
        if element == "bell":
            is_live(page)
            page.locator("notification-bell .bell").click()
        walk_by_arrows(page, element)


def walk_by_arrows(page, element):
    rows = page.locator("li.nb-row")
    expect(rows).to_have_count(20)
    rows.first.get_by_role("link").focus()
    look = f"() => ({STOPS})(document.querySelector('notification-{element}').shadowRoot)"
    assert page.evaluate(look)["stopped"] == 1
    for key, title in (
        ("ArrowDown", 18),
        ("ArrowDown", 17),
        ("ArrowUp", 18),
        ("End", 0),
        ("Home", 19),
    ):
        page.keyboard.press(key)
        expect(rows.get_by_role("link", name=f"Number {title}", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert "Mark as read: Number 18" in page.evaluate(FOCUSED)
    assert page.evaluate(look)["stopped"] == 1
    # A screen reader, which has no Tab, finds them in each row.
    expect(page.get_by_role("button", name="Archive: Number 3", exact=True)).to_have_count(1)


@pytest.mark.parametrize("path", PAGES)
def test_what_a_finger_hits_is_large_enough(open_page, alice, path):
    send(alice, 2, actions=[{"label": "Approve", "url": "/inbox/"}])
    page = open_page(alice, path, **PHONE)
    if path == "/inbox/":
        is_enhanced(page)
    assert page.evaluate(SMALL, 44) == []


def test_what_a_finger_hits_in_the_panel_is_large_enough(open_page, alice):
    send(alice, 2, actions=[{"label": "Approve", "url": "/inbox/"}])
    page = open_page(alice, **PHONE)
    page.get_by_role("button", name=re.compile("^Notifications")).click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    close = page.get_by_role("button", name="Close")
    # It is drawn: its outline has a colour, and the picture a size.
    drawn = "(one) => getComputedStyle(one).stroke !== 'none' && one.clientWidth"
    assert close.locator("svg").evaluate(drawn) == 18
    assert page.evaluate(SMALL, 44) == []


@pytest.mark.parametrize("path", [*PAGES, "ONE"])
def test_a_desk_at_400_percent_and_letters_twice_as_large(open_page, alice, path):
    send(alice, 3, actions=[{"label": "Approve the invoice", "url": "/inbox/"}])
    page = open_page(alice, viewport={"width": 320, "height": 256})
    if path == "ONE":
        path = page.get_by_role("link", name="Number 2").get_attribute("href")
    page.goto(path)
    assert not page.evaluate(WIDE)
    # As a browser does whose reader has chosen larger letters.
    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(CLIPPED) == []
    assert not page.evaluate(WIDE)


def test_nothing_lies_upon_the_title_that_has_the_focus(open_page, alice):
    send(alice, 2, title="Invoice 2026-118 of Northwind Traders awaits your approval")
    page = open_page(alice, viewport={"width": 320, "height": 700})
    is_enhanced(page)
    title = page.get_by_role("article").nth(1).get_by_role("link", name="Invoice")
    title.focus()
    assert title.evaluate(COVERED) == 0
    page.get_by_role("button", name=re.compile("^Actions: ")).nth(1).click()
    expect(page.get_by_role("button", name=re.compile("^Archive: "))).to_be_visible()


# The tops of what can be pressed in each line of a bar: by how many stand in it.
LINES = """
(bar) => {
  const shown = [...bar.querySelectorAll("button, summary")].filter(
    (one) => one.checkVisibility() && !one.closest(".nb-choices"),
  );
  const middles = shown.map((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return Math.round((top + bottom) / 2);
  });
  return Object.values(Object.groupBy(middles, (middle) => middle)).map((line) => line.length);
}
"""
# Whether what stands in the header stands in one line, and all of it within the window.
ONE_LINE = """
(header) => {
  const boxes = [...header.querySelectorAll(".brand, notification-bell, .menu > summary")].map(
    (one) => one.getBoundingClientRect(),
  );
  const top = Math.max(...boxes.map((box) => box.top));
  const bottom = Math.min(...boxes.map((box) => box.bottom));
  const isInside = ({ left, right }) => left >= 0 && right <= innerWidth;
  return boxes.length === 3 && top < bottom && boxes.every(isInside);
}
"""


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_no_act_of_the_bar_for_many_is_alone_in_its_line(open_page, send_many, alice, language):
    send_many(alice, 6)
    page = open_page(alice, locale=language, viewport={"width": 1440, "height": 900})
    page.locator(".shortcuts").wait_for()
    for one in page.locator("[data-part=pick]").all()[:2]:
        one.check(force=True)
    bar = page.locator("[data-bulk]")
    expect(bar).to_be_visible()
    for width in (1440, 1000, 768, 640, 599, 480, 414, 360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        lines = bar.evaluate(LINES)
        assert min(lines) >= 2, f"at {width} px: {lines}"
        assert len(lines) <= (2 if width >= 480 else 3), f"at {width} px: {lines}"


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_on_a_phone_the_header_is_one_line_and_its_menu_leads_everywhere(
    open_page, alice, language
):
    page = open_page(alice, locale=language, viewport={"width": 320, "height": 700})
    header = page.get_by_role("banner")
    expect(header.locator("notification-bell")).to_be_visible()
    for width in (320, 390, 480, 639):
        page.set_viewport_size({"width": width, "height": 700})
        assert header.evaluate(ONE_LINE), f"at {width} px"
    diagnostics = (
        header.get_by_role("link").filter(visible=True).and_(page.locator("[href='/diagnostics/']"))
    )
    expect(diagnostics).to_have_count(0)
    header.locator(".menu > summary").press("Enter")
    expect(diagnostics).to_have_count(1)
    page.set_viewport_size({"width": 640, "height": 700})
    expect(header.locator("nav > .places [href='/diagnostics/']")).to_be_visible()
    expect(header.locator(".menu [href='/diagnostics/']")).to_be_hidden()
