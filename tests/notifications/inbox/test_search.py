import re
import unicodedata

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.inbox import acts, reading, search
from notifications.inbox.acts import Chosen
from notifications.inbox.search import Search
from notifications.models import Notification
from notifications.models import search as index
from tests.support.examples import times

WAYS = (
    "from what matches", "along the inbox", "along the inbox, given up", "without an index",
    "by the newest texts",
)  # fmt: skip
IS_SQLITE = connection.vendor == "sqlite"


@pytest.fixture(params=WAYS if IS_SQLITE else WAYS[:3])
def way(request, monkeypatch):
    """Each way to search, whatever an inbox of a few notifications would choose."""
    if request.param != WAYS[4]:
        monkeypatch.setattr(search, "TEXTS", 0)
    if request.param == WAYS[3]:
        monkeypatch.setattr(index, "TABLE", "of_no_such_name")
    if request.param in WAYS[:3]:
        # Else a few texts, of what is chosen beside the words, are read.
        monkeypatch.setattr(search, "FEW_TEXTS", -1)
    if request.param in WAYS[1:3]:
        monkeypatch.setattr(search, "FEW", 0)
    if request.param == WAYS[2]:
        monkeypatch.setattr(search, "STRETCH", 1)


def found(user, query="", listing="inbox", size=50, before=None, **chosen):
    page = reading.page(user.pk, listing, before=before, size=size, search=Search(query, **chosen))
    return [one.message.title for one in page.notifications], page.next_before


def titles(*args, **kwargs):
    return found(*args, **kwargs)[0]


STANDING = [
    "export", "READY", "ready export", "your exp", "sao cafe", "São", "jorg", "example ana",
    "ana@example.com", "a-1234", "1234", "naïve", "дом", "東京", "\tready\n ", "'ready'",
]  # fmt: skip
STANDING_NOWHERE = [
    "exp ready", "xport", "export missing", "export OR missing", "NOT missing", "export NEAR x",
    "!!!", '"', "*", "'; DROP TABLE", "title:export", "\0", "\ud800", ":*", "&|!", "(", "\\",
    "a\u0301" * 99, "x" * 1000, "\u0301", "❤\ufe0f",
]  # fmt: skip


@pytest.mark.usefixtures("way")
def test_words_are_found_in_any_order_and_without_their_accents(send, alice):
    send(
        "Your Export is Ready!", to=[alice], sender="Jörg",
        body="Café São Paulo, ask ana@example.com (A-1234) Naive Дом 東京",
    )  # fmt: skip
    send("Another", to=[alice])
    assert [query for query in STANDING if titles(alice, query) != ["Your Export is Ready!"]] == []


@pytest.mark.usefixtures("way")
def test_what_stands_nowhere_is_not_found_and_nothing_is_an_operator(send, alice):
    send("Your export is ready", to=[alice])
    assert [query for query in STANDING_NOWHERE if titles(alice, query)] == []


@pytest.mark.parametrize("query", ["", " ", "\n\t"])
def test_blanks_look_for_nothing(send, alice, query):
    send("One", to=[alice])
    assert titles(alice, query) == ["One"]


@pytest.mark.usefixtures("way")
def test_nobody_finds_what_others_got(send, alice, bob):
    send("Export for alice", to=[alice], category="orders")
    assert titles(bob, "export") == titles(bob, categories=("orders",)) == []


@pytest.mark.usefixtures("way")
def test_what_is_chosen_narrows_what_is_found_and_the_listing(send, alice):
    send("Export 1", to=[alice], category="orders", level="critical", sender="Shop")
    send("Export 2", to=[alice], category="orders", sender="Bank")
    archived = send("Export 3", to=[alice], category="mail")
    acts.archive(alice.pk, Chosen([archived.pk]))
    assert titles(alice, categories=("orders", "mail")) == ["Export 2", "Export 1"]
    assert titles(alice, "export", levels=("critical", "warning")) == ["Export 1"]
    assert titles(alice, "export", senders=("Bank",), categories=("orders",)) == ["Export 2"]
    assert titles(alice, "export", senders=("Bank",), categories=("mail",)) == []
    assert titles(alice, "exp", "archived") == ["Export 3"]


def test_where_few_are_of_what_is_chosen_their_texts_are_read_and_no_index(send, alice):
    for n in range(5):
        send(f"Export {n}", to=[alice], category="rare" if n % 2 else "orders")
    with CaptureQueriesContext(connection) as asked:
        assert titles(alice, "export", categories=("rare",)) == ["Export 3", "Export 1"]
    assert not [one for one in asked if "MATCH" in one["sql"]]
    # One that looks whether there is an index, one that counts, and one that reads.
    assert len(asked) <= 3


