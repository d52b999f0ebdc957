"""Whose site it is shows wherever one looks; nothing of it is taken for markup."""

import json
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.core import mail
from django.urls import set_script_prefix

from accounts import resets
from notifications.identity import colours

HOSTILE = "\"><script>alert(1)</script>&' {{ 7 }}"
SHEET, ICON = "/identity/theme.css", "/identity/icon.svg"
MANIFEST = "/identity/manifest.webmanifest"


@pytest.fixture
def acme(settings):
    settings.NOTIFICATIONS_SITE_NAME = "Acme & Sons"
    settings.NOTIFICATIONS_SITE_ACCENT = "#7b2d8b"


def test_the_name_stands_on_every_kind_of_page(acme, db, client, admin):
    for path in ("/accounts/login/", "/nothing/", "/admin/login/"):
        page = client.get(path).content.decode()
        assert "Acme &amp; Sons" in page.split("</title>")[0], path
        assert "Acme &amp; Sons" in page.split("<body")[1], path
    client.force_login(admin)
    for path in ("/inbox/", "/dashboard/", "/admin/"):
        page = client.get(path).content.decode()
        assert "Acme &amp; Sons" in page.split("</title>")[0], path
        assert page.count("/identity/theme.css?v=") == 1, path


def test_without_settings_nothing_more_is_loaded(client, db):
    page = client.get("/accounts/login/").content.decode()
    assert "theme.css" not in page
    assert " Notifications</title>" in page


