"""What the ORM has no words for, made from querysets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, connections
from django.db.models import (
    Expression,
    F,
    Field,
    ForeignObject,
    IntegerField,
    Lookup,
    Model,
    QuerySet,
    Value,
)
from django.db.models.manager import BaseManager

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:  # Django's class takes no parameter when the code runs
    _Lookup = Lookup

Rows = list[list[Any]]
RowOf = TypeVar("RowOf", bound=Model)


def behind_relations(field: Any) -> Any:
    """The field whose values a field holds: itself, or what stands at the end of all relations."""
    while field.remote_field is not None:
        field = field.target_field
    return field


def kind_of_key(model: type[Model]) -> str:
    """The type of a model's key, as PostgreSQL calls it."""
    return _kind(behind_relations(model._meta.pk), connection)


def _kind(key: Any, database: Any) -> str:
    # Without its length: to that, a cast would cut what is longer.
    return str(key.cast_db_type(database)).partition("(")[0]


def listed(field: Any, values: Iterable[Any]) -> Any:
    """What is asked of a ``Question`` for a set of values of this field."""
    return _listed(behind_relations(field), values, connection)


def _listed(key: Any, values: Iterable[Any], database: Any) -> Any:
    """Values of a field as the one parameter that ``Among`` gives them as."""
    is_integer = isinstance(key, IntegerField)
    if database.vendor == "sqlite":
        ids = list(values)
        return json.dumps(
            ids if is_integer else [key.get_db_prep_value(one, database) for one in ids]
        )
    # As PostgreSQL writes an array: psycopg looks at each of a list.
    return f"{{{','.join(map(str, values))}}}" if is_integer else [str(one) for one in values]


class Among(_Lookup):
    """``pk__among=ids``: like ``__in``, with all ids as one parameter.

    A thousand parameters cost more in Python than the statement does in the database. Give many as
    a set: of a list or a tuple, Django looks at each whether it is an expression.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        key = behind_relations(self.lhs.output_field)
        kind = "bigint" if isinstance(key, IntegerField) else _kind(key, connection)
        return f"{left} = ANY(%s::{kind}[])", (*params, _listed(key, self.rhs, connection))

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        key = behind_relations(self.lhs.output_field)
        listed = f"{left} IN (SELECT value FROM json_each(%s))"  # noqa: S608
        return listed, (*params, _listed(key, self.rhs, connection))


for _field in (Field, ForeignObject):
    _field.register_lookup(Among)


def insert_from(
    model: type[Model],
    source: QuerySet[Any],
    *,
    ignore_conflicts: bool = False,
    add_to: Sequence[str] = (),
    **columns: Expression | F,
) -> int:
    """``INSERT INTO model (columns) SELECT ... FROM source``: no row passes through Python.

    Columns that are not named take their field's default.

    Args:
        source: filtered by something (SQLite needs its WHERE to tell ON CONFLICT from a join).
        add_to: the columns that name a row; where it is there, the others are added to it.
    Returns: the number of rows inserted or added to.
    """
    defaults = {
        field.attname: Value(field.get_default(), output_field=field)
        for field in model._meta.concrete_fields
        if field.get_default() is not None
    }
    expressions = defaults | columns
    database = connections[source.db]
    selected = source.values_list(*expressions.values())
    select_sql, params = selected.query.get_compiler(connection=database).as_sql()
    quote = database.ops.quote_name
    columns_of = {field.attname: str(field.column) for field in model._meta.concrete_fields}
    names = ", ".join(quote(columns_of[name]) for name in expressions)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    if add_to:
        table, key = quote(model._meta.db_table), [quote(columns_of[name]) for name in add_to]
        added = [quote(columns_of[name]) for name in columns if name not in add_to]
        sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in added)
        conflict = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {select_sql}{conflict}"
    with database.cursor() as cursor:
        cursor.execute(sql, params)
        inserted: int = cursor.rowcount
    return inserted


def fetch_beside(head: QuerySet[Any], rows: QuerySet[Any]) -> tuple[list[Any] | None, Rows]:
    """Read one row and the rows that belong to it in one statement, so that they agree.

    Both querysets come from ``values_list()``. The order of ``rows`` decides what a slice of it
    holds; what comes back is in no order.

    Returns: the one row, or None where there is none; the rows.
    """
    database = connections[head.db]
    compilers = [q.query.get_compiler(connection=database) for q in (head, rows)]
    (head_sql, head_params), (rows_sql, rows_params) = (c.as_sql() for c in compilers)
    sql = f"SELECT * FROM ({head_sql}) h LEFT JOIN (SELECT 1, r.* FROM ({rows_sql}) r) i ON 1 = 1"  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(sql, (*head_params, *rows_params))
        fetched = cursor.fetchall()
    if not fetched:
        return None, []
    width = len(compilers[0].select)
    # One column between the two tells a row from the NULLs that a LEFT JOIN makes up.
    related = [row[width + 1 :] for row in fetched if row[width] is not None]
    return _converted(compilers[0], [fetched[0][:width]])[0], _converted(compilers[1], related)


def find_one(model: type[RowOf], column: str, value: str | int) -> RowOf | None:
    """The row that has this value in a unique column, of text or numbers.

    In SQL that is made once: each request asks so for its key, each chunk for its notification, and
    the ORM takes longer to put the question than the database to answer it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_finding(model, column, connection.vendor), [value])
        found = cursor.fetchone()
    if found is None:
        return None
    fields = model._meta.concrete_fields
    (values,) = python_values(fields, [found])
    return model.from_db(connection.alias, [field.attname for field in fields], values)


