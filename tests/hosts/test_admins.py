"""Projects whose admin is another one than Django's: a site of their own, a theme."""

import re

from tests.hosts import journey

BACK_OFFICE = """
from django.contrib.admin import AdminSite
from notifications.admin import ApiKeyAdmin, InboxItemAdmin, NotificationAdmin
from notifications.models import ApiKey, InboxItem, Notification

site = AdminSite(name="backoffice")
site.register(ApiKey, ApiKeyAdmin)
site.register(InboxItem, InboxItemAdmin)
site.register(Notification, NotificationAdmin)
"""


def test_a_site_of_ones_own_and_no_other(host):
    journey.install(host, login="backoffice:login")
    host.write("shop/backoffice.py", BACK_OFFICE)
    host.edit("shop/urls.py", "from django.contrib import admin", "from shop import backoffice")
    host.edit(
        "shop/urls.py", "path('admin/', admin.site.urls)", "path('back/', backoffice.site.urls)"
    )
    host.ask(journey.SET_UP)
    with journey.served(host) as origin:
        browser = journey.Browser(origin, admin="/back/")
        journey.taken(host, browser)
        one = browser.get("/back/notifications/notification/1/change/")
        assert "/back/notifications/inboxitem/?notification=1" in one
        assert "alice" in browser.get("/back/notifications/inboxitem/?notification=1")
        browser.get("/back/notifications/inboxitem/")  # leads to the list
        form = {"name": "shop", "scopes": "send:user"}
        made = browser.post("/back/notifications/apikey/add/", **form)
        assert re.search(r'value="nk_[\w-]+"', made)
        assert 'href="/back/notifications/apikey/"' in made
    journey.is_gone(host)


def test_unfold(host):
    journey.install(host)
    host.edit(
        "shop/settings.py",
        "    'django.contrib.admin',\n",
        "    'unfold',\n    'django.contrib.admin',\n",
    )
    host.edit("shop/settings.py", "'DIRS': []", "'DIRS': [BASE_DIR / 'templates']")
    host.write(
        "templates/unfold/helpers/header.html",
        '{% extends "unfold/helpers/header.html" %}{% load notifications %}\n'
        "{% block userlinks %}{{ block.super }}{% notification_bell %}{% endblock %}\n",
    )
    host.ask(journey.SET_UP)
    with journey.served(host) as origin:
        browser = journey.Browser(origin)
        journey.taken(host, browser)
        for path in ("", "notifications/notification/", "notifications/notification/1/change/"):
            page = browser.get(f"/admin/{path}")
            assert "unfold/css/styles.css" in page
            assert "<notification-bell" in page
        # There the buttons are outside of the form.
        compose = browser.get("/admin/notifications/notification/add/")
        assert 'name="_review" form="notification_form"' in compose
        assert 'id="notification_form"' in compose
    journey.is_gone(host)
