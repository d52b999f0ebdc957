from notifications.stream.window import TokenBucket, Window
from notifications.wire import contract

KIB = 1024


def test_a_window_is_full_at_its_limit_and_not_before():
    window = Window()
    window.sent(1, contract.WINDOW_BYTES - 1)
    assert window.has_room(0)
    window.sent(2, 1)
    assert not window.has_room(0)


def test_what_the_server_has_not_sent_counts_like_what_was_not_acknowledged():
    assert not Window().has_room(contract.WINDOW_BYTES)


def test_an_acknowledgement_covers_all_up_to_its_revision():
    window = Window()
    for revision in (3, 5, 9):
        window.sent(revision, KIB)
    window.acknowledge(5)
    assert (window.acknowledged, window.outstanding_bytes) == (5, KIB)
    window.acknowledge(4)  # late
    assert (window.acknowledged, window.outstanding_bytes) == (5, KIB)
    window.reset(2)
    assert (window.acknowledged, window.outstanding_bytes) == (2, 0)


def test_a_bucket_gives_a_burst_and_then_a_rate():
    bucket = TokenBucket(rate_per_s=1, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.9)
    assert bucket.take(1.1)
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]
