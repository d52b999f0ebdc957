"""The pictures of senders, of which ``NOTIFICATIONS_SENDER_PICTURE`` tells."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.module_loading import import_string

from notifications.conf import conf
from notifications.process.log_limits import once_a_minute
from notifications.wire import content, contract

logger = logging.getLogger(__name__)


def picture_of(sender: str) -> str:
    """A path on this site or an https address; empty: none.

    The project's code answers, for each notification that is read: whatever it raises costs the
    picture and nothing else.
    """
    source = conf.SENDER_PICTURE
    if not sender or not source:
        return ""
    try:
        return _checked(_asked(source, sender))
    except Exception as error:  # noqa: BLE001 (it costs the picture alone)
        once_a_minute(
            logger,
            logging.WARNING,
            type(error).__name__,
            "NOTIFICATIONS_SENDER_PICTURE gave no picture: %s",
            error,
        )
        return ""


def _asked(named: str | Mapping[str, Any] | Callable[[str], Any], sender: str) -> Any:
    source = import_string(named) if isinstance(named, str) else named
    return source.get(sender) if isinstance(source, Mapping) else source(sender)


def _checked(address: Any) -> str:
    if not address:
        return ""
    text = str(address)
    if len(text) > contract.URL_MAX_LENGTH:
        raise ValueError(f"it has more than {contract.URL_MAX_LENGTH} characters.")
    content.check_url(text)
    return text
