"""A client that says nothing is sent what a window holds, and comes back."""

from tests.notifications.stream.talk import (
    KIB,
    NEW_EPOCH,
    NEW_EPOCH_TAG,
    WINDOW,
    Talk,
    at,
    item,
    shape,
    unanswered_at,
)


def test_after_as_much_content_as_a_window_holds_it_ends():
    talk = unanswered_at(5)
    assert shape(talk.hears(5, 6, WINDOW - 100)) == [("changes", 5, 6)]
    said = talk.hears(6, 7)
    assert shape(said) == [("changes", 6, 7), ("bye",), 4202]
    assert (said[1]["after_ms"], said[1]["reconnect"]) == (0, True)
    assert talk.hears(7, 8) == []


def test_what_was_asked_for_is_synced_before_it_ends():
    talk = Talk(at(5), is_answered=False)
    said = talk.finds(6, since=5, changes=[item(6, WINDOW)])
    assert shape(said) == [("hello", 6), ("changes", 5, 6), ("synced", 6), ("bye",), 4202]


def test_a_snapshot_may_fill_the_window_too():
    talk = Talk(None, is_answered=False)
    said = talk.finds(9, listed=[item(9, 40 * KIB), item(8, 40 * KIB)])
    assert shape(said) == [("hello", 9), ("snapshot", 9), ("synced", 9), ("bye",), 4202]


def test_what_is_split_goes_on_in_the_next_response():
    changes = [item(revision, 40 * KIB) for revision in (6, 7, 8, 9)]
    talk = Talk(at(5), is_answered=False)
    said = talk.finds(9, since=5, changes=changes)
    assert shape(said) == [("hello", 9), ("changes", 5, 6), ("changes", 6, 7), ("bye",), 4202]
    talk = Talk(at(7), is_answered=False)
    said = talk.finds(9, since=7, changes=changes[2:])
    assert shape(said)[-3:] == [("synced", 9), ("bye",), 4202]


def test_a_new_epoch_does_not_make_room():
    talk = unanswered_at(5)
    talk.hears(5, 6, WINDOW - 100)
    assert talk.is_told(0, NEW_EPOCH_TAG) == ["load"]
    said = talk.finds(3, listed=[item(3)], epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    assert shape(said) == [("snapshot", 3), ("synced", 3), ("bye",), 4202]


def test_no_pong_is_due():
    talk = unanswered_at(5, ping_interval_s=20, age_s=1000)
    talk.hears(5, 6)
    assert talk.wakes(20) == [(20, ["ping", "load"])]
    talk.finds(6, since=6)
    assert talk.wakes(100) == [(at, ["ping"]) for at in (40, 60, 80, 100)]
