"""Static files: which are served, their names, and serving them where no web server does."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.http import HttpRequest
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What `make bundles` makes of the app's modules and styles; setup.py puts it into the wheel.
BUNDLES = Path(__file__).parents[1] / "bundles"
# What pages of other origins load: its name stays while all that it imports is renamed.
_ENTRY = "notifications/define.js"
_BUNDLED = (".js", ".css", ".ts")
# What fits into a packet beside its headers arrives no earlier for being smaller.
_WORTH_COMPRESSING_BYTES = 1_000


class BundlesFinder(AppDirectoriesFinder):
    """What `collectstatic` collects: of the app's modules and styles, the bundles made of them."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Each file, by its name, and where it lies."""
        for name, storage in super().list(ignore_patterns):
            if not (name.startswith("notifications/") and name.endswith(_BUNDLED)):
                yield name, storage
        bundles = FileSystemStorage(BUNDLES)
        bundles.prefix = ""  # type: ignore[attr-defined]
        for path in sorted(BUNDLES.rglob("*.*")):
            yield path.relative_to(BUNDLES).as_posix(), bundles


class _Compressor(Compressor):  # type: ignore[misc]
    """WhiteNoise's, by brotli and gzip, but for files that are small already."""

    def compress(self, path: str) -> list[str]:
        """The compressed files that were written beside it."""
        if Path(path).stat().st_size >= _WORTH_COMPRESSING_BYTES:
            return list(super().compress(path))
        # Of an older version, under the same name.
        for suffix in (".br", ".gz"):
            Path(path + suffix).unlink(missing_ok=True)
        return []


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Files whose names hold a hash of what they say, and of what they import.

    So modules of two versions never mix, and a browser may keep each for ever.
    """

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """WhiteNoise asks for it."""
        return _Compressor(**options)

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
        # Weak, since it names what is sent plain, by gzip and by brotli: three answers that mean
        # the same, and are not the same bytes (RFC 9110, section 8.8.3.3).
        file = Path(path).stat()
        headers["ETag"] = f'W/"{int(file.st_mtime):x}-{file.st_size:x}"'
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
