"""Frames are cut to size, between revisions only."""

from notifications.stream.packing import first, split
from notifications.wire import frames
from tests.notifications.stream.talk import (
    KIB,
    LARGEST,
    WINDOW,
    Talk,
    at,
    gone,
    item,
    shape,
    synced_at,
    words,
)


def test_changes_are_split_only_between_revisions_and_only_the_last_part_counts():
    # Revision 2 changed two notifications at once.
    changes = [item(1, 60 * KIB), item(2, 20 * KIB, "a"), item(2, 20 * KIB, "b"), item(3)]
    talk = Talk(at(0))
    said = talk.finds(3, since=0, changes=changes)
    parts = [one for one in said if one["type"] == "changes"]
    assert len(parts) > 1
    position = 0
    for part in parts:
        assert part["since"] == position
        position = part["revision"]
        assert part["size"] <= LARGEST
    if position < 3:
        talk.pong(position)
        rest = [entry for entry in changes if entry.revision > position]
        said = talk.finds(3, since=position, changes=rest)
        parts += [one for one in said if one["type"] == "changes"]
    assert [part.get("partial", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert ["counts" in part for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [one["id"] for part in parts for one in part["notifications"]] == ["n1", "a", "b", "n3"]
    assert words(said)[-1] == "synced"


def test_nothing_live_comes_between_the_parts_of_something_split():
    # n5 changed at 6 and again at 9: who is at 7 by the first part does not have it yet.
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    said = talk.finds(9, since=5, changes=[item(7, WINDOW), item(9, 100, "n5")])
    assert shape(said) == [("changes", 5, 7), ("ping", 7)]
    assert said[0]["partial"] is True
    assert talk.pong(7) == ["load"]
    talk.fails()
    assert "changes" not in words(talk.hears(7, 8))  # it came late


def test_a_change_of_too_many_bytes_becomes_a_snapshot_and_synced():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    many = [item(6, 2 * KIB, f"n{n}") for n in range(100)]
    assert talk.finds(6, since=5, changes=many) == ["load"]
    assert talk.loads[-1] is None
    assert shape(talk.finds(6)) == [("snapshot", 6), ("synced", 6)]


def test_parts_before_a_change_of_too_many_bytes_go_as_they_are():
    talk = Talk(at(4))
    many = [item(6, 2 * KIB, f"n{n}") for n in range(100)]
    said = talk.finds(6, since=4, changes=[item(5, 63 * KIB), *many])
    assert shape(said) == [("hello", 6), ("changes", 4, 5), "load"]
    assert said[1]["partial"] is True
    assert shape(talk.finds(6)) == [("snapshot", 6), ("synced", 6)]
    talk.pong(6)
    assert shape(talk.hears(6, 7)) == [("changes", 6, 7)]


def test_a_change_of_exactly_128_kib_fits():
    around = len(frames.changes(5, 6, [item(6).encoded], [], b'{"unread":1,"unseen":1}')) - 100
    for size, fits in ((LARGEST - around, True), (LARGEST - around + 1, False)):
        talk = synced_at(5)
        talk.hears(5, 6, framed=False)
        said = talk.finds(6, since=5, changes=[item(6, size)])
        assert words(said) == (["changes", "ping"] if fits else ["load"])


def test_a_resume_ends_what_was_sent_in_parts():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.finds(9, since=5, changes=[item(7, WINDOW), item(9)])
    talk.resume(at(9))
    assert shape(talk.finds(9, since=9)) == [("synced", 9)]
    assert shape(talk.hears(9, 10)) == [("changes", 9, 10)]


def test_two_changes_that_each_fit_are_no_snapshot():
    talk = Talk(at(4))
    wide = [item(6, 4 * KIB, f"n{n}") for n in range(25)]
    said = talk.finds(6, since=4, changes=[item(5, 50 * KIB), *wide])
    assert shape(said)[:2] == [("hello", 6), ("changes", 4, 5)]
    assert "load" not in said


def test_a_snapshot_of_too_many_bytes_sends_fewer_and_says_more():
    talk = Talk()
    said = talk.finds(50, listed=[item(n, 4 * KIB) for n in range(50, 0, -1)])
    snapshot, ping = said[1:3]
    assert LARGEST - 5 * KIB < snapshot["size"] <= LARGEST
    assert snapshot["more"] is True
    assert [one["id"] for one in snapshot["notifications"][:2]] == ["n50", "n49"]
    assert (ping["type"], ping["revision"]) == ("ping", 50)
    assert shape(said)[3:] == [("synced", 50)]


def test_a_snapshot_says_more_where_the_database_has_more():
    assert Talk().finds(60, listed=[item(60)], more=True)[1]["more"] is True


def test_what_was_read_in_part_is_read_on_before_anything_is_synced():
    talk = Talk(at(5))
    said = talk.finds(9, since=5, changes=[item(6), item(7)], more=True)
    assert shape(said) == [("hello", 9), ("changes", 5, 7), "load"]
    assert (said[1]["partial"], "counts" in said[1]) == (True, False)
    assert talk.loads[-1] == at(7)
    assert "changes" not in words(talk.hears(9, 10))
    said = talk.finds(9, since=7, changes=[item(9)])
    assert shape(said)[:2] == [("changes", 7, 9), ("synced", 9)]
    assert "partial" not in said[0]


def test_a_part_of_what_changed_has_whole_revisions():
    entries = (item(1, 100, "a"), item(1, 100, "b"), gone(2), item(3, 100), item(4, 100))
    asked_for = iter(entries)
    assert first(asked_for, 10) == (entries[:2], True)
    assert list(asked_for) == list(entries[3:])
    assert first(entries, 301) == (entries[:4], True)
    assert first(entries, 10_000) == (entries, False)
    assert first((), 0) == ((), False)


def test_splitting_nothing_gives_one_part_of_nothing():
    assert split((), 10) == [()]


def test_one_revision_is_one_part_however_large():
    entries = (item(1, 100, "a"), item(1, 100, "b"), gone(2))
    assert split(entries, 10) == [entries[:2], entries[2:]]


def test_revisions_may_pass_without_a_notification_to_show_for_it():
    # All that changed at 6 was deleted, by age.
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    (said,) = talk.finds(6, since=5)
    assert (said["since"], said["revision"], said["notifications"]) == (5, 6, [])
