"""The bell in the setups that the docs describe: how it looks there, and where clicks land.

On a page of another origin, served by the server process itself or through the nginx of
`docs/howto/run-in-production.md`.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notifications.models import InboxItem
from tests.browser.conftest import OwnSite
from tests.browser.looks import ANY_LOOK, check
from tests.support.nginx import SHIPPED_NAME, Nginx, shipped
from tests.support.processes import until
from tests.support.shop import Shop
from tests.support.static_files import collect

BELL = "document.querySelector('notification-bell')"
SHADOW = f"{BELL}.shadowRoot"
TALL = "<style>body { margin: 0; min-height: 3000px }</style>"
# Of a page whose own style knows nothing of ours, on a canvas that is light or dark.
COLOURS = """() => {
  const bell = document.querySelector("notification-bell").shadowRoot
  const toast = bell.querySelector("notification-toast").shadowRoot
  const of = (root, where, name, pseudo) =>
    getComputedStyle(root.querySelector(where), pseudo)[name]
  return {
    panel: of(bell, ".panel", "backgroundColor"), text: of(bell, ".panel", "color"),
    line: of(bell, ".panel", "borderTopColor"), link: of(bell, ".foot", "color"),
    dot: of(bell, "li.unread", "borderTopColor", "::before"),
    level: of(bell, "[data-level=critical] .nb-level", "color"),
    badge: of(bell, ".badge", "backgroundColor"), number: of(bell, ".badge", "color"),
    toast: of(toast, ".toast", "backgroundColor"), said: of(toast, ".toast", "color"),
    edge: of(toast, ".toast", "borderLeftColor"), dismiss: of(toast, ".dismiss", "color"),
  }
}"""

# What stands on which surface.
SHOWN_ON = {
    "panel": ("text", "line", "dot", "level"),
    "toast": ("said", "edge", "dismiss"),
}


@pytest.fixture
def static_root(collected, tmp_path):
    return shutil.copytree(collected, tmp_path / "static")


@pytest.fixture
def published(processes, sender, static_root):
    """A site behind the nginx of the docs; the address that browsers have."""
    hosts = f"{SHIPPED_NAME},127.0.0.1"
    site = OwnSite(processes, sender, ALLOWED_HOSTS=hosts, HTTPS=1, STATIC_ROOT=static_root)
    with Nginx(site.port, shipped(), static_root=static_root) as proxy:
        site.url = f"https://127.0.0.1:{proxy.port}"
        yield site


@pytest.fixture(params=["server", "nginx"])
def setup(request):
    return request.getfixturevalue("site" if request.param == "server" else "published")


@pytest.fixture
def shop_of():
    """Start a shop that shows the bell of a site to a user."""
    shops = []

    def start(site, user):
        shops.append(Shop(site.url, head=TALL))
        shops[-1].give(user)
        return shops[-1]

    yield start
    for shop in shops:
        shop.close()


@pytest.fixture
def open_at(chromium):
    """Open a shop as a stranger to our site; once its bell is live no errors may be left behind."""
    contexts, errors = [], []

    def opened(shop, *, allow_errors=False):
        context = chromium.new_context(ignore_https_errors=True, **ANY_LOOK)
        contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": 800, "height": 600})
        if not allow_errors:
            page.on(
                "console", lambda said: errors.append(said.text) if said.type == "error" else None
            )
        page.goto(shop.url)
        until(lambda: page.evaluate(f"{BELL}.state === 'live'"), "it is live", within_s=30)
        until(lambda: page.evaluate(f"!!{SHADOW}.querySelector('.panel')"), "it has its panel")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def open_panel(page):
    page.locator("notification-bell .bell").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()


def picture(page, name):
    """Where somebody wants to look at it."""
    if folder := os.environ.get("SETUPS_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def light_of(colour):
    """How light a computed colour is, from 0 to 255; it must be opaque."""
    values = [float(one) for one in colour[colour.index("(") + 1 : -1].split(",")]
    assert values[3:] in ([], [1.0]), f"{colour} can be seen through"
    return sum(values[:3]) / 3


def test_the_bell_has_colours_where_the_page_gives_none(request, setup, shop_of, open_at, alice):
    page = open_at(shop_of(setup, alice))
    setup.notify("Payments fail", "--user", "alice", "--level", "critical", "--body", "Since noon.")
    expect(page.locator("notification-toast")).to_contain_text("Payments fail")
    open_panel(page)
    # What a panel shows comes a moment after it.
    expect(page.locator("notification-bell li.unread .nb-level")).to_be_visible()
    for scheme in ("light", "dark"):
        page.evaluate("(it) => { document.documentElement.style.colorScheme = it }", scheme)
        picture(page, f"{request.node.name}-{scheme}")
        seen = page.evaluate(COLOURS)
        light = {name: light_of(colour) for name, colour in seen.items()}
        for surface, texts in SHOWN_ON.items():
            assert (light[surface] > 128) == (scheme == "light"), (surface, seen)
            for text in texts:
                assert abs(light[surface] - light[text]) > 30, (surface, text, seen)
        assert abs(light["badge"] - light["number"]) > 80, seen
        for name in ("level", "edge", "badge"):
            red, green, blue = (float(value) for value in seen[name][4:-1].split(","))
            assert red > 1.3 * max(green, blue), (name, seen)


def test_axe_finds_nothing_wrong_with_the_bell_on_such_a_page(site, shop_of, open_at, alice):
    page = open_at(shop_of(site, alice))
    site.notify("No address", "--user", "alice")
    site.notify("Order 7", "--user", "alice", "--url", "/orders/7")
    expect(page.locator("notification-toast")).to_contain_text("Order 7")
    open_panel(page)
    check(page)
    # The narrowest look was the last: what can be done with one is behind a button.
    more = page.get_by_role("dialog").get_by_role("button", name=re.compile("^Actions: "))
    expect(more).to_have_count(2)
    more.first.click()
    acts = page.get_by_role("dialog").locator(".nb-acts:popover-open button:visible")
    assert len({it.bounding_box()["x"] for it in acts.all()}) == 1
    fits = f"(it => it.scrollWidth <= it.clientWidth)({SHADOW}.querySelector('.scroll'))"
    assert page.evaluate(fits)


def listen(page, *, cancel=False):
    """Note what the page hears, and perhaps take it over."""
    page.evaluate(
        """(cancel) => {
          window.heard = []
          addEventListener("nb:activate", (event) => {
            heard.push(event.detail.notification.title)
            if (cancel) event.preventDefault()
          })
        }""",
        cancel,
    )


def row(page, title):
    return page.get_by_role("dialog").get_by_role("listitem").filter(has_text=title)


def test_a_click_follows_the_notifications_own_address_or_unfolds_it(
    setup, shop_of, open_at, alice
):
    shop = shop_of(setup, alice)
    page = open_at(shop)
    body = "One.\n" + "More and more of it. " * 40 + "\nThe end."
    setup.notify("No address", "--user", "alice", "--body", body)
    setup.notify("Order 7", "--user", "alice", "--url", "/orders/7")
    until(lambda: page.evaluate(f"{BELL}.unreadCount === 2"), "both are there")
    listen(page)
    open_panel(page)
    assert page.get_by_role("dialog").get_by_role("link", name="Open inbox").count() == 0
    title = row(page, "No address").get_by_role("button", name="No address", exact=True)
    expect(title).to_have_attribute("aria-expanded", "false")
    title.click()
    expect(title).to_have_attribute("aria-expanded", "true")
    # All of it, of which the list had the beginning.
    expect(row(page, "No address")).to_contain_text("The end.")
    until(lambda: page.evaluate(f"{BELL}.unreadCount === 1"), "that is read")
    assert page.url == f"{shop.url}/"
    title.press("Enter")
    expect(title).to_have_attribute("aria-expanded", "false")
    assert page.evaluate("heard") == ["No address", "No address"]
    row(page, "Order 7").get_by_role("link", name="Order 7").click()
    page.wait_for_url(f"{shop.url}/orders/7")
    until(lambda: not unread_of(alice), "both are read")


def unread_of(user):
    return InboxItem.objects.filter(inbox__user=user, read_at=None).count()


def test_a_page_may_open_notifications_in_its_own_way(site, shop_of, open_at, alice):
    shop = shop_of(site, alice)
    page = open_at(shop)
    listen(page, cancel=True)
    for title, *more in (("No address",), ("Order 7", "--url", "/orders/7")):
        site.notify(title, "--user", "alice", *more)
    toasts = page.locator("notification-toast")
    toasts.get_by_text("Order 7").click()
    until(lambda: page.evaluate("heard.length === 1"), "the page hears of the toast")
    open_panel(page)
    row(page, "No address").get_by_role("button", name="No address", exact=True).click()
    row(page, "Order 7").get_by_role("link", name="Order 7").click()
    assert page.evaluate("heard") == ["Order 7", "No address", "Order 7"]
    expect(row(page, "No address").get_by_role("button").first).to_have_attribute(
        "aria-expanded", "false"
    )
    assert page.url == f"{shop.url}/"
    until(lambda: not unread_of(alice), "both are read")


def test_a_toast_without_an_address_unfolds_it_in_the_panel(site, shop_of, open_at, alice):
    shop = shop_of(site, alice)
    page = open_at(shop)
    site.notify("No address", "--user", "alice", "--body", "Here I am.")
    page.locator("notification-toast").get_by_role("button", name="No address", exact=True).click()
    title = row(page, "No address").get_by_role("button", name="No address", exact=True)
    expect(title).to_have_attribute("aria-expanded", "true")
    assert page.url == f"{shop.url}/"


def test_whoever_opens_a_notification_has_read_it_however_they_do(site, shop_of, open_at, alice):
    page = open_at(shop_of(site, alice))
    listen(page, cancel=True)  # or the page would be left
    ways = ["left", "middle", "Enter"]
    for way in ways:
        site.notify(f"By {way}", "--user", "alice", "--url", "/orders/7")
    until(lambda: page.evaluate(f"{BELL}.unreadCount === 3"), "they are there")
    open_panel(page)
    for left, way in enumerate(ways, start=-len(ways) + 1):
        link = row(page, f"By {way}").get_by_role("link", name=f"By {way}")
        if way == "Enter":
            link.press(way)
        else:
            link.click(button=way)
        until(lambda left=left: unread_of(alice) == -left, f"it is read by {way}")


def test_the_panel_stays_at_its_bell_when_the_page_scrolls(site, shop_of, open_at, alice):
    page = open_at(shop_of(site, alice))
    open_panel(page)
    top = f"{SHADOW}.querySelector('.panel').getBoundingClientRect().top"
    gap = f"Math.round({top} - {SHADOW}.querySelector('.bell').getBoundingClientRect().bottom)"
    for position, is_left_behind in (("sticky", False), ("static", True)):
        page.evaluate("scrollTo(0, 0)")
        style = "(it) => { Object.assign(document.querySelector('header').style, it) }"
        page.evaluate(style, {"position": position, "top": "0"})
        until(lambda: page.evaluate(gap) == 8, "the panel is below the bell")
        page.evaluate("scrollTo(0, 700)")
        until(lambda: page.evaluate("scrollY") == 700, "it has scrolled")
        until(lambda: page.evaluate(gap) == 8, f"the panel is where the bell is: {position}")
        assert (page.evaluate(top) < 0) == is_left_behind


def test_after_an_upgrade_no_module_is_of_another_version(
    processes, published, static_root, shop_of, open_at, alice, tmp_path
):
    """The next page has the new ones, whatever was cached; the open one finds its own still."""
    shop = shop_of(published, alice)
    page = open_at(shop, allow_errors=True)  # while the server starts again
    older = set(static_root.rglob("*.js"))
    collect(static_root, **next_version(tmp_path))
    assert older < set(static_root.rglob("*.js"))
    published.kill()
    published.start()
    page.goto(shop.url)
    until(lambda: page.evaluate(f"{BELL}?.state === 'live'"), "it is live again", within_s=60)
    published.notify("Hello", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Hello")
    open_panel(page)
    expect(row(page, "Hello")).to_be_visible()
    assert page.evaluate("window.version") == 2


# The names of what is loaded later hold a hash.
LATER = re.compile(r"-[0-9a-f]{12}\.js")


def next_version(folder):
    """The settings of a version in which the bundle that all use exports something else."""
    theirs = folder / "next" / "notifications"
    theirs.mkdir(parents=True)
    renamed = 0
    for path in Path("bundles/notifications").glob("*.js"):
        name, text = (LATER.sub("-next.js", one) for one in (path.name, path.read_text("utf-8")))
        if name == "details-next.js":
            text, renamed = re.subn(r"\bas element(?=[,}])", "as elementNow", text)
            text += "globalThis.version = 2;\n"
        else:
            text = re.sub(r"(?<=[{,])element as\b", "elementNow as", text)
        (theirs / name).write_text(text, "utf-8")
    assert renamed == 1
    return {
        "DJANGO_SETTINGS_MODULE": "tests.support.next_version",
        "NEXT_VERSION": json.dumps([str(theirs.parent)]),
    }
