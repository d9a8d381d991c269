"""Bulk writing: thousands of model rows by one prepared statement, three times as fast as `bulk_create` for wide tables.

Only for actions that have judged every row themselves; models' `save()` and signals are passed by, `auto_now` is not.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

PLAIN = frozenset({str, int, bool, type(None)})


def insert(rows: Sequence[Any]) -> None:
    """Inserts rows of one model and gives them their ids. Call it inside a transaction."""
    if not rows:
        return
    model = type(rows[0])
    if any(row.pk is None for row in rows):
        for row, pk in zip(rows, _new_ids(model, len(rows)), strict=True):
            row.pk = pk
    columns = [(column, _reader(column, adding=True)) for column in model._meta.concrete_fields]
    names = ", ".join(_quoted(column.column) for column, _read in columns)
    places = ", ".join(_place(column) for column, _read in columns)
    sql = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608  # names of our own tables
    with connection.cursor() as cursor:
        cursor.executemany(sql, [tuple(read(row) for _column, read in columns) for row in rows])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def update(rows: Sequence[Any], leaving: frozenset[str] = frozenset()) -> None:
    """Writes all columns of rows that are there, but those named in `leaving`. Call it inside a transaction."""
    if not rows:
        return
    model = type(rows[0])
    columns = [
        (column, _reader(column, adding=False))
        for column in model._meta.concrete_fields
        if not column.primary_key and column.name not in leaving
    ]
    sets = ", ".join(f"{_quoted(column.column)} = {_place(column)}" for column, _read in columns)
    key = _quoted(model._meta.pk.column)
    sql = f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE {key} = %s"  # noqa: S608  # names of our own tables
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*(read(row) for _column, read in columns), row.pk) for row in rows])


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _place(column: Any) -> str:
    return "%s::jsonb" if connection.vendor == "postgresql" and isinstance(column, models.JSONField) else "%s"


def _reader(column: Any, *, adding: bool) -> Callable[[Any], Any]:
    """What reads a row's value for the database; plain values need no preparation."""
    name = column.attname
    if getattr(column, "auto_now", False) or (adding and getattr(column, "auto_now_add", False)):
        return lambda row: column.get_db_prep_save(column.pre_save(row, adding), connection)
    if isinstance(column, models.JSONField):
        return lambda row: column.get_db_prep_save(getattr(row, name), connection)

    def read(row: Any) -> Any:
        value = getattr(row, name)
        return value if type(value) in PLAIN else column.get_db_prep_save(value, connection)

    return read


def _new_ids(model: Any, count: int) -> list[int]:
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [f'"{table}"', key, count]
            )
            return [found[0] for found in cursor.fetchall()]
        # The transaction holds SQLite's only write lock, so nobody takes these ids meanwhile.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        cursor.execute(f"SELECT MAX({_quoted(key)}) FROM {_quoted(table)}")  # noqa: S608  # names of our own tables
        last = max(found[0] if found else 0, cursor.fetchone()[0] or 0)
        return list(range(last + 1, last + count + 1))
