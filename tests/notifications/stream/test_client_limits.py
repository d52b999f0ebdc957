"""How often a client may speak, ask and err."""

from tests.notifications.stream.talk import at, synced_at, words


def test_five_resumes_at_once_are_allowed_and_one_a_second_after_that():
    talk = synced_at(5)
    for _ in range(5):
        assert 4100 not in talk.resume(at(5))
    for second in (1, 2, 3):
        talk.now = second
        assert 4100 not in talk.resume(at(5))
    talk.now = 3.5
    said = talk.resume(at(5))
    assert words(said) == ["bye", 4100]
    assert said[0]["reconnect"] is True


def test_frames_beyond_the_burst_end_the_connection_and_pongs_unasked_count_too():
    talk = synced_at(5)
    for _ in range(40):
        assert talk.pong(5) == []
    said = talk.pong(5)
    assert (said[0]["code"], said[1]) == (4100, 4100)


def test_a_pong_that_answers_a_ping_counts_against_no_limit():
    talk = synced_at(5)
    for _ in range(40):
        talk.pong(5)
    talk.stream._heartbeat.pinged(talk.now, 0)
    assert talk.pong(5) == []
    assert talk.pong(5)[0]["code"] == 4100


def test_an_error_is_told_and_the_fifth_within_a_minute_closes():
    talk = synced_at(5)
    for second in range(4):
        talk.now = second
        (said,) = talk.misunderstands()
        assert (said["type"], said["code"], said["temporary"]) == ("error", "bad_json", False)
    talk.now = 59
    said = talk.misunderstands()
    assert words(said) == ["bye", 4008]
    assert said[0]["reconnect"] is False


def test_errors_are_forgotten_after_a_minute():
    talk = synced_at(5)
    for second in (0, 1, 2, 3, 60, 61, 62):
        talk.now = second
        assert words(talk.misunderstands()) == ["error"]
    talk.now = 62.5
    assert words(talk.misunderstands()) == ["bye", 4008]


def test_a_frame_that_is_too_large_closes_at_once():
    assert words(synced_at(5).misunderstands("too_large")) == ["bye", 4008]
