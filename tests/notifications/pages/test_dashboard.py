"""The dashboard's pages: what they say without a script, and to whom."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone, translation

from notifications.dashboard import board, charts
from notifications.models import HistorySlot, Process, Status, audiences
from notifications.models.history import FINE
from notifications.pages import dashboard_words, figures
from notifications.process import figures as process_figures
from notifications.wire.contract import CloseCode

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(user):
    boss = user("boss")
    boss.is_staff = True
    boss.save()
    boss.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    return boss


@pytest.fixture
def browser(staff):
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture(autouse=True)
def nothing_read_before(monkeypatch):
    """Not the figures of another test, which are good for a second."""
    monkeypatch.setattr("notifications.pages.dashboard.board", board.Board())


@pytest.fixture
def process():
    now = timezone.now()
    return Process.objects.create(
        pk="p1", started_at=now - timedelta(hours=3), lease_until=now + timedelta(seconds=4),
        host="web-1", pid=77, version="1.2.3", streams={"websocket": 4}, inboxes=b"",
        figures=process_figures.said(),
    )  # fmt: skip


def test_without_a_script_the_present_figures_are_there_and_nothing_that_was_said(
    browser, process, send, alice
):
    send("The merger is off", to=[alice], body="Tell nobody.", category="secret")
    page = browser.get("/dashboard/").content.decode()
    for text in (
        "Online users",
        "web-1:77",
        "1.2.3",
        "3 h 0 min",
        "Last notifications",
        "Chosen users",
    ):
        assert text in page
    for text in ("merger", "nobody", "secret", "alice"):
        assert text not in page
    answer = browser.get("/dashboard/figures/")
    assert "merger" not in answer.content.decode()
    assert answer.json()["processes"][0]["streams"]["websocket"] == 4


def test_nobody_keeps_what_it_says(browser, process):
    for path in ("/dashboard/", "/dashboard/figures/", "/dashboard/history/"):
        assert "no-store" in browser.get(path)["Cache-Control"]


def test_who_may_watch_may_not_drain_for_that_reason(browser, staff, process):
    assert "Drain" not in browser.get("/dashboard/").content.decode()
    assert browser.post("/dashboard/drain/p1/").status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="drain_process"))
    page = browser.get("/dashboard/drain/p1/").content.decode()
    assert "It is the only process." in page
    said = browser.post("/dashboard/drain/p1/", follow=True).content.decode()
    assert "web-1:77 sends its streams elsewhere" in said
    assert "was asked already" in browser.post("/dashboard/drain/p1/", follow=True).content.decode()
    assert Process.objects.get().drain_asked_at is not None
    assert "has ended already" in browser.post("/dashboard/drain/x/", follow=True).content.decode()


@pytest.mark.parametrize("window_s", charts.WINDOWS)
def test_a_window_has_its_points_and_no_more_than_a_screen_shows(browser, window_s):
    told = browser.get("/dashboard/history/", {"window": window_s}).json()
    assert told["window_s"] == window_s
    assert window_s / told["step_s"] <= 120
    assert {len(points) for points in told["series"].values()} == {len(told["starts"])}


@pytest.mark.parametrize("window", ["", "7", "x", "900000000000"])
def test_another_window_is_refused(browser, window):
    answer = browser.get("/dashboard/history/", {"window": window})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"window": ["unknown"]})


def test_what_was_counted_in_a_slot_is_shown_by_the_second(browser):
    slot = FINE.slot_at(timezone.now().timestamp()) - FINE.step_s
    counts = {"sent": 20, "resumed": 2}
    state = {"online": 7, "loop_lag": 0, "reconciler_lag": 0, "backlog": 0}
    row = {"slot": slot, "figures": {**state, "counts": counts}}
    HistorySlot.objects.create(pk=FINE.place(slot), **row)
    told = browser.get("/dashboard/history/", {"window": 300}).json()
    at = told["starts"].index(slot)
    shown = {name: told["series"][name][at] for name in ("online", "sent", "resumed", "ack_p95")}
    assert shown == {"online": 7, "sent": 2, "resumed": 12, "ack_p95": None}
    assert told["series"]["online"][at - 1] is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "\N{EN DASH}"), (0, "count", "0"), (12480, "count", "12,480"),
        (3.21, "per_s", "3.2/s"), (12.4, "per_min", "12/min"), (0.048, "s", "48 ms"),
        (1.26, "s", "1.3 s"), (123_400_000, "bytes", "123 MB"),
    ],
)  # fmt: skip
def test_figures_are_written_as_people_read_them(value, unit, text):
    assert figures.text(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(7, "7 s"), (67, "1 min 7 s"), (3 * 3600 + 1200, "3 h 20 min"), (90_000, "1 d 1 h")],
)
def test_an_age_has_two_units(seconds, text):
    assert figures.age(seconds) == text


def test_a_figure_is_written_as_its_reader_writes_it():
    with translation.override("de"):
        assert figures.text(12480, "count") == "12.480"
        assert figures.text(3.21, "per_s") == "3,2/s"


def test_every_cause_and_state_of_a_frame_has_a_word():
    said = dashboard_words.words()
    code = CloseCode
    causes = (code.SIGNED_OUT, code.NOT_ALLOWED, code.VERSION, code.OVERLOADED, code.RESTART)
    codes = {cause.name.lower() for cause in causes}
    assert codes | {"rate", "process", "user", "address"} == said["causes"].keys()
    assert said["audiences"].keys() == set(audiences.KINDS)
    assert said["statuses"].keys() == set(Status.values)
    for counts in ({}, {"hints_lost": 1}):
        for state in board._states(counts).values():
            assert state["is"] in said["states"]
            assert "%(" not in dashboard_words.state_text(state)


def test_what_has_no_word_is_said_as_it_is():
    known = {"audience": "moon", "status": "lost", "p95": 1.26}
    assert dashboard_words.event_of(known) == known | {"p95_text": "1.3 s"}
