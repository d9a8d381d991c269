"""The full-text index itself: FTS5 on SQLite, token vectors on PostgreSQL, behind four functions. Knows tokens and numbers, no registers.

Every row has texts that anybody may find it by (`public`) and others (`staff`), each with the title apart. The index's number of a row
is `scope * 2**40 + id`, so a register is one range.
"""
# ruff: noqa: S608, S611  # only our own column names are put into the SQL, values always apart

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from keqiao.core.records.search_words import Word

SPAN = 2**40


@dataclass(frozen=True)
class Entry:
    """The tokens of one row."""

    pk: int
    title: Sequence[str]
    public: Sequence[str]
    staff_title: Sequence[str]
    staff: Sequence[str]


def write(scope: int, entries: Sequence[Entry], gone: Iterable[int] = ()) -> None:
    """Puts entries in place of what was there, and takes out the rows that are gone."""
    numbers = [scope * SPAN + pk for pk in [*(entry.pk for entry in entries), *gone]]
    if not numbers:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM core_search WHERE id = ANY(%s)", [numbers])
            rows: list[tuple[Any, ...]] = [
                (scope * SPAN + one.pk, _vector(one.title, one.public), _vector(one.staff_title, one.staff))
                for one in entries
            ]
            cursor.executemany(
                "INSERT INTO core_search (id, public, staff) VALUES (%s, %s::tsvector, %s::tsvector)", rows
            )
        else:
            cursor.executemany("DELETE FROM core_search WHERE rowid = %s", [(number,) for number in numbers])
            texts: list[tuple[Any, ...]] = [
                (
                    scope * SPAN + one.pk,
                    *(" ".join(part) for part in (one.title, one.public, one.staff_title, one.staff)),
                )
                for one in entries
            ]
            cursor.executemany(
                "INSERT INTO core_search (rowid, title, public, staff_title, staff) VALUES (%s, %s, %s, %s, %s)", texts
            )


def clear(scope: int) -> None:
    name = "id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM core_search WHERE {name} BETWEEN %s AND %s", [scope * SPAN, (scope + 1) * SPAN - 1]
        )


def _vector(title: Sequence[str], rest: Sequence[str]) -> str:
    """A tsvector literal: places keep phrases, the weight A marks the title. PostgreSQL counts places up to 16,383."""
    places: dict[str, list[str]] = {}
    for place, token in enumerate(title, start=1):
        places.setdefault(token, []).append(f"{place}A")
    for place, token in enumerate(rest, start=len(title) + 2):
        if place < 16_383:
            places.setdefault(token, []).append(str(place))
    return " ".join(f"'{token}':{','.join(found[:255])}" for token, found in places.items())


def _where(scope: int, asked: Sequence[Word], public_only: bool, title_only: bool) -> tuple[str, list[Any]]:
    bounds = [scope * SPAN, (scope + 1) * SPAN - 1]
    if connection.vendor == "postgresql":
        columns = ["public"] if public_only else ["public", "staff"]
        each = "(" + " OR ".join(f"{column} @@ %s::tsquery" for column in columns) + ")"
        params = [_tsquery(word, title_only) for word in asked for _column in columns]
        return "core_search.id BETWEEN %s AND %s AND " + " AND ".join([each] * len(asked)), [*bounds, *params]
    titles = ["title"] if public_only else ["title", "staff_title"]
    columns = titles if title_only else [*titles, *(["public"] if public_only else ["public", "staff"])]
    return "core_search MATCH %s AND rowid BETWEEN %s AND %s", [_match(asked, columns), *bounds]


def _tsquery(word: Word, title_only: bool) -> str:
    marks = "A" if title_only else ""
    parts = [f"'{token}':{marks}" if marks else f"'{token}'" for token in word.tokens]
    if word.open_ended:
        parts[-1] = f"'{word.tokens[-1]}':*{marks}"
    return " <-> ".join(parts)


def _match(asked: Sequence[Word], columns: Sequence[str]) -> str:
    phrases = [f'"{" ".join(word.tokens)}"{"*" if word.open_ended else ""}' for word in asked]
    return f"{{{' '.join(columns)}}} : ({' AND '.join(phrases)})"


def hits(scope: int, asked: Sequence[Word], *, public_only: bool, title_only: bool = False, newest: int = 0) -> RawSQL:
    """The ids found (only the `newest` so many, where given), as a subquery for `pk__in`."""
    where, params = _where(scope, asked, public_only, title_only)
    name = "id" if connection.vendor == "postgresql" else "rowid"
    last = f" ORDER BY {name} DESC LIMIT {int(newest)}" if newest else ""
    return RawSQL(f"SELECT {name} - %s FROM core_search WHERE {where}{last}", [scope * SPAN, *params])


def stands(scope: int, asked: Sequence[Word], table: str, *, public_only: bool) -> RawSQL:
    """Whether the row of `table` that is being looked at is found: for filtering a walk along another index."""
    where, params = _where(scope, asked, public_only, False)
    name = "id" if connection.vendor == "postgresql" else "rowid"
    own = f"core_search.{name} = {connection.ops.quote_name(table)}.{connection.ops.quote_name('id')} + %s"
    return RawSQL(
        f"EXISTS (SELECT 1 FROM core_search WHERE {where} AND {own})", [*params, scope * SPAN], BooleanField()
    )


def newest(
    scope: int, asked: Sequence[Word], limit: int, *, before: int = SPAN, public_only: bool, title_only: bool = False
) -> list[int]:
    """The highest ids found below `before`: read from the end of the index, so it is quick however many there are."""
    where, params = _where(scope, asked, public_only, title_only)
    name = "id" if connection.vendor == "postgresql" else "rowid"
    params[-1 if connection.vendor != "postgresql" else 1] = min(scope * SPAN + before - 1, (scope + 1) * SPAN - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {name} - %s FROM core_search WHERE {where} ORDER BY {name} DESC LIMIT %s",
            [scope * SPAN, *params, limit],
        )
        return [row[0] for row in cursor.fetchall()]