@pytest.mark.usefixtures("way")
def test_pages_of_what_is_found_follow_each_other(send, alice):
    for n in range(7):
        send(f"{'Export' if n % 2 else 'Else'} {n}", to=[alice])
    first, before = found(alice, "export", size=2)
    second, end = found(alice, "export", size=2, before=before)
    assert (first, second, end) == (["Export 5", "Export 3"], ["Export 1"], None)


@pytest.mark.usefixtures("way")
def test_an_edited_text_is_found_by_its_new_words_alone_and_a_deleted_one_by_none(send, alice):
    one = send("Old words", to=[alice])
    Notification.objects.filter(pk=one.pk).update(title="New words")
    assert (titles(alice, "old"), titles(alice, "new")) == ([], ["New words"])
    one.items.all().delete()
    Notification.objects.filter(pk=one.pk).delete()
    assert titles(alice, "new") == []


def test_the_index_agrees_with_the_table_after_edits_and_deletions(send, alice):
    one, other = send("One", to=[alice]), send("Other", to=[alice])
    Notification.objects.filter(pk=one.pk).update(body="edited")
    other.items.all().delete()
    other.delete()
    if not IS_SQLITE:
        return  # PostgreSQL generates its column itself
    with connection.cursor() as cursor:
        # It raises where the two differ.
        cursor.execute(
            "INSERT INTO notifications_search(notifications_search, rank) "
            "VALUES ('integrity-check', 1)"
        )


LETTERS = "abcxyzABCéÈñüÖçßøдЖωΣ东京한ab"
TEXTS = st.text(st.sampled_from(LETTERS + "019 \n.,-_@/:&<>'\"*()+=!?%#~—…“”€→"), max_size=40)


def plain(text):
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one.lower() for one in decomposed if not unicodedata.combining(one))


def naive(query, text):
    pattern = re.compile(r"[^\W_]+")
    words, *_ = [pattern.findall(plain(query))]
    there = pattern.findall(plain(text))
    if not words:
        return not query.strip()
    return set(words[:-1]) <= set(there) and any(one.startswith(words[-1]) for one in there)


@settings(max_examples=times(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), query=TEXTS, n=st.integers(0, 9))
@pytest.mark.usefixtures("way")
def test_a_search_finds_what_a_naive_one_finds(send, alice, texts, query, n):
    made = [send(f"t{at}", to=[alice], body=text).title for at, text in enumerate(texts)]
    # Mostly of words that stand there.
    query = query if n == 0 else " ".join(texts[0].split()[-2:][::-1])[: n * 4]
    try:
        expected = [t for t, text in zip(made, texts, strict=True) if naive(query, f"{t} {text}")]
        assert sorted(titles(alice, query)) == expected
    finally:
        for one in Notification.objects.all():
            one.items.all().delete()
            one.delete()


@pytest.mark.django_db(transaction=True)
def test_its_migration_can_be_taken_back_and_made_again(send, alice):
    send("Export", to=[alice])
    call_command("migrate", "notifications", "0001", verbosity=0)
    try:
        with connection.cursor() as cursor:
            assert not [
                name for name in connection.introspection.table_names(cursor) if "_search" in name
            ]
    finally:
        call_command("migrate", "notifications", verbosity=0)
    assert titles(alice, "exp") == ["Export"]


# What ANALYZE says of the items of two inboxes of 2,000: so many rows by so much of each key.
STATISTICS = {
    "notifications_item_listed": "4000 2000 1",
    "notifications_item_changes": "4000 2000 1",
    "sqlite_autoindex_notifications_inboxitem_1": "4000 1 1",
}


@pytest.fixture
def statistics(db):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_epoch")  # which makes the table
        for name, said in STATISTICS.items():
            row = ("notifications_inboxitem", name, said)
            cursor.execute("INSERT INTO sqlite_stat1 VALUES (%s, %s, %s)", row)
        cursor.execute("ANALYZE sqlite_master")  # which reads it
        yield
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_master")


if IS_SQLITE:

    @pytest.mark.parametrize("query", ["", "word"])
    @pytest.mark.usefixtures("statistics")
    def test_where_a_stretch_begins_is_read_from_the_index_of_its_inbox(alice, query):
        """Not looked for in the order of keys, which goes through what all inboxes hold."""
        stretch = reading.items_of(alice.pk).listed().filter(arrived_revision__gt=1_900)
        plan = Search(query, levels=("critical",))._walk_beside(stretch).explain()
        walks = [line for line in plan.splitlines() if " SEARCH V0 " in line]
        assert walks
        assert all("notifications_item_listed" in line for line in walks), plan
