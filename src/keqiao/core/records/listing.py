"""Listing (列表): the rows of a register that one user sees under one query string: filtered, searched, sorted, counted, paged, shown.

Page, API, export, saved view and bulk edit are all made from a Listing, so none of them can show more than another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from keqiao.core import access
from keqiao.core.records import filters, paging, references, search
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field
from keqiao.core.records.problems import Problem

SCOPE = "a Listing filters by the user's lens"
SIZES = (20, 50, 100, 200)
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One field of one row as its reader may see it. `link` is the (register key, id) a reference leads to."""

    field: Field
    text: str
    sight: str = "full"  # "masked" and "hidden" are shown differently from an empty value
    link: tuple[str, int] | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Row:
    """A record with its cells in the order of the listing's columns."""

    record: Any
    title: str
    cells: tuple[Cell, ...]

    @property
    def pk(self) -> int:
        return int(self.record.pk)


def listed(params: Params) -> dict[str, list[str]]:
    """A QueryDict, or a mapping to texts or lists of texts, as lists without NULs (PostgreSQL refuses them)."""
    pairs = params.lists() if hasattr(params, "lists") else params.items()
    return {
        str(key): [str(one).replace("\0", "") for one in (value if isinstance(value, list | tuple) else [value])]
        for key, value in pairs
    }


