"""The inbox within a project's own pages, in Chromium: neither changes how the other looks."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.hosts import journey
from tests.support.ports import free_port
from tests.support.tabs import ARGUMENTS, WITHOUT_WINDOW

PATIENCE_MS = 60_000
# With rules that are as broad as those of pages and frameworks are.
SITE = """{% load notifications %}<!doctype html><html lang="en"><head>
<title>{% block title %}{% endblock %} at the shop</title>
<style>
body { color: rgb(1, 2, 3); font-family: Georgia; }
nav { background: rgb(4, 5, 6); color: rgb(250, 251, 252); }
button { padding: 33px; background: rgb(7, 8, 9); }
.row { display: flex; margin-inline: -12px; }
.row > * { inline-size: 100%; }
:root { --nb-accent: rgb(102, 51, 153); }
</style>
{% block head %}{% endblock %}
</head><body>
<nav id="site">My shop {% notification_bell %}</nav>
<div class="row"><section><h2>Ours</h2><button id="own">Buy</button></section></div>
<main>{% block content %}{% endblock %}</main>
</body></html>
"""
LOOKS = """names => names.map(([selector, property]) =>
  getComputedStyle(document.querySelector(selector))[property])"""
# What the project says of its own, whatever page it is.
OWN = [
    ["#site", "backgroundColor"], ["#own", "paddingLeft"], ["#own", "backgroundColor"],
    [".row", "display"], [".row h2", "fontSize"], [".row h2", "color"],
]  # fmt: skip
INBOX = {
    ("nav[aria-label=Listings]", "backgroundColor"): "rgba(0, 0, 0, 0)",
    (".tabs [aria-current]", "borderBottomColor"): "rgb(102, 51, 153)",
    (".rows .nb-act", "paddingLeft"): "0px",
    (".rows h3 a", "fontFamily"): "Georgia",
    (".rows .visually-hidden", "position"): "absolute",
}


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        path = shutil.which(WITHOUT_WINDOW)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def test_the_inbox_keeps_to_itself_and_is_live(host, chromium):
    journey.install(host)
    host.edit("shop/settings.py", "'DIRS': []", "'DIRS': [BASE_DIR / 'templates']")
    host.add("shop/settings.py", "NOTIFICATIONS_BASE_TEMPLATE = 'site.html'\n")
    host.write("templates/site.html", SITE)
    host.edit(
        "shop/urls.py",
        "urlpatterns = [\n",
        "from django.views.generic import TemplateView\nurlpatterns = [\n"
        "    path('', TemplateView.as_view(template_name='site.html')),\n",
    )
    host.ask(journey.SET_UP)
    port = free_port()
    address = f"127.0.0.1:{port}"
    with journey.running(host, "manage.py", "runserver", "--noreload", address, port=port):
        context = chromium.new_context()
        for cookie in journey.Browser(f"http://{address}").jar:
            url = f"http://{address}"
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto(f"http://{address}/")
        alone = page.evaluate(LOOKS, OWN)
        page.goto(f"http://{address}/inbox/")
        row = page.get_by_role("link", name="From code").first
        expect(row).to_be_visible(timeout=PATIENCE_MS)
        assert page.title().endswith("at the shop")
        assert page.evaluate(LOOKS, OWN) == alone
        assert page.evaluate(LOOKS, [list(name) for name in INBOX]) == [*INBOX.values()]
        host.manage("notify", "While it is open", "--user", "alice")
        arrived = page.get_by_role("link", name="While it is open").first
        expect(arrived).to_be_visible(timeout=PATIENCE_MS)
        context.close()
