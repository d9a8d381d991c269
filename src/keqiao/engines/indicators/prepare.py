"""From raw columns to a table fit for treatment: denominate, impute, screen. Hides how missing cells are filled and counted."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.framework import MISSING, Framework
from keqiao.engines.indicators.problems import IndexProblem, Problems


@dataclass(frozen=True)
class Table:
    """Units x indicators, missing = NaN. `companions` are further columns by name (groups as text, denominators as text)."""

    units: tuple[str, ...]
    columns: tuple[str, ...]
    values: Array
    companions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def column(self, name: str) -> Array:
        return self.values[:, self.columns.index(name)]

    def with_values(self, values: Array) -> Table:
        return replace(self, values=values)


def table_from_rows(
    rows: Iterable[Mapping[str, object]], framework: Framework, unit_column: str = "uCode", source: str = "data"
) -> Table:
    """One row per unit. Every indicator of the framework must be a column. Raises with all bad cells."""
    problems = Problems()
    wanted = [e.code for e in framework.indicators]
    listed = list(rows)
    present = set(listed[0]) if listed else set()
    if not listed:
        problems.add("index.data.empty", source, unit_column, None, "no rows", "give one row per unit")
    for code in [*([] if unit_column in present else [unit_column]), *(c for c in wanted if c not in present)]:
        problems.add(
            "index.data.column",
            source,
            code,
            None,
            "the column is missing",
            "add it, or take the indicator out of the framework",
        )
    problems.raise_if_any()
    units: list[str] = []
    values = np.full((len(listed), len(wanted)), np.nan)
    for i, row in enumerate(listed):
        unit = str(row[unit_column])
        if unit in units:
            problems.add(
                "index.data.duplicate",
                f"{source} row {i + 1}",
                unit_column,
                unit,
                "the unit appears twice",
                "keep one row per unit",
            )
        units.append(unit)
        for j, code in enumerate(wanted):
            values[i, j] = _cell(row[code], f"{source} row {i + 1} ({unit})", code, problems)
    problems.raise_if_any()
    others = [c for c in listed[0] if c not in wanted and c != unit_column]
    companions = {c: tuple("" if r[c] is None else str(r[c]) for r in listed) for c in others}
    return Table(tuple(units), tuple(wanted), values, companions)


def read_table(path: Path, framework: Framework, unit_column: str = "uCode") -> Table:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return table_from_rows(csv.DictReader(stream), framework, unit_column, path.name)


def _cell(raw: object, where: str, column: str, problems: Problems) -> float:
    text = "" if raw is None else str(raw).strip()
    if text in MISSING:
        return float("nan")
    if text.upper() in ("TRUE", "FALSE"):
        return 1.0 if text.upper() == "TRUE" else 0.0
    try:
        number = float(text)
    except ValueError:
        number = float("inf")
    if np.isinf(number):
        problems.add(
            "index.data.number", where, column, text, "not a number", "write a number, or leave the cell empty"
        )
    return number


def denominate(table: Table, by: Mapping[str, str], scale: Mapping[str, float] | None = None) -> Table:
    """Divide each indicator in `by` by (its denominator column / scale). A zero or missing denominator gives a missing value."""
    problems = Problems()
    values = table.values.copy()
    for code, denominator in by.items():
        if code not in table.columns or denominator not in table.companions:
            problems.add(
                "index.denominate.column",
                "denominate",
                code,
                denominator,
                "indicator or denominator is not in the data",
                "check both names",
            )
            continue
        below = np.array([_cell(v, "denominate", denominator, problems) for v in table.companions[denominator]])
        below = below / (scale or {}).get(code, 1.0)
        below[below == 0] = np.nan
        values[:, table.columns.index(code)] /= below
    problems.raise_if_any()
    return table.with_values(values)


_FILL: dict[str, Callable[[Array], float]] = {
    "mean": lambda x: float(np.mean(x)),
    "median": lambda x: float(np.median(x)),
}


def _fill(x: Array, method: str) -> Array:
    known = x[~np.isnan(x)]
    if known.size == 0:
        return x
    return np.where(np.isnan(x), _FILL[method](known), x)


def impute(
    table: Table,
    framework: Framework,
    method: str = "mean",
    by: str = "column",
    group: str | None = None,
    within_level: int | None = None,
    normalise_first: bool | None = None,
) -> Table:
    """Fill missing cells by the mean or median of the column (optionally within `group`) or of the unit's own row.

    By row, columns are first brought to 0-1 in their direction (`normalise_first`, on by default for rows), so that
    unlike units of measure are not averaged; `within_level` restricts a row to the indicators of the same ancestor at
    that level. A column or row without any value stays missing. Known values never change.
    """
    if method not in _FILL or by not in ("column", "row"):
        raise IndexProblem.single(
            "index.impute.method",
            "impute",
            "method",
            f"{method} by {by}",
            "unknown way to impute",
            "mean or median, by column or row",
        )
    first = (by == "row") if normalise_first is None else normalise_first
    signs = np.array([framework[c].direction for c in table.columns], dtype=np.float64)
    x = table.values * signs if first else table.values.copy()
    low, span = np.zeros(x.shape[1]), np.ones(x.shape[1])
    if first:
        low = np.nanmin(x, axis=0)
        span = np.nanmax(x, axis=0) - low
        x = (x - low) / np.where(span == 0, 1.0, span)
    for part in _column_parts(table, framework, within_level):
        x[:, part] = _impute_block(x[:, part], method, by, table, group)
    if first:
        x = (x * span + low) * signs
    return table.with_values(np.where(np.isnan(table.values), x, table.values))


def _column_parts(table: Table, framework: Framework, within_level: int | None) -> list[list[int]]:
    if within_level is None:
        return [list(range(len(table.columns)))]
    parts: dict[str, list[int]] = {}
    for j, code in enumerate(table.columns):
        ancestor = framework[code]
        while ancestor.level < within_level and ancestor.parent is not None:
            ancestor = framework[ancestor.parent]
        parts.setdefault(ancestor.code, []).append(j)
    return list(parts.values())


def _impute_block(x: Array, method: str, by: str, table: Table, group: str | None) -> Array:
    if by == "row":
        return np.vstack([_fill(row, method) for row in x])
    out = x.copy()
    for rows in _row_parts(table, group):
        for j in range(x.shape[1]):
            out[rows, j] = _fill(x[rows, j], method)
    return out


def _row_parts(table: Table, group: str | None) -> list[list[int]]:
    if group is None:
        return [list(range(len(table.units)))]
    if group not in table.companions:
        raise IndexProblem.single(
            "index.impute.group",
            "impute",
            "group",
            group,
            "the grouping column is not in the data",
            "name a column of the data file",
        )
    parts: dict[str, list[int]] = {}
    for i, label in enumerate(table.companions[group]):
        if label.strip() not in MISSING:
            parts.setdefault(label, []).append(i)
    return list(parts.values())


@dataclass(frozen=True)
class Screening:
    """What each unit offers: share of cells known, share of known cells that are not zero, and whether it stays."""

    table: Table
    availability: Mapping[str, float]
    non_zero: Mapping[str, float]
    removed: tuple[str, ...]


def screen(
    table: Table,
    rule: str = "byNA",
    data_threshold: float = 2 / 3,
    non_zero_threshold: float = 0.05,
    force: Mapping[str, bool] | None = None,
) -> Screening:
    """Drop units with too few data. `rule`: byNA, byzeros or byNAandzeros; `force` includes or excludes named units."""
    known = ~np.isnan(table.values)
    zeros = table.values == 0
    availability = known.mean(axis=1)
    with np.errstate(invalid="ignore"):
        non_zero = 1 - zeros.sum(axis=1) / known.sum(axis=1)
    low_data, low_values = availability < data_threshold, non_zero < non_zero_threshold
    flags = {"byNA": low_data, "byzeros": low_values, "byNAandzeros": low_data | low_values}
    if rule not in flags:
        raise IndexProblem.single(
            "index.screen.rule", "screen", "rule", rule, "unknown screening rule", "one of byNA, byzeros, byNAandzeros"
        )
    keep = ~flags[rule]
    for unit, wanted in (force or {}).items():
        keep[_position(table.units, unit)] = wanted
    return Screening(
        table=keep_units(table, keep.tolist()),
        availability=dict(zip(table.units, availability.tolist(), strict=True)),
        non_zero=dict(zip(table.units, non_zero.tolist(), strict=True)),
        removed=tuple(u for u, k in zip(table.units, keep, strict=True) if not k),
    )


def _position(units: Sequence[str], unit: str) -> int:
    if unit not in units:
        raise IndexProblem.single(
            "index.screen.unit", "screen", "force", unit, "no such unit in the data", "check the code"
        )
    return list(units).index(unit)


def in_unit_order(table: Table) -> Table:
    """Sorted by unit code, so that no result depends on the order of a file's rows."""
    return _rows(table, sorted(range(len(table.units)), key=lambda i: table.units[i]))


def keep_units(table: Table, keep: Sequence[bool]) -> Table:
    return _rows(table, [i for i, k in enumerate(keep) if k])


def _rows(table: Table, rows: Sequence[int]) -> Table:
    return Table(
        tuple(table.units[i] for i in rows),
        table.columns,
        table.values[rows],
        {name: tuple(column[i] for i in rows) for name, column in table.companions.items()},
    )
