"""With the few colours that a reader has forced, focus, unread and what can be pressed are told."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looks import ANY_LOOK, check
from tests.browser.test_live_push import is_live

# What is behind something: the colour of whoever is around it and has one.
BEHIND = """
const behind = (node) => {
  for (let one = node; one; one = one.parentElement ?? one.getRootNode().host) {
    const { backgroundColor } = getComputedStyle(one);
    if (!/^rgba.*, 0\\)$/.test(backgroundColor)) return backgroundColor;
  }
  return "rgb(255, 255, 255)";
};
"""
# What can be pressed and has neither a text, nor an icon, nor an edge that is to be seen.
LOST = f"""
() => {{
  {BEHIND}
  const lost = [];
  const look = (root) => {{
    for (const node of root.querySelectorAll("*")) {{
      if (node.shadowRoot) look(node.shadowRoot);
      if (!node.matches("a[href], button, summary, select, input:not([type=hidden])")) continue;
      if (!node.checkVisibility({{ visibilityProperty: true, opacityProperty: true }})) continue;
      const ground = behind(node);
      const {{ color, borderTopColor, borderTopStyle }} = getComputedStyle(node);
      const icon = node.querySelector("svg, path");
      const drawn = icon ? getComputedStyle(icon) : {{}};
      const said = [color, drawn.stroke, drawn.fill];
      const hasEdge = borderTopStyle !== "none" && borderTopColor !== behind(node.parentElement);
      if (!hasEdge && !said.some((one) => one?.startsWith("rgb") && one !== ground))
        lost.push(`${{node.localName}} ${{node.ariaLabel ?? node.textContent.trim()}}`);
    }}
  }};
  look(document);
  return lost;
}}
"""
# The ring around what has the focus, or around what holds it; empty: there is none to be seen.
RING = f"""
() => {{
  {BEHIND}
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  for (const one of [node, node.parentElement].filter(Boolean)) {{
    const {{ outlineStyle, outlineWidth, outlineColor }} = getComputedStyle(one);
    const isSeen = outlineColor !== behind(one.parentElement ?? one);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && isSeen) return "seen";
  }}
  return `${{node.localName}} ${{node.ariaLabel ?? node.textContent.trim()}}`;
}}
"""
DOT = f"""
(row) => {{
  {BEHIND}
  const {{ content, borderTopColor, borderTopWidth }} = getComputedStyle(row, "::before");
  return content !== "none" && parseFloat(borderTopWidth) > 0 && borderTopColor !== behind(row);
}}
"""
EDGE = f"""
(node) => {{
  {BEHIND}
  const {{ borderTopColor, borderTopStyle }} = getComputedStyle(node);
  return borderTopStyle !== "none" && borderTopColor !== behind(node.parentElement ?? node);
}}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_matters_is_seen_in_forced_colours(site, open_page, alice, scheme):
    for level in ("critical", "info"):
        site.notify(f"Level {level}", "--user", "alice", "--level", level, "--url", "/inbox/")
    look = {**ANY_LOOK, "viewport": {"width": 1000, "height": 800}}
    page = open_page(alice, forced_colors="active", color_scheme=scheme, **look)
    is_live(page)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    row = page.get_by_role("article", name="Level info")
    assert row.evaluate(DOT)
    row.hover()
    assert page.evaluate(LOST) == []
    page.evaluate("document.activeElement.blur()")
    rings = []
    for _ in range(16):
        page.keyboard.press("Tab")
        rings.append(page.evaluate(RING))
    assert set(rings) == {"seen"}, rings

    bell = page.locator("notification-bell")
    assert bell.locator(".badge").evaluate(EDGE)
    bell.get_by_role("button", name=re.compile("^Notifications")).click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    site.notify("Toasted", "--user", "alice", "--level", "critical")
    toast = page.locator("notification-toast .toast")
    expect(toast).to_contain_text("Toasted")
    assert toast.evaluate(EDGE)
    assert page.evaluate(LOST) == []
    check(page)
