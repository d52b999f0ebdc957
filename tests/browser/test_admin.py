"""An admin writes, looks again and sends; the recipient's open page has it at once."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from notifications.inbox import stats
from notifications.models import Notification
from tests.browser.looks import ANY_LOOK, IN_LIGHT, check
from tests.browser.test_live_push import badge, is_live
from tests.conftest import PASSWORD
from tests.support.processes import until

LIST = "/admin/notifications/notification/"


@pytest.fixture
def counting(processes):
    """Somebody dispatches, and so counts."""
    return processes.dispatcher()


def sign_in(chromium, site, admin, **options):
    admin.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    admin.save()
    context = chromium.new_context(base_url=site.url, **options)
    page = context.new_page()
    page.goto(LIST)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name=re.compile("Select notification"))).to_be_visible()
    return page


def choose_user(page, name):
    page.get_by_label("Chosen users").check()
    page.get_by_role("searchbox", name="Users").fill(name[:3])
    page.get_by_role("option", name=name).click()


def shows(page, title, *counted):
    """How many hold, have seen and have read it, in the list, once that is counted."""
    pk = Notification.objects.get(title=title).pk
    wanted = stats.Counts(*counted)
    until(lambda: stats.kept(pk) == wanted, f"{wanted} is counted, not {stats.kept(pk)}")
    page.goto(LIST)
    row = page.get_by_role("row", name=title)
    names = ("delivered", "seen", "read")
    return [int(row.locator(f".field-{name}").inner_text()) for name in names] == [*counted]


def test_what_an_admin_composes_is_on_the_open_page_and_comes_back_as_figures(
    site, chromium, open_page, counting, admin, alice, charlie
):
    hers, his = is_live(open_page(alice)), is_live(open_page(charlie))
    page = sign_in(chromium, site, admin)
    page.get_by_role("link", name="Add notification").click()
    page.get_by_label("Title").fill("Warehouse closes early")
    page.get_by_label("Body").fill("At 15:00 today.")
    choose_user(page, "alice")
    expect(page.get_by_text("Reaches 1 person.")).to_be_visible()

    page.get_by_role("button", name="Review and send").click()
    preview = page.get_by_role("article", name="Warehouse closes early")
    expect(preview).to_contain_text("At 15:00 today.")
    expect(page.get_by_role("list", name="Some of them")).to_have_text("alice")
    assert not Notification.objects.exists()
    page.get_by_role("button", name="Back to editing").click()
    expect(page.get_by_label("Body")).to_have_value("At 15:00 today.")
    expect(page.locator(".field-users")).to_contain_text("alice")
    page.get_by_role("button", name="Review and send").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Sent to 1 person.")).to_be_visible()

    link = hers.locator("[data-inbox]").get_by_role("link", name="Warehouse closes early")
    expect(link).to_be_visible()
    # Open before her, it is seen; the admin learns of it without anybody's doing.
    assert shows(page, "Warehouse closes early", 1, 1, 0)
    link.click()  # which reads it
    assert shows(page, "Warehouse closes early", 1, 1, 1)

    site.notify("For charlie", "--user", "charlie")
    expect(his.locator("[data-inbox]").get_by_role("link", name="For charlie")).to_be_visible()
    assert "Warehouse" not in his.content()
    page.context.close()


def test_the_list_shows_all_it_counts_without_scrolling_sideways(site, open_page, admin, alice):
    site.notify("Something of the usual length", "--user", "alice")
    page = open_page(admin, LIST, viewport={"width": 1280, "height": 800})
    results = page.locator(".results")
    assert results.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    when = page.locator("td.field-when")
    assert when.evaluate("(one) => one.querySelector('time').getClientRects().length") <= 2


def test_the_bell_in_the_admin_is_live(site, open_page, admin):
    page = is_live(open_page(admin, LIST))
    site.notify("For the admin", "--user", "admin")
    expect(badge(page)).to_have_accessible_name(re.compile("1 unread"))
    expect(page.locator("notification-toast")).to_contain_text("For the admin")


def test_the_number_follows_the_audience(site, open_page, admin, alice, bob):
    staff = Group.objects.create(name="Staff")
    staff.user_set.add(alice, bob)
    page = open_page(admin, f"{LIST}add/")
    said = page.locator("[data-reach]")
    expect(page.get_by_role("listbox", name="Groups")).to_be_hidden()
    page.get_by_label("Everyone").check()
    expect(said).to_have_text("Reaches 3 people.")
    page.get_by_label("Groups", exact=True).first.check()
    expect(said).to_be_empty()
    page.get_by_role("listbox", name="Groups").select_option("Staff")
    expect(said).to_have_text("Reaches 2 people.")


def test_everything_is_there_without_javascript_too(site, open_page, admin, alice):
    Group.objects.create(name="Staff").user_set.add(alice)
    page = open_page(admin, f"{LIST}add/", java_script_enabled=False)
    page.get_by_label("Title").fill("Without")
    page.get_by_label("Groups", exact=True).first.check()
    page.get_by_role("listbox", name="Groups").select_option("Staff")
    page.get_by_role("button", name="Review and send").click()
    expect(page.get_by_text("Reaches 1 person.")).to_be_visible()
    page.get_by_role("button", name="Back to editing").click()
    page.get_by_label("Title").fill("Without JavaScript")
    page.get_by_role("button", name="Review and send").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Sent to 1 person.")).to_be_visible()
    page.get_by_role("link", name="Without JavaScript", exact=True).click()
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("“Without JavaScript” was withdrawn.")).to_be_visible()


# --- Everybody can use it -------------------------------------------------------------------------


def test_no_page_has_a_fault_that_axe_finds(site, open_page, admin, alice):
    model = get_user_model()
    model.objects.bulk_create(model(username=f"crowd{n}", password="!") for n in range(1000))
    site.notify("Hello", "--user", "alice", "--user", "admin", "--level", "critical")
    one = f"{LIST}{Notification.objects.get().pk}/"
    page = is_live(open_page(admin, LIST, **ANY_LOOK))
    check(page)
    for path in (f"{one}change/", f"{one}delete/", "/admin/notifications/apikey/add/"):
        page.goto(path)
        check(page)
    page.goto(f"{one}change/")
    page.get_by_role("link", name="Recipients").click()
    check(page)

    page.goto(f"{LIST}add/")
    choose_user(page, "alice")
    check(page)
    page.get_by_role("button", name="Review and send").click()
    expect(page.locator(".errornote")).to_be_visible()
    check(page)
    page.get_by_label("Title").fill("For all")
    page.get_by_label("Everyone").check()
    page.get_by_role("button", name="Review and send").click()
    check(page)
    page.get_by_label("Type 1002 to send").fill("7")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("You typed 7, but it reaches 1002 people.")).to_be_visible()
    check(page)


def test_no_page_has_one_from_right_to_left_either(site, open_page, admin, alice):
    site.notify("Hello", "--user", "alice", "--user", "admin", "--level", "critical")
    one = f"{LIST}{Notification.objects.get().pk}/"
    page = open_page(admin, LIST, locale="ar", **ANY_LOOK)
    keys = "/admin/notifications/apikey/"
    for path in (LIST, f"{LIST}add/", f"{one}change/", f"{one}delete/", keys, f"{keys}add/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        check(page, IN_LIGHT)
    page.goto(f"{one}change/")
    # Its words are not the test's: to its recipients, and to what became of it.
    for path in page.locator(".object-tools a").evaluate_all("(all) => all.map((one) => one.href)"):
        page.goto(path)
        check(page, IN_LIGHT)
