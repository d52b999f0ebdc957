"""What a page of the inbox is narrowed to, without JavaScript."""

import re

import pytest

from notifications.inbox import acts
from notifications.inbox.acts import Chosen
from notifications.models import InboxItem


@pytest.fixture
def orders(send, alice):
    """Three that differ, the oldest of them without a sender."""
    send("A letter", to=[alice], category="general", body="Read https://example.com/export now")
    send("Your export failed", to=[alice], category="bulk_mail", sender="Bank")
    send("Export ready", to=[alice], category="orders.new", sender="Shop", level="critical")


def titles(page):
    rows = re.findall(r'<a data-part="title" href="[^"]*">(.*?)</a>', page.content.decode())
    return [re.sub("<[^>]*>", "", row) for row in rows]


def found(browser, **query):
    return titles(browser.get("/inbox/", query))


@pytest.mark.usefixtures("orders")
def test_words_and_choices_narrow_the_list_together(browser):
    assert found(browser, q="export") == ["Export ready", "Your export failed", "A letter"]
    assert found(browser, q="ready exp", level="critical") == ["Export ready"]
    assert found(browser, q="ready", sender="Shop") == ["Export ready"]
    assert found(browser, category="bulk_mail") == ["Your export failed"]
    assert found(browser, q="export", category="orders.new", level="critical", sender="Shop") == [
        "Export ready"
    ]
    assert found(browser, q="export", sender="Bank", level="critical") == []


@pytest.mark.usefixtures("orders")
def test_what_is_looked_for_is_marked_and_nothing_else_becomes_markup(browser, send, alice):
    send("<b>export</b> & more", to=[alice], sender="Export <Team>")
    page = browser.get("/inbox/", {"q": "EXP"}).content.decode()
    assert "&lt;b&gt;<mark>export</mark>&lt;/b&gt; &amp; more" in page
    assert '<bdi translate="no"><mark>Export</mark> &lt;Team&gt;</bdi>' in page
    assert 'href="https://example.com/export"' in page
    assert "https://example.com/<mark>export</mark></a>" in page
    assert "<mark>" not in browser.get("/inbox/").content.decode()


@pytest.mark.usefixtures("orders")
def test_menus_offer_what_the_inbox_holds_by_its_label(browser, send, bob, settings):
    settings.NOTIFICATIONS_CATEGORIES = {"orders.new": "New orders"}
    send(to=[bob], category="secret", sender="Nobody else's", level="warning")
    page = browser.get("/inbox/").content.decode()
    options = re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', page)
    assert options == [
        ("", "All categories"), ("bulk_mail", "Bulk mail"), ("orders.new", "New orders"),
        ("general", "No category"),
        ("", "All levels"), ("info", "Info"), ("critical", "Critical"),
        ("", "All senders"), ("Bank", "Bank"), ("Shop", "Shop"),
    ]  # fmt: skip
    assert "secret" not in page


def test_what_offers_no_choice_is_no_menu(browser, send, alice):
    send(to=[alice], sender="Shop")
    assert "<select" not in browser.get("/inbox/").content.decode()
    page = browser.get("/inbox/", {"sender": "Bank"}).content.decode()
    assert '<option value="Bank" selected>Bank</option>' in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": "letter"}, "1 notification found."),
        ({"q": "export"}, "3 notifications found."),
        ({"q": "nowhere"}, "No notifications match “nowhere”."),
        ({"q": "<b>", "level": "info"}, "No notifications match “&lt;b&gt;” and these filters."),
        ({"level": "warning"}, "No notifications match these filters."),
        ({"q": " "}, ">A letter<"),
    ],
)
@pytest.mark.usefixtures("orders")
def test_it_says_how_many_were_found(query, said, browser):
    assert said in browser.get("/inbox/", query).content.decode()


def test_of_more_than_a_page_it_says_so(browser, send, alice, monkeypatch):
    monkeypatch.setattr("notifications.pages.views._PAGE_SIZE", 2)
    for n in range(3):
        send(f"Export {n}", to=[alice])
    first = browser.get("/inbox/", {"q": "export"}).content.decode()
    assert "More than 2 notifications found." in first
    older = re.search(r'href="/inbox/(\?[^"]*)" rel="next"', first)[1].replace("&amp;", "&")
    assert "q=export" in older
    second = browser.get(f"/inbox/{older}").content.decode()
    assert "1 more found." in second


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": "x" * 201}, "A search has at most 200 characters."),
        ({"level": "loud"}, "There is no level “loud”."),
        ({"category": "No Slug"}, "There is no category “No Slug”."),
        ({"sender": "a\x07b"}, "There is no sender “a"),
        ({"sender": "x" * 101}, "There is no sender “xxx"),
    ],
)
@pytest.mark.usefixtures("orders")
def test_what_no_form_asks_for_is_answered_clearly(query, said, browser):
    page = browser.get("/inbox/", query)
    assert page.status_code == 400
    assert said in page.content.decode()
    assert titles(page) == []
    # Its forms lead nowhere worse.
    form = {"op": "read", "notification": "1", **query}
    assert browser.post("/inbox/actions/", form).status_code == 302


@pytest.mark.usefixtures("orders")
def test_everything_on_the_page_keeps_what_is_looked_for(browser, alice):
    query = {"filter": "unread", "q": "your export", "sender": "Bank"}
    address = "?filter=unread&amp;q=your+export&amp;sender=Bank"
    page = browser.get("/inbox/", query).content.decode()
    one = InboxItem.objects.get(notification__sender="Bank").notification_id
    assert f'href="/inbox/{one}/{address}"' in page
    assert f'href="/inbox/{address.replace("unread", "archived")}"' in page
    answer = browser.post("/inbox/actions/", {"op": "archive", "notification": one, **query})
    assert answer.url == f"/inbox/{address.replace('&amp;', '&')}"
    back = browser.get(f"/inbox/{one}/", query).content.decode()
    assert f'href="/inbox/{address}#n-{one}"' in back
    acts.restore(alice.pk, Chosen([one]))
    assert '<a class="button" href="/inbox/?filter=unread" data-clear>Clear</a>' in page


@pytest.mark.usefixtures("orders")
def test_charlie_finds_nothing_of_alices(client, charlie):
    client.force_login(charlie)
    page = client.get("/inbox/", {"q": "export"})
    assert titles(page) == []
    assert "Bank" not in page.content.decode()