@cache
def _finding(model: type[Model], column: str, _vendor: str) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields)
    table = quote(model._meta.db_table)
    return f"SELECT {columns} FROM {table} WHERE {quote(column)} = %s"  # noqa: S608


class Question:
    """A queryset as SQL that is made once, to be asked again with other values.

    The ORM takes longer to put a question than the database to answer it. Keep none about rows of
    which a manager chooses that is not ``is_plain``.
    """

    def __init__(self, ask: Callable[..., QuerySet[Any]], **marks: Any) -> None:
        """Args: ask: makes it, of values by their names. marks: stand for them, unlike any other
        parameter; a set of one stands for what is given by ``listed``.
        """
        self.sql, params = ask(**marks).query.get_compiler(connection=connection).as_sql()
        self._params = list(params)
        # As ``Among`` gives a set of one, whatever its field is.
        forms = {
            name: ([*mark], f"{{{','.join(mark)}}}", json.dumps([*mark]))
            if isinstance(mark, frozenset)
            else (mark,)
            for name, mark in marks.items()
        }
        self._places = [
            (n, name)
            for n, param in enumerate(self._params)
            for name, ways in forms.items()
            if param in ways
        ]
        assert {name for _, name in self._places} == marks.keys()  # noqa: S101 (marks are of ours)

    def params(self, **values: Any) -> list[Any]:
        """The parameters by which it is asked with these values."""
        given = list(self._params)
        for n, name in self._places:
            given[n] = values[name]
        return given

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The answer with these values, as the database gives it."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params(**values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


# Stands for what a set is to hold.
ANY = frozenset(["any"])


def is_plain(model: type[Model]) -> bool:
    """Whether a model's default manager shows all rows, at any time."""
    kind: Any = type(model._default_manager)
    return kind.get_queryset is BaseManager.get_queryset and kind._queryset_class is QuerySet


def raw_values(rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """What comes from ``values_list()``, as the database gave it; ``python_values`` goes on.

    For thousands of rows that hold little but integers: to look at each value takes longer than to
    read it.
    """
    database = connections[rows.db]
    with database.cursor() as cursor:
        cursor.execute(*rows.query.get_compiler(connection=database).as_sql())
        fetched: list[tuple[Any, ...]] = cursor.fetchall()
    return fetched


def python_values(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Rows:
    """Values of these fields, from SQL of our own, as the ORM would give them."""
    converted = [list(row) for row in rows]
    for n, field in enumerate(fields):
        column, converters = _of_column(field, connection.vendor)
        for convert in converters:
            for row in converted:
                if row[n] is not None:
                    row[n] = convert(row[n], column, connection)
    return converted


@cache
def _of_column(field: Any, _vendor: str) -> tuple[Any, Sequence[Callable[..., Any]]]:
    """A field's column, and what makes its values Python's; the same for all connections of one
    kind, and asked for with each read of a stream.
    """
    column = field.get_col(field.model._meta.db_table)
    of_database = connection.ops.get_db_converters(column)
    return column, [*of_database, *column.get_db_converters(connection)]


def _converted(compiler: Any, rows: list[Any]) -> Rows:
    """Database values as Python values, just as the queryset itself would make them."""
    converters = compiler.get_converters([column for column, _, _ in compiler.select])
    return [list(row) for row in compiler.apply_converters(rows, converters)]