@pytest.mark.parametrize("path", [SHEET, ICON, MANIFEST])
def test_what_is_drawn_is_the_same_for_everybody_and_is_kept(acme, client, path):
    """Without a database: asked for by browsers that send no cookie."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert not answer.has_header("Vary") or "Cookie" not in answer["Vary"]
    assert {"public", "no-cache"} <= set(answer["Cache-Control"].split(", "))
    tag = answer["ETag"]
    again = client.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    named = client.get(path, {"v": tag.strip('"')})
    assert "immutable" in named["Cache-Control"]
    assert "immutable" not in client.get(path, {"v": "other"})["Cache-Control"]


def test_a_hostile_name_stays_a_name(settings, client, db):
    settings.NOTIFICATIONS_SITE_NAME = HOSTILE
    for path in ("/accounts/login/", "/nothing/", "/admin/login/"):
        assert "<script>alert" not in client.get(path).content.decode()
    assert json.loads(client.get(MANIFEST).content)["name"] == HOSTILE
    for name in ("<b>", "&", '"', "\x00\x0b", "\U0001f514 Bells", "ß", "\u202eabc"):
        settings.NOTIFICATIONS_SITE_NAME = name
        ET.fromstring(client.get(ICON).content)
        assert client.get("/accounts/login/").status_code == 200


@pytest.mark.parametrize("accent", ["red", "#12", "#0b57d0;}", "", None, 5])
def test_what_is_no_colour_comes_into_no_style(settings, client, accent):
    settings.NOTIFICATIONS_SITE_ACCENT = accent
    assert "#0b57d0" in client.get(SHEET).content.decode()


@pytest.mark.parametrize("accent", ["#fff", "#000000", "#ffcc00", "#7b2d8b", "#00ff00", "#767676"])
def test_text_in_any_accent_can_be_read(accent):
    chosen = colours.Colour.of(accent)
    for surface in (colours.LIGHT_SURFACE, colours.DARK_SURFACE):
        shown = colours.readable(chosen, surface)
        assert colours.contrast(shown, surface) >= colours.AA
        assert colours.contrast(shown, colours.ink(shown)) >= colours.AA
    assert colours.contrast(colours.WHITE, colours.BLACK) == pytest.approx(21)


def test_the_logo_is_the_icon(settings, client, db):
    settings.NOTIFICATIONS_SITE_LOGO = "/media/acme.png"
    page = client.get("/accounts/login/").content.decode()
    assert '<link rel="icon" href="/media/acme.png" type="image/png">' in page
    assert client.get("/favicon.ico")["Location"] == "/media/acme.png"


def test_a_bell_of_ours_puts_a_dot_on_the_icon_which_the_policy_allows(client, alice, admin):
    for user, path in ((alice, "/inbox/"), (admin, "/admin/")):
        client.force_login(user)
        page = client.get(path)
        assert " favicon" in page.content.decode().split("<notification-bell", 1)[1].split(">")[0]
        assert "img-src 'self' data:" in page["Content-Security-Policy"]


def test_phones_have_pictures_of_the_icon_in_the_sizes_that_they_ask_for(settings, client, db):
    said = json.loads(client.get(MANIFEST).content)
    found = [(icon["sizes"], icon["purpose"]) for icon in said["icons"]]
    assert found == [
        ("any", "any"),
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    ]
    for icon in said["icons"][1:]:
        head = Path(finders.find(icon["src"].removeprefix("/static/"))).read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", head[16:])
        assert icon["sizes"] == f"{width}x{height}"
    assert 'rel="apple-touch-icon"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("name", ["/media/acme.png", "/media/acme.svg"])
def test_a_logo_is_all_that_phones_are_shown(settings, client, db, name):
    settings.NOTIFICATIONS_SITE_LOGO = name
    said = json.loads(client.get(MANIFEST).content)
    assert [icon["src"] for icon in said["icons"]] == [name]
    page = client.get("/accounts/login/").content.decode()
    assert (f'<link rel="apple-touch-icon" href="{name}">' in page) is name.endswith("png")


# Asked of nobody, of everybody and of staff; the last of what has nothing to show.
EVERYWHERE = {
    None: ["/accounts/login/", "/accounts/password-reset/", "/nothing/", "/offline/",
           "/admin/login/"],
    "alice": ["/inbox/", "/inbox/?filter=saved", "/inbox/987654321/", "/inbox/preferences/",
              "/accounts/devices/", "/diagnostics/", "/dashboard/"],
    "admin": ["/dashboard/", "/demo/", "/admin/", "/admin/notifications/notification/add/"],
}  # fmt: skip


@pytest.mark.parametrize("who", EVERYWHERE)
def test_name_logo_and_accent_of_a_host_show_on_every_page(acme, settings, client, request, who):
    settings.NOTIFICATIONS_SITE_LOGO = "/media/acme.svg"
    request.getfixturevalue("db")
    if who:
        client.force_login(request.getfixturevalue(who))
    for path in EVERYWHERE[who]:
        head, _, body = client.get(path).content.decode().partition("<body")
        assert "Acme &amp; Sons" in head.split("</title>")[0], path
        assert '<link rel="icon" href="/media/acme.svg"' in head, path
        assert "/identity/theme.css?v=" in head, path
        assert '<meta name="theme-color" content="#7b2d8b">' in head, path
        assert "Acme &amp; Sons" in body, path
        assert 'src="/media/acme.svg"' in body, path


def test_a_picture_of_another_site_is_not_shown(settings, client, db):
    for logo in ("https://evil.example/x.png", "//evil.example/x.png", "/\t/evil.example", "a b"):
        settings.NOTIFICATIONS_SITE_LOGO = logo
        assert "evil.example" not in client.get("/accounts/login/").content.decode()


def test_the_manifest_is_that_of_the_place_below_which_the_site_is(acme, client):
    set_script_prefix("/notify/")
    try:
        said = json.loads(client.get(MANIFEST).content)
    finally:
        set_script_prefix("/")
    assert (said["scope"], said["start_url"]) == ("/notify/", "/notify/inbox/")
    assert all(icon["src"].startswith("/notify/") for icon in said["icons"])


@pytest.mark.django_db(transaction=True)
def test_mails_have_the_name_and_end_with_the_footer(acme, settings, client, alice):
    alice.email = "alice@example.com"
    alice.save()
    settings.NOTIFICATIONS_MAIL_FOOTER = "Acme Ltd, 1 High Street"
    client.post("/accounts/password-reset/", {"email": alice.email})
    resets.wait_until_mailed(20)
    (sent,) = mail.outbox
    assert sent.subject == "Set a new password on Acme & Sons"
    assert sent.body.rstrip().endswith("-- \nAcme Ltd, 1 High Street")


@pytest.mark.django_db(transaction=True)
def test_mails_are_in_the_language_of_who_asked(client, alice):
    alice.email = "alice@example.com"
    alice.save()
    for language in ("de", "ar", "en"):
        client.post(
            "/accounts/password-reset/",
            {"email": alice.email},
            headers={"accept-language": language},
        )
        resets.wait_until_mailed(20)
    german, arabic, english = mail.outbox
    assert german.subject == "Neues Passwort für Notifications setzen"
    assert "Passwort" in german.body
    assert not re.search("[a-z]", arabic.subject.replace("Notifications", ""))
    assert english.subject == "Set a new password on Notifications"
