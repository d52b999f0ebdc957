"""What may be sent to a client that has not acknowledged what it was sent."""

from notifications.stream.outgoing import Outgoing
from notifications.stream.token_bucket import TokenBucket
from notifications.wire import contract
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Ping
from tests.notifications.stream.talk import (
    KIB,
    NEW_EPOCH,
    WINDOW,
    Talk,
    at,
    full,
    hint,
    item,
    shape,
    synced_at,
    words,
)


def test_a_window_is_full_at_its_limit_and_not_before():
    outgoing = Outgoing(int)
    outgoing.sent(1, contract.WINDOW_BYTES - 1)
    outgoing.begin()
    assert outgoing.has_room()
    outgoing.sent(2, 1)
    outgoing.begin()
    assert not outgoing.has_room()


def test_what_the_server_has_not_sent_counts_like_what_was_not_acknowledged():
    assert Outgoing(lambda: contract.WINDOW_BYTES - 1).has_room()
    assert not Outgoing(lambda: contract.WINDOW_BYTES).has_room()


def test_an_acknowledgement_covers_all_up_to_its_revision():
    outgoing = Outgoing(int)
    for revision in (3, 5, 9):
        outgoing.sent(revision, KIB)
    outgoing.acknowledge(5)
    assert (outgoing.acknowledged, outgoing.outstanding_bytes) == (5, KIB)
    outgoing.acknowledge(4)  # late
    assert (outgoing.acknowledged, outgoing.outstanding_bytes) == (5, KIB)
    outgoing.place(2)
    assert (outgoing.acknowledged, outgoing.outstanding_bytes) == (2, 0)


def test_a_bucket_gives_a_burst_and_then_a_rate():
    bucket = TokenBucket(rate_per_s=1, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.9)
    assert bucket.take(1.1)
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]


def test_content_starts_below_64_kib_outstanding_is_sent_whole_and_then_pinged():
    talk = synced_at(5)
    first, second, ping = [*talk.hears(5, 6, WINDOW - 200), *talk.hears(6, 7, 100 * KIB)]
    assert first["size"] < WINDOW
    assert (second["size"] > 100 * KIB, ping["type"], ping["revision"]) == (True, "ping", 7)
    assert talk.hears(7, 8) == []


def test_reaching_64_kib_exactly_is_reaching_it():
    frame = len(hint(5, 6, 100).frame)
    talk = synced_at(5)
    assert words(talk.hears(5, 6, 100 + WINDOW - frame - 1)) == ["changes"]
    talk = synced_at(5)
    assert words(talk.hears(5, 6, 100 + WINDOW - frame)) == ["changes", "ping"]


def test_after_the_pong_the_client_is_caught_up_from_the_database():
    talk = full(5)
    for revision in (6, 7, 8):
        assert talk.hears(revision - 1, revision) == []
    assert talk.pong(5) == ["load"]
    assert talk.loads[-1] == at(5)
    assert shape(talk.finds(8, since=5, changes=[item(8)])) == [("changes", 5, 8)]


def test_a_pong_with_nothing_missed_costs_no_read():
    talk = full(5)
    assert talk.pong(5) == []
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]


def test_what_may_always_go_goes_though_the_window_is_full():
    talk = full(5)
    assert words(talk.gets(Ping())) == ["pong"]
    assert words(talk.misunderstands()) == ["error"]
    assert words(talk.ends(CloseCode.SIGNED_OUT)) == ["bye", 4001]


def test_what_the_buffer_holds_counts_like_what_is_outstanding():
    talk = synced_at(5)
    talk.held = WINDOW
    assert talk.hears(5, 6) == []
    assert talk.tick(0.25) == []
    talk.held = WINDOW - 1
    assert talk.stream.deadline() <= talk.now
    assert talk.tick(0.5) == ["load"]
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6)]


def test_what_is_sent_in_one_go_fills_the_buffer_too():
    # After a resume nothing is outstanding, but what went before may not have left the server.
    talk = synced_at(5)
    talk.held = 60 * KIB
    talk.resume(at(0))
    said = talk.finds(2, since=0, changes=[item(1, 60 * KIB), item(2, 60 * KIB)])
    assert shape(said)[0] == ("changes", 0, 1)
    assert ("changes", 1, 2) not in shape(said)


def test_a_synced_that_is_owed_stays_owed_until_there_was_room():
    talk = Talk(at(0))
    changes = [item(n, 30 * KIB) for n in range(1, 6)]
    first = talk.finds(5, since=0, changes=changes)
    assert words(first) == ["hello", "changes", "changes", "ping"]
    position = first[2]["revision"]
    assert talk.hears(5, 6) == []
    assert talk.pong(position) == ["load"]
    assert talk.loads[-1] == at(position)
    rest = [*changes[position:], item(6)]
    assert shape(talk.finds(6, since=position, changes=rest)) == [
        ("changes", position, 6), ("synced", 6),
    ]  # fmt: skip


def test_a_snapshot_that_is_owed_waits_for_room_and_is_asked_for_in_the_clients_words():
    talk = Talk(at(7, "long ago"))
    talk.held = WINDOW
    assert words(talk.finds(9)) == ["hello"]
    talk.held = 0
    assert talk.tick(0.25) == ["load"]
    assert talk.loads[-1] == at(7, "long ago")
    assert shape(talk.finds(9)) == [("snapshot", 9), ("synced", 9)]


def test_a_pong_beyond_what_was_sent_is_taken_as_that():
    talk = full(5)
    talk.pong(99)
    assert shape(talk.hears(5, 6, WINDOW)) == [("changes", 5, 6), ("ping", 6)]
    assert talk.hears(6, 7) == []  # 99 did not acknowledge 6
    assert talk.pong(6) == ["load"]


def test_a_lower_pong_than_before_is_ignored():
    talk = synced_at(5)
    for revision in (6, 7):
        talk.hears(revision - 1, revision, 30 * KIB)
    talk.pong(7)
    talk.pong(5)
    assert words(talk.hears(7, 8, 60 * KIB)) == ["changes"]  # nothing else is outstanding


def test_a_pong_of_another_epoch_acknowledges_nothing():
    talk = full(5)
    talk.pong(5, NEW_EPOCH)
    assert talk.hears(5, 6) == []


def test_a_pong_acknowledges_a_part():
    talk = synced_at(5)
    talk.hears(5, 6, 40 * KIB)
    talk.hears(6, 7, 40 * KIB)
    assert talk.hears(7, 8) == []
    assert talk.pong(6) == ["load"]


def test_a_greeting_takes_of_the_room_for_what_comes_after_it():
    talk = Talk(at(4))
    talk.held = WINDOW - 1
    assert shape(talk.finds(5, since=4, changes=[item(5)])) == [("hello", 5)]
    talk = Talk(at(4))
    talk.held = WINDOW - KIB
    assert ("changes", 4, 5) in shape(talk.finds(5, since=4, changes=[item(5)]))
