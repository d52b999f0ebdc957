"""The live dashboard's figures: all processes, this second, for staff that may see them."""

import http.client
import json

import pytest
from django.contrib.auth.models import Permission

from notifications.models import HistorySlot, InboxItem, Process
from tests.support.connection import Refused
from tests.support.processes import until
from tests.support.servers import CSRF_COOKIE, SESSION_COOKIE
from tests.support.web_socket import Socket

NOT_ALLOWED, SIGNED_OUT, RESTART = 4003, 4001, 4200
PATHS = ("/dashboard/", "/dashboard/figures/", "/dashboard/history/", "/dashboard/test/1/")
TOKEN = "csrf" * 8


@pytest.fixture
def staff(user):
    """Who may watch and drain."""
    boss = user("boss")
    boss.is_staff = True
    boss.save()
    codenames = ["view_dashboard", "drain_process"]
    boss.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return boss


@pytest.fixture
def refusing(site):
    """It may warn of pages that it refuses, or that are not there."""
    site.may_warn = True
    yield
    assert not site.new_complaints()
    site.may_warn = False


@pytest.fixture
def watch(clients, sign_in):
    opened = []

    def act(who, site, **options):
        cookies = [("Cookie", f"{SESSION_COOKIE}={sign_in(who)}")] if who else []
        options = {"origin": site.origin, "headers": cookies, **options}
        socket = Socket(clients, site.url("/ws/dashboard/"), **options)
        opened.append(socket.open())
        return socket

    yield act
    for socket in opened:
        socket.close()


def newest(socket):
    frames = [json.loads(message) for message in tuple(socket.messages)]
    return frames[-1] if frames and frames[-1]["type"] == "figures" else None


def process_in(frame, site):
    ending = f":{site.child.pid}"
    found = [one for one in frame["processes"] if one["name"].endswith(ending)]
    return found[0] if found else None


def streams_of(socket, site):
    frame = newest(socket)
    process = frame and process_in(frame, site)
    return process and process["streams"]


def answer(site, path, session=None, method="GET"):
    cookies = f"{CSRF_COOKIE}={TOKEN}" + (f"; {SESSION_COOKIE}={session}" if session else "")
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    try:
        connection.request(method, path, headers={"Cookie": cookies, "X-CSRFToken": TOKEN})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_the_streams_of_all_processes_are_shown(
    site, other_site, connect, watch, sign_in, staff, alice, bob
):
    connect(alice, other_site)
    board = watch(staff, site)

    def counts(one):
        return streams_of(board, one) or {}

    def are(here, there, events):
        """How many sockets are shown of each process, and streams of events of the second."""
        shown = [(counts(site), "websocket"), (counts(other_site), "websocket")]
        shown.append((counts(other_site), "sse"))
        return [of_one.get(kind, 0) for of_one, kind in shown] == [here, there, events]

    # Charlie and alice; those of the test before may just be leaving.
    board.until(lambda: are(1, 1, 0), "both processes are shown")
    clients = [connect(alice, site), connect(bob, site), connect(bob, other_site, transport="sse")]
    board.until(lambda: are(3, 1, 1), "what was opened is shown")
    frame = newest(board)
    assert frame["values"]["websocket"] >= 3
    clients[0].close()
    board.until(lambda: are(2, 1, 1), "what was closed is shown no more")
    status, body = answer(site, "/dashboard/figures/", sign_in(staff))
    assert status == 200
    assert json.loads(body).keys() == frame.keys()


def until_all_is_told():
    """Wait until the history holds all that was counted before this, by whichever process."""

    def leases():
        return dict(Process.objects.live().values_list("pk", "lease_until"))

    def newest():
        slots = HistorySlot.objects.filter(pk__lt=1000).exclude(readings={})
        return slots.order_by("-slot").values_list("slot", flat=True).first() or 0

    # Twice: what a process is writing just now may be what it had counted before.
    for _ in range(2):
        before = leases()
        until(
            lambda before=before: all(before.get(pk) != it for pk, it in leases().items()),
            "each process has said how far it is",
        )
    last = newest()
    until(lambda: newest() > last, "a slot was begun since then")


