"""Pages in other languages: whole, the right way round, and where a browser translates them."""

import json
import re

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from notifications.models import audiences
from notifications.preferences import acts as preferences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.browser.looks import ANY_LOOK, IN_LIGHT, check
from tests.support import pseudo_locale

IS_LIVE = "() => document.querySelector('notification-bell')?.state === 'live'"
USER_PAGES = [
    "/inbox/",
    "/inbox/?filter=snoozed",
    "/inbox/?filter=archived&q=1",
    "/inbox/preferences/",
    "/inbox/987654321/",
    "/accounts/devices/",
    "/accounts/password-change/",
    "/diagnostics/",
]
PUBLIC_PAGES = ["/accounts/login/", "/accounts/password-reset/", "/accounts/password-reset/done/"]

# Texts and names of a page and its shadows that have letters and are in no brackets. Names of
# people, sites and zones are nobody's to translate, and say so; a time is written by its language.
LEFT = """
() => {
  const apart = "script, style, template, noscript, time, bdi, kbd, svg, [translate=no]";
  const names = ["aria-label", "placeholder", "title", "alt"];
  const hasLetters = /\\p{L}/u;
  const left = [];
  let depth = 0;
  const say = (text, where) => {
    const outside = [...text].filter((one) => {
      if (one === "⟦") depth++;
      if (one === "⟧") depth--;
      return !depth && one !== "⟧";
    });
    if (hasLetters.test(outside.join(""))) left.push(`${where}: ${text.trim()}`);
  };
  const walk = (node) => {
    if (node.nodeType === 3) return say(node.data, node.parentElement?.tagName);
    if (node.nodeType === 1) {
      if (node.matches(apart)) return;
      for (const name of names) say(node.getAttribute(name) ?? "", name);
      if (node.shadowRoot) return walk(node.shadowRoot);
    }
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return left;
}
"""
WORDS = """
globalThis[Symbol.for("notifications.words")] =
  {texts: %s, language: "en", rules: new Intl.PluralRules("en")};
"""


@pytest.fixture
def filled(alice):
    """What has no letters is no language's."""
    audience = audiences.ChosenUsers.named([alice.username])
    for level in ("info", "success", "warning", "critical"):
        acts.send(Message("12 345", body="67", level=level), audience=audience)


def is_enhanced(page):
    page.wait_for_function(IS_LIVE)
    page.locator("notification-bell notification-toast").wait_for(state="attached")


def act(page, slot):
    """Press a button of the first row; on a touch screen it is in a menu."""
    button = page.locator(f"[data-inbox] article [data-act={slot}]").first
    button.evaluate("(one) => one.click()")


def test_nothing_on_a_page_of_a_user_is_left_untranslated(
    site_with, open_page, alice, filled, tmp_path, processes
):
    processes.may_warn = True  # of the notification that there is not
    site = site_with(**pseudo_locale.write(tmp_path / "pseudo"))
    options = {"base_url": site.url, "allow_errors": True}
    page = open_page(alice, "/healthz", extra_http_headers={"Accept-Language": "en-xa"}, **options)
    page.add_init_script(WORDS % json.dumps(pseudo_locale.catalogue()))
    for path in USER_PAGES:
        page.goto(path)
        if "987654321" not in path:
            is_enhanced(page)
        assert page.evaluate(LEFT) == [], path
    page.goto("/inbox/")
    is_enhanced(page)
    site.notify("678", "--user", "alice")
    expect(page.locator("[data-inbox] article").first).to_contain_text("678")
    page.locator("notification-bell button").first.click()
    expect(
        page.locator("notification-bell .panel, notification-bell [role=dialog]")
    ).to_be_visible()
    assert page.evaluate(LEFT) == []
    page.keyboard.press("Escape")
    act(page, "move")
    expect(page.locator("[data-inbox] article")).to_have_count(4)
    assert page.evaluate(LEFT) == []
    page.context.clear_cookies()
    for path in PUBLIC_PAGES:
        page.goto(path)
        assert page.evaluate(LEFT) == [], path


def test_nothing_on_the_dashboard_is_left_untranslated(site_with, open_page, alice, tmp_path):
    alice.is_staff = True
    alice.save()
    codenames = ["view_dashboard", "drain_process"]
    alice.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    site = site_with(**pseudo_locale.write(tmp_path / "pseudo"))
    asks = {"Accept-Language": "en-xa"}
    page = open_page(alice, "/healthz", base_url=site.url, extra_http_headers=asks)
    page.add_init_script(WORDS % json.dumps(pseudo_locale.catalogue()))
    page.goto("/dashboard/")
    expect(page.locator("p[data-state]")).to_contain_text("Live")
    site.notify("678", "--user", "alice")
    # By the script, then: the page was drawn before there was any.
    expect(page.locator("[data-event]")).to_have_count(1)
    expect(page.locator("[data-process]").first).to_be_visible(timeout=60_000)
    # Times are written by their language.
    left = LEFT.replace("time,", "time, .times, [data-event] td:nth-child(2),")
    assert page.evaluate(left) == []


