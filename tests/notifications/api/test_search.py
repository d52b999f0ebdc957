import pytest
from django.test import Client


@pytest.fixture
def api(alice):
    client = Client()
    client.force_login(alice)
    return client


def page(api, **query):
    return api.get("/api/v1/inbox", query)


def titles(response):
    assert response.status_code == 200, response.content
    return [one["title"] for one in response.json()["notifications"]]


def test_a_page_is_narrowed_by_words_and_by_what_is_chosen(api, send, alice):
    send("Export 1", to=[alice], category="orders", sender="Shop", level="critical")
    send("Export 2", to=[alice], category="mail", sender="Bank")
    send("Other", to=[alice], category="mail")
    assert titles(page(api, q="exp")) == ["Export 2", "Export 1"]
    assert titles(page(api, category=["orders", "mail"], sender="Bank")) == ["Export 2"]
    assert titles(page(api, level=["critical", "warning"], filter="unread")) == ["Export 1"]
    first = page(api, q="exp", limit=1).json()
    assert titles(page(api, q="exp", limit=1, before=first["next_before"])) == ["Export 1"]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x" * 201}, {"q": ["a", "b"]}, {"category": "Not One"}, {"sender": "a\n"},
        {"level": "loud"}, {"sender": ""}, {"sender": "x" * 101},
        {"sender": ["a", "b"]}, {"category": ["a"] * 51},
        {"thread": ""}, {"thread": "a\n"}, {"thread": "x" * 201}, {"thread": ["a", "b"]},
    ],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_refused(api, query):
    response = page(api, **query)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["!!!", "%ED%A0%80", '"', "a OR"])
def test_words_that_are_none_are_no_error(api, query):
    assert titles(page(api, q=query)) == []


@pytest.mark.parametrize("name", ["q", "category", "sender", "thread"])
def test_a_nul_is_refused_wherever_it_stands(api, name):
    assert page(api, **{name: "a\0"}).status_code == 400


def test_a_thread_is_listed_page_by_page_in_both_directions(api, send, alice):
    for n in range(6):
        send(f"Run {n}", to=[alice], thread="run 7" if n % 2 else "")
    first = page(api, thread="run 7", limit=2).json()
    assert [one["title"] for one in first["notifications"]] == ["Run 5", "Run 3"]
    assert titles(page(api, thread="run 7", before=first["next_before"])) == ["Run 1"]
    after = first["notifications"][1]["arrived_revision"]
    assert titles(page(api, thread="run 7", after=after)) == ["Run 5"]
    assert titles(page(api, thread="run", filter="unread")) == []


def test_an_answer_that_is_known_is_not_sent_again_until_a_text_changes(api, send, alice):
    send("Export", to=[alice])
    known = {"If-None-Match": page(api, q="exp")["ETag"]}
    assert api.get("/api/v1/inbox", {"q": "exp"}, headers=known).status_code == 304
    send("Export again", to=[alice])
    assert titles(api.get("/api/v1/inbox", {"q": "exp"}, headers=known))[0] == "Export again"
