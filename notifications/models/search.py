"""Notifications that say some words: the index that ``0002_search`` makes, as each engine asks it.

The text is shared by all who got it, so the index is one of notifications; ``inbox/search.py``
brings it together with an inbox.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.db.models import BooleanField, Expression, Func

from notifications.models.notification import Notification
from notifications.wire.search_words import folded, has_words, words_of

# Of SQLite.
TABLE = "notifications_search"
_FUNCTION = "notifications_has_words"
_MATCHES = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608
_TSQUERY = "to_tsquery('simple', %s)"


class Says(Func):
    """Whether the notification of this key says all of the words; the last may go on.

    Args:
        key: a column, of the table of notifications.
        words: as of ``words_of``; at least one.
        oldest: the least key that counts. On SQLite no lower one is even looked at.
        by_text: whether SQLite is to read the text itself, as it does without an index.
    """

    output_field = BooleanField()

    def __init__(
        self,
        key: Any,
        words: Sequence[str],
        oldest: Expression | None = None,
        *,
        by_text: bool = False,
    ) -> None:
        super().__init__(key, *([] if oldest is None else [oldest]))
        self.words = tuple(words)
        self.by_text = by_text

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, Any]:
        (key, params), *rest = map(compiler.compile, self.source_expressions)
        if self.by_text or not has_index(connection):
            return _without_index(key, params, self.words, connection)
        matches, matches_params = _MATCHES, [_phrases(self.words)]
        for oldest, oldest_params in rest:
            matches += f" AND rowid >= {oldest}"
            matches_params += oldest_params
        return f"{key} IN ({matches})", (*params, *matches_params)

    def as_postgresql(self, compiler: Any, _connection: Any, **_context: Any) -> tuple[str, Any]:
        column: Any = self.source_expressions[0]
        alias = compiler.quote_name_unless_alias(column.alias)
        return f'{alias}."search" @@ {_TSQUERY}', (_tsquery(self.words),)


def count(words: Sequence[str], database: str, *, most: int) -> int:
    """How many notifications say the words, counted up to ``most``."""
    connection = connections[database]
    if connection.vendor == "sqlite":
        matches, param = _MATCHES, _phrases(words)
    else:
        table = Notification._meta.db_table
        matches = f"SELECT id FROM {table} WHERE search @@ {_TSQUERY}"  # noqa: S608
        param = _tsquery(words)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({matches} LIMIT %s) matches", [param, most])  # noqa: S608
        counted: int = cursor.fetchone()[0]
    return counted


def has_index(connection: Any) -> bool:
    """Whether this database is searched by an index; without FTS5, SQLite has none."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [TABLE])
        return cursor.fetchone() is not None


def _phrases(words: Sequence[str]) -> str:
    # Each in quotes, so that none of them is an operator.
    return " ".join(f'"{word}"' for word in words) + "*"


def _tsquery(words: Sequence[str]) -> str:
    # Each in quotes, as in `_phrases`. To fold may part a word, or leave nothing of it.
    same = words_of(folded(" ".join(words)))
    return " & ".join(f"'{word}'" for word in same) + (":*" if same else "")


def _without_index(
    key: str, params: Any, words: Sequence[str], connection: Any
) -> tuple[str, tuple[Any, ...]]:
    connection.connection.create_function(_FUNCTION, 2, _has_words, deterministic=True)
    said = f"{_FUNCTION}(title || ' ' || sender || ' ' || body, %s)"
    row = f"SELECT {said} FROM {Notification._meta.db_table} said WHERE said.id = {key}"  # noqa: S608
    return f"({row})", (json.dumps(words_of(folded(" ".join(words)))), *params)


def _has_words(text: object, words: str) -> bool:
    return isinstance(text, str) and has_words(text, json.loads(words))
