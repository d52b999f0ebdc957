"""Notifications of one thread stand in one row, which says of how many it is."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.inbox import acts, reading
from notifications.inbox.acts import Chosen
from notifications.models import InboxItem
from notifications.pages import threads
from tests.notifications.pages.test_bulk import undo

ROW = re.compile(
    r"<article[^>]*data-id=\"(\d+)\"[^>]*class=\"([^\"]*)\">(.*?)</article>", re.DOTALL
)


@pytest.fixture
def run(send, alice):
    """Three of one thread with another one between, newest last."""
    sent = [send(f"Run {n}", to=[alice], thread="run-7", sender="Robot") for n in (1, 2)]
    send("A letter", to=[alice])
    return [*sent, send("Run 3", to=[alice], thread="run-7")]


def page_of(browser, **query):
    page = browser.get("/inbox/", query).content.decode()
    return unescape(re.sub("</?mark>", "", page))


def heads(page):
    """The rows that are no earlier ones: their titles, and what they say of those."""
    found = ((classes, text) for _, classes, text in ROW.findall(page))
    return [(title(text), earlier(text)) for classes, text in found if "nb-earlier" not in classes]


def title(row):
    return re.search(r'data-part="title"[^>]*>(.*?)</a>', row)[1]


def earlier(row):
    return re.search(r'data-part="fold-name"[^>]*>(.*?)</summary>', row)[1]


def press(browser, page, name):
    """Press the button of a row, by its name."""
    (form,) = (
        form
        for form in re.findall(r"<form method=\"post\".*?</form>", page, re.DOTALL)
        if f'aria-label="{name}"' in form
    )
    op = re.search(rf'value="([a-z-]+)"[^>]*aria-label="{re.escape(name)}"', form)[1]
    ids = re.findall(r'name="notification" value="(\d+)"', form)
    many = {"many": "1"} if 'name="many"' in form else {}
    said = {"op": op, "notification": ids, "filter": "inbox", **many}
    return browser.post("/inbox/actions/", said, follow=True)


@pytest.mark.usefixtures("run")
def test_a_thread_is_one_row_that_says_how_many_there_are(browser):
    page = page_of(browser)
    assert heads(page) == [("Run 3", "+2 earlier"), ("A letter", "")]
    assert [title(text) for _, _, text in ROW.findall(page)] == [
        "Run 3",
        "Run 2",
        "Run 1",
        "A letter",
    ]


@pytest.mark.usefixtures("run")
def test_in_every_tab_what_is_there_of_a_thread_folds(browser, alice, run):
    which = Chosen({one.pk for one in run})
    for listing, act in (("saved", acts.save), ("archived", acts.archive)):
        act(alice.pk, which)
        assert heads(page_of(browser, filter=listing)) == [("Run 3", "+2 earlier")]
    assert heads(page_of(browser)) == [("A letter", "")]


@pytest.mark.usefixtures("run")
def test_what_words_find_and_a_thread_that_is_looked_for_are_not_folded(browser):
    assert heads(page_of(browser, q="run")) == [("Run 3", ""), ("Run 2", ""), ("Run 1", "")]
    page = page_of(browser, thread="run-7")
    assert heads(page) == [("Run 3", ""), ("Run 2", ""), ("Run 1", "")]
    assert '<option value="run-7" selected>Thread “Run 3”</option>' in page
    assert heads(page_of(browser, sender="Robot")) == [("Run 2", "+1 earlier")]


def test_a_row_is_unread_while_any_of_its_thread_is(browser, alice, run):
    acts.mark_read(alice.pk, Chosen({one.pk for one in run[1:]}))
    page = page_of(browser)
    assert "unread" in ROW.findall(page)[0][1]
    press(browser, page, "Mark as read (all 3): Run 3")
    assert "unread" not in ROW.findall(page_of(browser))[0][1]


@pytest.mark.parametrize("name", ["Mark as read", "Archive", "Save"])
def test_an_act_of_a_folded_row_is_one_change_of_all_and_one_undo(browser, alice, run, name):
    before = states(alice)
    page = press(browser, page_of(browser), f"{name} (all 3): Run 3")
    assert sum(states(alice)[one.pk] != before[one.pk] for one in run) == 3
    undo(browser, page)
    assert states(alice) == before


def test_its_box_selects_all_of_it(browser, alice, run):
    page = page_of(browser)
    value = re.search(r'name="notification" value="([\d ]+)"[^>]*"Select \(all 3\): Run 3"', page)[
        1
    ]
    assert value.split() == [str(one.pk) for one in reversed(run)]
    said = {"op": "archive", "many": "1", "notification": [value], "filter": "inbox"}
    assert "3 archived." in browser.post("/inbox/actions/", said, follow=True).content.decode()
    assert InboxItem.objects.archived().count() == 3


def test_a_mute_in_a_folded_row_is_of_its_newest(browser, alice, run):
    ids = [one.pk for one in run]
    said = {"op": "mute-thread", "many": "1", "notification": ids, "filter": "inbox"}
    page = browser.post("/inbox/actions/", said, follow=True).content.decode()
    assert "Muted: the thread of “Run 3”." in unescape(page)


def test_a_page_asks_no_more_for_threads(browser, send, alice, django_assert_num_queries):
    for n in range(6):
        send(f"Alone {n}", to=[alice])
    browser.get("/inbox/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/inbox/")
    for n in range(20):
        send(f"Of a thread {n}", to=[alice], thread=f"t{n % 7}")
    with django_assert_num_queries(len(asked)):
        browser.get("/inbox/")


@pytest.mark.usefixtures("run")
def test_a_notification_leads_to_all_of_its_thread(browser, send, alice):
    one = send("Run 4", to=[alice], thread="run 7 & more")
    page = browser.get(f"/inbox/{one.pk}/").content.decode()
    address = re.search(r'data-part="thread"><a href="([^"]+)"', page)[1]
    assert heads(unescape(browser.get(unescape(address)).content.decode())) == [("Run 4", "")]
    alone = send("Alone", to=[alice])
    assert 'data-part="thread" hidden' in browser.get(f"/inbox/{alone.pk}/").content.decode()


def test_rows_are_those_of_the_page_in_their_order(send, alice):
    for n, thread in enumerate(["a", "", "b", "a", "", "b"]):
        send(f"n{n}", to=[alice], thread=thread)
    found = reading.page(alice.pk, size=5).notifications
    rows = threads.folded(found)
    said = [[one.message.title for one in (row.notification, *row.earlier)] for row in rows]
    assert said == [["n5", "n2"], ["n4"], ["n3"], ["n1"]]


def states(alice):
    names = ("read_at", "archived_at", "saved_at")
    items = InboxItem.objects.filter(inbox=alice.notifications_inbox)
    return {item.notification_id: [getattr(item, one) for one in names] for item in items}
