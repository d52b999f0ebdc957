"""What is said of another epoch costs one read, and is forgotten with it."""

from tests.notifications.stream.talk import (
    NEW_EPOCH,
    NEW_EPOCH_TAG,
    Talk,
    at,
    full,
    item,
    shape,
    synced_at,
)


def test_a_hint_from_another_life_that_is_none_costs_one_read():
    talk = synced_at(5)
    assert talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG) == ["load"]
    assert talk.finds(5, since=5) == []
    assert talk.hears(3, 4, epoch_tag=NEW_EPOCH_TAG) == ["load"]
    assert talk.finds(5, since=5) == []
    assert talk.wakes(24) == []


def test_another_life_is_looked_for_again_when_the_read_failed():
    talk = synced_at(5)
    talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG)
    talk.fails()
    assert talk.wakes(2) == [(1, ["load"])]
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3),
        ("synced", 3),
    ]


def test_another_life_is_looked_for_again_though_the_window_is_full():
    talk = full(5)
    assert talk.is_told(0, NEW_EPOCH_TAG) == ["load"]
    talk.is_told(0, NEW_EPOCH_TAG)
    talk.fails()
    assert talk.wakes(2) == [(1, ["load"])]


def test_another_life_that_was_heard_of_during_a_read_is_looked_for_after_it():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.is_told(0, NEW_EPOCH_TAG)
    assert shape(talk.finds(6, since=5, changes=[item(6)]))[-1] == "load"
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3),
        ("synced", 3),
    ]


def test_another_life_that_was_heard_of_before_hello_is_looked_for_after_it():
    talk = Talk(at(5))
    talk.is_told(3, NEW_EPOCH_TAG)
    assert shape(talk.finds(5, since=5))[-1] == "load"
