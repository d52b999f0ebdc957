"""Static files, where no web server in front takes them over."""

from typing import Any

from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise's, but a file is always sent whole.

    Chromium asks for the rest of a script whose page was left while it loaded, also where nothing
    of it is missing, and such a range is a 416 and a warning in the log. A server may ignore ranges
    (RFC 9110, section 14.2).
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> Any:
        """The file, from its first byte to its last."""
        request.META.pop("HTTP_RANGE", None)
        return WhiteNoiseMiddleware.serve(static_file, request)