class Listing:
    """`Listing(register, user, request.GET)`. Faults of the query string are in `problems`; a faulty listing is empty rather than wrong.

    `action` is what the rows are listed for ("view", "export", "change"…). `strict` also refuses unknown parameters.
    """

    def __init__(
        self, register: Register, user: Any, params: Params | None = None, *, action: str = "view", strict: bool = False
    ) -> None:
        self.register, self.user, self.action = register, user, action
        self.params = listed(params or {})
        self.sight = access.lens(user, register, "view")
        self.conditions, self.problems = filters.read(register, self.sight, self.params)
        self.order, faults = filters.ordering(register, self.sight, self._one("sort"))
        self.problems += faults
        self.text = self._one("q").strip()[:200]
        self.ids = self._ids()
        self._countable: Any = None
        if strict:
            self.problems += filters.unknown(register, self.params) + self._bad_controls()

    def _bad_controls(self) -> list[Problem]:
        """What pages forgive, programs are told of."""
        problems = []
        if "page" in self.params:
            problems.append(Problem("unknown_parameter", _("没有这个参数"), _("请用 after 翻页"), "page", "page"))
        if "per_page" in self.params and not (
            self._one("per_page").isdecimal() and str(self.size) == self._one("per_page").lstrip("0")
        ):
            problems.append(
                Problem(
                    "not_a_number", _("应为 1 至 500 的整数"), "", "per_page", "per_page", self._one("per_page")[:50]
                )
            )
        if len(self._one("q")) > 200:
            problems.append(Problem("too_long", _("检索词超过 200 字"), "", "q", "q"))
        columns = [name for item in self.params.get("columns", []) for name in item.split(",") if name]
        if unknown := [name for name in columns if name not in self.available]:
            problems.append(
                Problem(
                    "unknown_field", _("没有这些字段，或您不能查看"), "", "columns", "columns", "、".join(unknown)[:200]
                )
            )
        return problems

    def _one(self, name: str) -> str:
        values = self.params.get(name) or [""]
        return values[-1]

    def _ids(self) -> list[int] | None:
        if "ids" not in self.params:
            return None
        texts = [text.strip() for item in self.params["ids"] for text in item.split(",") if text.strip()]
        if bad := [text for text in texts if not text.isdecimal() or len(text) > 18]:
            self.problems.append(
                Problem(
                    "not_a_number", _("不是记录编号"), _("请重新选择记录"), "ids", _("所选记录"), "、".join(bad)[:200]
                )
            )
        return [int(text) for text in texts if text not in bad]

    # columns

    @cached_property
    def available(self) -> dict[str, Field]:
        """All fields this user may put into a column."""
        fields = {**self.register.fields, **filters.COMMON}
        return {name: field for name, field in fields.items() if self.sight.may_see_column(field)}

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The chosen columns, or the register's own."""
        chosen = [name for item in self.params.get("columns", []) for name in item.split(",") if name]
        names = [name for name in dict.fromkeys(chosen) if name in self.available] or [
            name for name in self.register.list_columns if name in self.available
        ]
        return tuple(self.available[name] for name in names or list(self.available)[:6])

    @cached_property
    def controls(self) -> list[filters.Control]:
        return filters.controls(self.register, self.sight, self.params)

    @property
    def sort(self) -> tuple[str, bool]:
        """The field the rows are sorted by and whether descending; empty for the id alone."""
        return (self.order.field.name if self.order.field else "", self.order.keys[0].descending)

    def may_sort(self, field: Field) -> bool:
        return filters.may_sort(self.sight, field)

    # rows

    @cached_property
    def rows(self) -> Any:
        """The scoped and filtered query set, not yet ordered."""
        rows = self.register.rows().unscoped(SCOPE).filter(self.sight.q, merged_into_id=None)
        if self.problems:
            return rows.none()
        if self.action != "view":
            rows = rows.filter(access.lens(self.user, self.register, self.action).q)
        if self.ids is not None:
            rows = rows.filter(pk__in=self.ids)
        for condition in self.conditions:
            rows = rows.alias(**condition.aliases).filter(condition.q)
        if self.text:
            found = search.matching(self.sight, self.text)
            self._countable = rows.filter(found.newest) if found.newest is not None else None
            rows = rows.filter(found.q)
        return rows

    @cached_property
    def ordered(self) -> Any:
        return self.rows.annotate(**self.order.aliases).order_by(*self.order.expressions)

    @cached_property
    def count(self) -> paging.Count:
        """Up to the cap. Of a word that very many rows have, the newest hits are counted: "1,005+"."""
        rows = self.rows
        if self._countable is not None:
            return paging.Count(min(int(paging.count(self._countable)), paging.CAP), True)
        return paging.count(rows)

    @cached_property
    def size(self) -> int:
        text = self._one("per_page")
        return min(max(int(text), 1), 500) if text.isdecimal() and len(text) < 6 else 50

    def page(self) -> paging.Page:
        """The page the query string asks for: by `after` (cursor) or by `page` (number, up to the cap)."""
        if cursor := self._one("after"):
            return self.after(cursor)
        text = self._one("page")
        pages = max(1, -(-int(self.count) // self.size))
        number = min(max(int(text), 1), pages) if text.isdecimal() and len(text) < 9 else 1
        start = (number - 1) * self.size
        found = self._read(self.ordered[start : start + self.size + 1])
        return self._page(found, number, self.count)

    def after(self, cursor: str = "") -> paging.Page:
        """The next `size` rows after the cursor (from the first without one). Never counts. Raises BadCursorError."""
        rows = self.ordered
        if cursor:
            values = paging.read_cursor(self.order.keys, cursor)
            bound, rest = paging.beyond(self.order.keys, values)
            rows = rows.filter(bound).filter(rest)
        return self._page(self._read(rows[: self.size + 1]), 1, None)

    def _page(self, found: list[Any], number: int, counted: paging.Count | None) -> paging.Page:
        rows, has_next = found[: self.size], len(found) > self.size
        cursor = paging.write_cursor(self.order.keys, rows[-1]) if has_next else ""
        return paging.Page([self.row(record) for record in rows], self.size, number, has_next, cursor, counted)

    def _read(self, rows: Any) -> list[Any]:
        return references.load(self.register, rows, self.columns)

    def row(self, record: Any) -> Row:
        title = self.register.fields.get(self.register.title_field)
        text = self.sight.shown(title, record) if title else self.register.title(record)
        return Row(record, text, tuple(self.cell(field, record) for field in self.columns))

    def cell(self, field: Field, record: Any) -> Cell:
        text = self.sight.shown(field, record)
        sight = self.sight.sees(field, record)
        link = references.link(field, record) if text and field.reference and sight == "full" else None
        return Cell(field, text, sight, link)

    def each(self, chunk: int = 2000) -> Iterator[Any]:
        """All rows in order, read chunk by chunk with what they refer to: for export. Keyset, so that memory and locks stay small."""
        values: Sequence[Any] = ()
        while True:
            rows = self.ordered
            if values:
                bound, rest = paging.beyond(self.order.keys, values)
                rows = rows.filter(bound).filter(rest)
            found = references.load(self.register, rows[:chunk], self.columns)
            yield from found
            if len(found) < chunk:
                return
            values = [getattr(found[-1], key.name) for key in self.order.keys]

    # links

    def query(self, **changes: Any) -> str:
        """The query string with some parameters changed (None takes one out); page and cursor start anew unless given."""
        kept = {key: values for key, values in self.params.items() if key not in {"page", "after"}}
        for key, value in changes.items():
            kept.pop(key, None)
            if value is not None:
                kept[key] = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        return urlencode([(key, value) for key, values in kept.items() for value in values if value])

    @property
    def active(self) -> list[tuple[str, str]]:
        """(text, query string without it) for every condition in use: the chips over a list."""
        return [(condition.text, self.query(**{condition.name: None})) for condition in self.conditions]
