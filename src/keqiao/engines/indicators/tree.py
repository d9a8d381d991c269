"""The tree of units as it changes over time (merges, moves, new parks). Hides how a row finds its ancestors on a given day."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq

from keqiao.engines.indicators.problems import IndexProblem, Problems

FIRST_DAY, NO_END = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Unit:
    """A unit from its first day until (not including) `valid_until`. The same code may stand in several rows, one after another."""

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date = FIRST_DAY
    valid_until: date = NO_END
    name_en: str = ""
    successor: str | None = None

    def exists_on(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until


@dataclass(frozen=True)
class UnitTree:
    units: tuple[Unit, ...]

    @cached_property
    def _rows(self) -> dict[str, list[Unit]]:
        rows: dict[str, list[Unit]] = {}
        for unit in sorted(self.units, key=lambda u: u.valid_from):
            rows.setdefault(unit.code, []).append(unit)
        return rows

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(repr(sorted(self.units, key=lambda u: (u.code, u.valid_from))).encode()).hexdigest()

    @property
    def codes(self) -> list[str]:
        return list(self._rows)

    def on(self, code: str, day: date) -> Unit | None:
        """The unit as it stood on a day; None if it did not exist then."""
        return next((u for u in self._rows.get(code, ()) if u.exists_on(day)), None)

    def units_on(self, day: date) -> tuple[Unit, ...]:
        return tuple(u for rows in self._rows.values() for u in rows if u.exists_on(day))

    def children_on(self, code: str, day: date) -> tuple[Unit, ...]:
        return tuple(u for u in self.units_on(day) if u.parent == code)

    def standing_for(self, code: str, day: date) -> Unit | None:
        """Who answers for a code on a day: the unit itself; once it is gone its only successor, else the parent it last had;
        before it existed, its first parent. None for a code the tree has never held."""
        seen: set[str] = set()
        while code in self._rows and code not in seen:
            seen.add(code)
            present = self.on(code, day)
            if present is not None:
                return present
            rows = self._rows[code]
            nearest = next((u for u in reversed(rows) if u.valid_until <= day), rows[0])
            heirs = (nearest.successor or "").split(";") if nearest.valid_until <= day else []
            code = heirs[0] if len(heirs) == 1 and heirs[0] else nearest.parent or ""
        return None

    def chain(self, code: str, day: date) -> tuple[str, ...]:
        """The unit answering for `code` on a day and all above it, lowest first. Empty for an unknown code."""
        out: list[str] = []
        unit = self.standing_for(code, day)
        while unit is not None and unit.code not in out:
            out.append(unit.code)
            unit = self.standing_for(unit.parent, day) if unit.parent else None
        return tuple(out)

    def turning_days(self, start: date, stop: date) -> list[date]:
        """Days strictly inside the stretch on which the tree changes."""
        days = {d for u in self.units for d in (u.valid_from, u.valid_until)}
        return sorted(d for d in days if start < d < stop)

    def closure(self, day: date) -> list[tuple[str, str]]:
        """(code, ancestor) for every code ever held, itself or its stand-in included."""
        return [(code, above) for code in self._rows for above in self.chain(code, day)]

    def descendants(self, code: str, day: date) -> list[str]:
        """Codes whose rows count under `code` on a day, itself included."""
        return [below for below in self._rows if code in self.chain(below, day)]


def tree_from_rows(rows: Iterable[Mapping[str, object]], source: str = "tree") -> UnitTree:
    """Columns code, name, name_en, level, parent, valid_from, valid_until (excluded; empty: still there), optionally
    successor (of an abolished unit; several separated by ;). All faults are raised together."""
    problems = Problems()
    units: list[Unit] = []
    for number, row in enumerate(rows, start=1):
        where = f"{source} row {number}"
        code = _text(row.get("code"))
        if not code:
            problems.add("index.tree.code", where, "code", None, "the code is empty", "give every unit a code")
            continue
        start = _day(row.get("valid_from"), FIRST_DAY, where, "valid_from", problems)
        stop = _day(row.get("valid_until"), NO_END, where, "valid_until", problems)
        if stop <= start:
            problems.add(
                "index.tree.validity",
                where,
                "valid_until",
                stop,
                f"not after valid_from {start}",
                "the end comes after the start",
            )
        units.append(
            Unit(
                code=code,
                name=_text(row.get("name")) or code,
                level=_text(row.get("level")),
                parent=_text(row.get("parent")) or None,
                valid_from=start,
                valid_until=stop,
                name_en=_text(row.get("name_en")),
                successor=_text(row.get("successor")) or None,
            )
        )
    _check(units, source, problems)
    problems.raise_if_any()
    return UnitTree(tuple(units))


def _check(units: Sequence[Unit], source: str, problems: Problems) -> None:
    known = {u.code for u in units}
    if not units:
        problems.add("index.tree.empty", source, "code", None, "no units", "give at least the root")
    by_code: dict[str, list[Unit]] = {}
    for u in units:
        if u.parent and u.parent not in known:
            problems.add(
                "index.tree.parent",
                source,
                "parent",
                u.parent,
                f"the parent of {u.code} is not in the tree",
                "add it or correct the code",
            )
        by_code.setdefault(u.code, []).append(u)
    for rows in by_code.values():
        rows.sort(key=lambda u: u.valid_from)
        for before, after in pairwise(rows):
            if after.valid_from < before.valid_until:
                problems.add(
                    "index.tree.overlap",
                    source,
                    "valid_from",
                    after.valid_from,
                    f"{after.code} exists twice from that day",
                    "end the earlier row first",
                )
    for u in units:
        if _in_circle(u, by_code):
            problems.add(
                "index.tree.circle", source, "parent", u.parent, f"{u.code} stands above itself", "correct the parent"
            )


def _in_circle(unit: Unit, by_code: Mapping[str, Sequence[Unit]]) -> bool:
    seen, above = {unit.code}, unit.parent
    while above:
        if above in seen:
            return above == unit.code
        seen.add(above)
        above = next((u.parent for u in by_code.get(above, ()) if u.exists_on(unit.valid_from)), None)
    return False


def read_tree(path: Path) -> UnitTree:
    """CSV or Parquet."""
    if path.suffix == ".parquet":
        return tree_from_rows(pq.read_table(path).to_pylist(), path.name)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return tree_from_rows(csv.DictReader(stream), path.name)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _day(value: object, default: date, where: str, column: str, problems: Problems) -> date:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    text = _text(value)
    if not text:
        return default
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        problems.add("index.tree.date", where, column, text, "not a date", "write 2024-01-31")
        return default


def unknown_unit(code: str) -> IndexProblem:
    return IndexProblem.single("index.tree.unit", "tree", "code", code, "no such unit", "use a code of the tree")
