"""A stream, all that is said to it, and what it answers in words."""

import json

from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Close, Entry, Hint, Limits, Load, Loaded, Send
from notifications.wire import frames
from notifications.wire.frames import BadFrame, Cursor, Pong, Resume
from tests.support.short_way import behind, hinted

KIB = 1024
WINDOW = 64 * KIB
LARGEST = 128 * KIB
EPOCH, EPOCH_TAG = "epoch 1", "life 1"
NEW_EPOCH, NEW_EPOCH_TAG = "epoch 2", "life 2"


def at(revision, epoch=EPOCH):
    return Cursor(epoch, revision)


def item(revision, size=100, name=None):
    """A notification that changed at this revision."""
    name = name or f"n{revision}"
    head = b'{"id":"%s","revision":%d,"body":"' % (name.encode(), revision)
    return Entry(revision, name, head + b"x" * (size - len(head) - 2) + b'"}')


def gone(revision):
    return Entry(revision, f"n{revision}", None)


def database(
    revision, since=None, changes=(), listed=None, epoch=EPOCH, epoch_tag=EPOCH_TAG, **fields
):
    """What a read has found: the changes after ``since``, or else the newest ones."""
    if since is None and listed is None:
        listed = [item(revision)]
    return Loaded(
        user="user", epoch=epoch, epoch_tag=epoch_tag, revision=revision,
        unread=1, unseen=1, since=since, changes=tuple(changes),
        listed=None if listed is None else tuple(entry.encoded for entry in listed), **fields,
    )  # fmt: skip


def hint(since, revision, size=100, *, framed=True, epoch_tag=EPOCH_TAG, asked_at=None):
    frame = frames.changes(since, revision, [item(revision, size).encoded], [], b"{}")
    return Hint(epoch_tag, since, revision, frame if framed else None, asked_at)


class Talk:
    """A stream and all that is said to it; what it answers is noted, in words.

    A frame is noted as it is decoded, a read as "load", a close as its code.
    """

    def __init__(self, cursor=None, **limits):
        self.now = 0.0
        self._held = 0
        self.stream = InboxStream(
            connection="connection", born_at=0.0, server_time=lambda: "now",
            limits=Limits(**limits), buffered=lambda: self._held,
        )  # fmt: skip
        self.said = []
        self.loads = []
        self.open = self._do(self.stream.open(cursor))

    @property
    def held(self):
        """Bytes that the server has not sent."""
        return self._held

    @held.setter
    def held(self, size):
        is_more, self._held = size > self._held, size
        if is_more:
            # Whatever a buffer holds more than before was sent, as some fact wanted it.
            assert self.tick(self.now) == []

    def _do(self, actions):
        said = []
        for action in actions:
            if isinstance(action, Send):
                said.append(json.loads(action.frame) | {"size": len(action.frame)})
            elif isinstance(action, Load):
                self.loads.append(action.cursor)
                said.append("load")
            else:
                assert isinstance(action, Close)
                said.append(int(action.code))
        self.said += said
        return said

    def finds(self, *arguments, **fields):
        return self._do(self.stream.loaded(database(*arguments, **fields), self.now))

    def fails(self):
        return self._do(self.stream.failed(self.now))

    def hears(self, *arguments, **fields):
        return self._do(hinted(self.stream, hint(*arguments, **fields), self.now))

    def is_told(self, revision, epoch_tag=EPOCH_TAG, asked_at=float("-inf")):
        return self._do(behind(self.stream, epoch_tag, revision, asked_at))

    def is_woken(self):
        return self._do(self.stream.woken())

    def gets(self, frame):
        return self._do(self.stream.received(frame, self.now))

    def resume(self, cursor):
        return self.gets(Resume(cursor))

    def pong(self, revision, epoch=EPOCH):
        return self.gets(Pong(epoch, revision))

    def misunderstands(self, code="bad_json"):
        return self._do(self.stream.misunderstood(BadFrame(code, "No."), self.now))

    def ends(self, code, after_ms=0):
        return self._do(self.stream.end(code, "So be it.", self.now, after_ms))

    def tick(self, now):
        self.now = now
        return self._do(self.stream.tick(now))

    def wakes(self, upto):
        """Tick whenever the stream asks for it; what it did, by time."""
        done = []
        while (due := max(self.now, self.stream.deadline())) <= upto:
            if did := words(self.tick(due)):
                done.append((due, did))
            elif self.stream.deadline() <= due:
                break  # it waits for room in the buffer
        self.now = upto
        return done


def words(said):
    return [one if isinstance(one, (str, int)) else one["type"] for one in said]


def shape(said):
    """Types, and the revisions that they name."""
    return [
        one
        if isinstance(one, (str, int))
        else (one["type"], *(one[name] for name in ("since", "revision") if name in one))
        for one in said
    ]


def synced_at(revision, **limits):
    """A talk that is up to date, with nothing outstanding."""
    talk = Talk(at(revision), **limits)
    talk.finds(revision, since=revision)
    return talk


def full(revision=5, **limits):
    """One whose window is full, by a frame that led to ``revision``, at time 0."""
    talk = synced_at(revision - 1, **limits)
    assert shape(talk.hears(revision - 1, revision, WINDOW)) == [
        ("changes", revision - 1, revision), ("ping", revision),
    ]  # fmt: skip
    return talk


def unanswered_at(revision, **limits):
    return synced_at(revision, is_answered=False, **limits)
