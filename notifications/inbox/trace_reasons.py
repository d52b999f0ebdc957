"""Why a step of a notification's story did not happen, in a word for programs and a sentence."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy


class Reason(StrEnum):
    """The words are the API's, and stay."""

    # It is in no inbox, or not yet.
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDER_WAY = "under_way"
    NOBODY = "nobody"
    # It is not in that user's.
    NO_AUDIENCE = "no_audience"
    NOT_IN_AUDIENCE = "not_in_audience"
    NOT_ACTIVE = "not_active"
    JOINED_LATER = "joined_later"
    NOT_WANTED = "not_wanted"
    LEFT_OUT = "left_out"
    # It was not seen to go to a client.
    OFFLINE = "offline"
    NOT_WRITTEN = "not_written"
    REMOVED_MEANWHILE = "removed_meanwhile"
    ELSEWHERE = "elsewhere"
    FORGOTTEN = "forgotten"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_SEEN = "not_seen"
    NOT_READ = "not_read"


_SAID = {
    Reason.DRAFT: gettext_lazy("It was never sent."),
    Reason.SCHEDULED: gettext_lazy("It is scheduled, and its time has not come."),
    Reason.CANCELLED: gettext_lazy("It was cancelled before it was sent."),
    Reason.WITHDRAWN: gettext_lazy("It was withdrawn."),
    Reason.EXPIRED: gettext_lazy("It has expired."),
    Reason.UNDER_WAY: gettext_lazy("It is being dispatched; the turn of the others is to come."),
    Reason.NOBODY: gettext_lazy("Nobody of its audience was there to get it."),
    Reason.NO_AUDIENCE: gettext_lazy("Its row names an audience that nobody knows."),
    Reason.NOT_IN_AUDIENCE: gettext_lazy("Not in its audience, as that is now."),
    Reason.NOT_ACTIVE: gettext_lazy("Not active: only active users are recipients."),
    Reason.JOINED_LATER: gettext_lazy("Joined after it was accepted."),
    Reason.LEFT_OUT: gettext_lazy(
        "In its audience and active now, but not when it was dispatched; or their preferences "
        "kept it out then."
    ),
    Reason.NOT_WANTED: gettext_lazy("Their preferences keep it out of their inbox."),
    Reason.OFFLINE: gettext_lazy("No stream has been open since it arrived."),
    Reason.NOT_WRITTEN: gettext_lazy("Streams were open, and ended or went on without it."),
    Reason.REMOVED_MEANWHILE: gettext_lazy(
        "It was removed within what a stream was sent: before or after is not known."
    ),
    Reason.ELSEWHERE: gettext_lazy(
        "No stream is known that carried it, but a client has it: from a page, maybe."
    ),
    Reason.FORGOTTEN: gettext_lazy("So long ago that its streams are not kept any more."),
    Reason.NOT_ACKNOWLEDGED: gettext_lazy("No client has said that it holds it."),
    Reason.NOT_SEEN: gettext_lazy("It was not on a screen for a second."),
    Reason.NOT_READ: gettext_lazy("It was not opened or marked as read."),
}


def said(reason: Reason) -> str:
    """The reason as a sentence."""
    return str(_SAID[reason])


def name_of(step: str) -> str:
    """A step's name as people read it."""
    return str(_NAMES.get(step, step))


_NAMES = {
    "accepted": gettext_lazy("Accepted"),
    "committed": gettext_lazy("Committed"),
    "dispatched": gettext_lazy("Dispatched"),
    "written": gettext_lazy("Written to streams"),
    "acknowledged": gettext_lazy("Acknowledged"),
    "seen": gettext_lazy("Seen"),
    "read": gettext_lazy("Read"),
    "archived": gettext_lazy("Archived"),
    "snoozed": gettext_lazy("Snoozed"),
    "removed": gettext_lazy("Taken out"),
}
