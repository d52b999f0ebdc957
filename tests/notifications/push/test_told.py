"""What a process remembers of where inboxes stood, until it is asked."""

from notifications.push.told import ToldHeads


def test_the_highest_of_the_newest_epoch_is_kept_until_it_is_taken():
    told = ToldHeads()
    for epoch_tag, revision in [("a", 3), ("a", 2), ("b", 1), ("b", 2)]:
        told.learn(1, epoch_tag, revision)
    told.learn(2, "a", 7)
    told.learn(3, "a", 1)
    told.forget(3)
    told.forget(4)
    assert told.take() == {1: ("b", 2), 2: ("a", 7)}
    assert told.take() == {}