def test_what_happened_within_the_slots_is_what_the_database_holds(
    site, other_site, connect, watch, sign_in, sender, staff, alice, bob
):
    people = {alice: connect(alice, site), bob: connect(bob, other_site)}
    watch(staff, site)
    until_all_is_told()

    def told():
        slots = HistorySlot.objects.filter(pk__lt=1000).values_list("figures", flat=True)
        names = ("sent", "delivered", "seen")
        return [sum(one.get("counts", {}).get(name, 0) for one in slots) for name in names]

    def held():
        items = InboxItem.objects.all()
        moments = ("arrived_at", "delivered_at", "seen_at")
        return [items.exclude(**{moment: None}).count() for moment in moments]

    difference = [one - other for one, other in zip(told(), held(), strict=True)]
    for n in range(5):
        sender.send(f"number {n}", alice.pk, bob.pk)
    for who, client in people.items():
        client.until_synced().until_revision(5).pong()
        ids = InboxItem.objects.filter(inbox__user=who).values_list("notification_id", flat=True)
        site.act(sign_in(who), "seen", *ids[:3])
    mine = InboxItem.objects.filter(inbox__user__in=people)
    until(lambda: mine.exclude(delivered_at=None).count() == 10, "all is delivered")
    assert mine.exclude(seen_at=None).count() == 6

    def agree():
        return [one - other for one, other in zip(told(), held(), strict=True)] == difference

    until(agree, "the slots tell of as much as there is")


def test_a_process_that_was_killed_vanishes(servers, site, connect, watch, kind, staff, bob):
    board = watch(staff, site)
    mortal = servers.start(kind)
    connect(bob, mortal)
    board.until(lambda: streams_of(board, mortal), "it is shown")
    mortal.child.kill()
    board.until(lambda: not process_in(newest(board), mortal), "it is shown no more")
    # It wrote each second that it lives for another 3.5: with the next frame that is below 5.
    assert not Process.objects.live().filter(pid=mortal.child.pid).exists()


@pytest.mark.parametrize("who", ["nobody", "plain", "staff", "allowed"])
def test_whoever_is_not_staff_with_the_permission_gets_nothing(
    site, watch, sign_in, user, refusing, who
):
    watching = None if who == "nobody" else user(who)
    if who == "staff":
        watching.is_staff = True
        watching.save()
    if who == "allowed":
        watching.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    socket = watch(watching, site)
    assert socket.until_closed() == (SIGNED_OUT if who == "nobody" else NOT_ALLOWED)
    assert socket.messages == []
    session = sign_in(watching) if watching else None
    refused = [302, 401, 401, 401] if who == "nobody" else [403] * 4
    assert [answer(site, path, session)[0] for path in PATHS] == refused
    process = Process.objects.live().first()
    path = f"/dashboard/drain/{process.pk if process else 'x'}/"
    assert answer(site, path, session, "POST")[0] == refused[0]
    assert not Process.objects.exclude(drain_asked_at=None).exists()


def test_another_sites_page_cannot_open_it(site, watch, staff):
    with pytest.raises(Refused) as refused:
        watch(staff, site, origin="https://evil.example")
    assert refused.value.status == 403


def test_who_may_not_watch_any_more_is_shown_no_more(site, watch, staff):
    board = watch(staff, site)
    board.until(lambda: newest(board), "the first figures")
    staff.user_permissions.clear()
    assert board.until_closed() == NOT_ALLOWED


def test_a_process_that_is_asked_to_drain_sends_its_clients_away_and_ends(
    servers, site, connect, watch, sign_in, kind, refusing, staff, bob
):
    board, session = watch(staff, site), sign_in(staff)
    leaving = servers.start(kind, NOTIFICATIONS_SERVER_PROCESSES="2", NOTIFICATIONS_DRAIN_S="1")
    client = connect(bob, leaving).until_synced()
    board.until(lambda: streams_of(board, leaving), "it is shown")
    path = f"/dashboard/drain/{process_in(newest(board), leaving)['id']}/"
    status, asked = answer(site, path, session)
    assert (status, "Drain it" in asked) == (200, True)
    assert answer(site, path, session, "POST")[0] == 302
    assert client.until(lambda: client.of_type("bye"), "its client is told")[0]["code"] == RESTART
    assert leaving.child.wait() in {0, -15}
    board.until(lambda: not process_in(newest(board), leaving), "it is shown no more")
    assert answer(site, path, session)[0] == 404


def test_who_watches_a_process_that_drains_is_sent_elsewhere(start_server, watch, kind, staff):
    leaving = start_server(kind)
    board = watch(staff, leaving)
    board.until(lambda: newest(board), "the first figures")
    leaving.child.send(15)
    assert board.until_closed() in {RESTART, 1006, 1012}