def test_pages_and_bell_speak_german(site, open_page, alice):
    site.notify("Hallo", "--user", "alice", "--level", "warning")
    page = open_page(alice, locale="de-DE")
    is_enhanced(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Benachrichtigungen, 1 ungelesen")).to_be_visible()
    row = page.get_by_role("article", name="Hallo")
    expect(row).to_contain_text("Warnung")
    expect(page.get_by_role("heading", name="Heute")).to_be_visible()
    site.notify("Zweite", "--user", "alice")
    expect(page.get_by_role("article", name="Zweite")).to_contain_text("jetzt")
    page.get_by_role("button", name="Benachrichtigungen, 2 ungelesen").click()
    panel = page.get_by_role("dialog", name="Benachrichtigungen")
    expect(panel.get_by_role("link", name="Posteingang öffnen")).to_be_visible()


def test_what_is_chosen_in_the_preferences_holds_at_once(open_page, alice):
    page = open_page(alice, "/inbox/preferences/")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Einstellungen gespeichert.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Einstellungen")


def test_arabic_stands_from_right_to_left_and_breaks_no_rule(site, open_page, alice):
    # Whom the dashboard and the page with the elements are shown to.
    alice.is_staff = alice.is_superuser = True
    alice.save()
    preferences.choose(alice.pk, language="ar")
    for title in ("اكتمل التصدير", "Build 12 is done", "مرحبا"):
        site.notify(title, "--user", "alice")
    page = open_page(alice, **ANY_LOOK)
    is_enhanced(page)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("button", name="الإشعارات، 3 غير مقروءة")).to_be_visible()
    check(page)
    # Whatever its own direction, a title begins where the row does.
    ends = page.evaluate(
        """[...document.querySelectorAll("[data-inbox] article")].map((row) => {
          const text = document.createRange();
          text.selectNodeContents(row.querySelector("[data-part=title]"));
          return text.getBoundingClientRect().right;
        })"""
    )
    assert max(ends) - min(ends) < 2
    page.locator("notification-bell button").first.click()
    check(page)
    for path in ("/inbox/preferences/", "/diagnostics/", "/dashboard/", "/demo/"):
        page.goto(path)
        check(page, IN_LIGHT)


# As page translators do, and again whenever something is written anew.
TRANSLATE = """
() => {
  const apart = "font, script, style, [translate=no]";
  const rewrite = (root) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      const parent = text.parentElement;
      if (!parent || !text.data.trim() || parent.closest(apart)) continue;
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      inner.textContent = text.data.toUpperCase();
      outer.append(inner);
      text.replaceWith(outer);
    }
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) rewrite(one.shadowRoot);
  };
  document.documentElement.lang = "x-translated";
  rewrite(document.body);
}
"""


def test_a_browser_that_translates_the_page_breaks_nothing(site, open_page, alice):
    site.notify("One", "--user", "alice")
    page = open_page(alice)
    is_enhanced(page)
    page.evaluate(TRANSLATE)
    site.notify("Two", "--user", "alice")
    rows = page.locator("[data-inbox] article [data-part=title]")
    expect(rows).to_have_text(["Two", "ONE"])
    page.evaluate(TRANSLATE)
    act(page, "toggle")
    expect(page.locator("[data-inbox] article.unread")).to_have_count(1)
    page.locator("notification-bell button").first.click()
    page.evaluate(TRANSLATE)
    site.notify("Three", "--user", "alice")
    expect(
        page.locator("notification-bell").get_by_role("dialog").get_by_role("listitem")
    ).to_have_count(3)
    page.keyboard.press("Escape")
    act(page, "move")
    expect(page.locator("[data-inbox] article")).to_have_count(2)
    page.evaluate(TRANSLATE)
    page.locator("h1#heading").focus()
    page.keyboard.press("z")
    expect(page.locator("[data-inbox] article")).to_have_count(3)


def test_a_host_brings_words_of_its_own(open_page, alice):
    # By polls: a page that is not the server's own answer may open no WebSocket here.
    page = open_page(alice, "/healthz")
    said = 'export const texts = {"Notifications": "Nouvelles"};'
    page.route(
        "**/bell-fr.js",
        lambda route: route.fulfill(body=said, content_type="text/javascript"),
    )
    page.route(
        "**/inbox/",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace(
                "<notification-bell ",
                '<notification-bell transport="poll" lang="fr" words="/bell-fr.js" ',
            ),
        ),
    )
    page.goto("/inbox/")
    page.get_by_role("button", name="Nouvelles").click()
    expect(page.get_by_role("dialog", name="Nouvelles")).to_contain_text("You're all caught up.")


def test_elements_speak_what_their_page_is_in_from_then_on(site, open_page, alice):
    site.notify("Hello", "--user", "alice")
    page = open_page(alice)
    button = page.locator("notification-bell").get_by_role("button").first
    expect(button).to_have_accessible_name(re.compile("^Notifications"))
    for element, lang, name, heading in (
        ("document.documentElement", "de-AT", "Benachrichtigungen", "Benachrichtigungen"),
        ("document.querySelector('notification-bell')", "ar", "الإشعارات", "الإشعارات"),
        ("document.querySelector('notification-bell')", "en", "Notifications", "Notifications"),
    ):
        page.evaluate(f"() => {{ {element}.lang = '{lang}' }}")
        expect(button).to_have_accessible_name(re.compile(f"^{name}"))
        button.click()
        expect(page.locator("notification-bell [role=dialog] h2")).to_have_text(heading)
        page.keyboard.press("Escape")
    # It is the same inbox, and goes on.
    site.notify("Again", "--user", "alice")
    expect(page.locator("notification-toast")).to_contain_text("Again")
