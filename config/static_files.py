"""Static files: their names, and serving them where no web server in front takes them over."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile, File
from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What pages of other origins load: its name stays while all that it imports is renamed.
_ENTRY = "notifications/define.js"
# Others' modules say in comments whose they are.
_OURS = ("accounts/", "notifications/")
# Only such as have their lines to themselves: what stands in code or in a string is none of these.
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:(?!\*/)[\s\S])*\*/[ \t]*)$", re.MULTILINE)


def without_comments(source: str) -> str:
    """A module without its comments; their lines stay, so that a trace names the right ones."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source)


def _is_module_of_ours(name: str) -> bool:
    return name.endswith(".js") and name.startswith(_OURS)


class _Uncommented:
    """Opens modules of a storage without their comments, which no browser needs to load."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def open(self, path: str) -> File[Any]:
        with self._storage.open(path) as file:
            return ContentFile(without_comments(file.read().decode()).encode())


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Files whose names hold a hash of what they say, and of what they import.

    So modules of two versions never mix, and a browser may keep each for ever.
    """

    support_js_module_import_aggregation = True
    # A module is done once all that it imports are; Django's 5 are too few for our graph.
    max_post_process_passes = 20
    # Styles, too, are found from their module.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "*.js",
            (
                (
                    r"""(?P<matched>new URL\("(?P<url>\./[^"]*)", import\.meta\.url\))""",
                    """new URL("%(url)s", import.meta.url)""",
                ),
            ),
        ),
    )

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """Also leave the comments of our modules away, of which types and reasons make many."""
        opened = {
            name: (_Uncommented(storage) if _is_module_of_ours(name) else storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(opened, **options)

    def save_manifest(self) -> None:
        """Also make the entry one line that imports the module of its hashed name."""
        if hashed := self.hashed_files.get(_ENTRY):
            self.delete(_ENTRY)
            line = f'import "./{posixpath.basename(hashed)}";\n'
            self._save(_ENTRY, ContentFile(line.encode()))
        super().save_manifest()


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

    def add_cache_headers(self, headers: Any, path: str, url: str) -> None:
        """And what lets pages of other origins load it, also those that ask for leave by COEP."""
        super().add_cache_headers(headers, path, url)
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
