# ruff: noqa: S608  (SQL is the product here: ids are checked on reading, names quoted, values escaped)
"""The SQL of a roll-up: which small tables, which component queries, which queries giving figures. Hides batching of components that
differ only in their `select` value, missing policies, units of measure and coverage; runs nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import pyarrow as pa

from keqiao.engines.expressions import MONEY, Dimension, Field, ProblemsFound, Scope, parse, to_sql, unit_of
from keqiao.engines.indicators.definition import Component, Definition, in_dependency_order
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.problems import IndexProblem, Problem
from keqiao.engines.indicators.selection import Calendar, Selection, compile_component, quoted_name
from keqiao.engines.indicators.snapshot import Snapshot
from keqiao.engines.indicators.tree import UnitTree


@dataclass(frozen=True)
class Plan:
    """Everything an SQL engine needs: small tables to create, component queries in order, and the queries giving figures."""

    calendar: Calendar
    definitions: tuple[Definition, ...]
    period_rows: list[tuple[int, date, date, date, int, int]]
    closure_rows: list[tuple[int, str, str, bool]]
    frame_rows: list[tuple[str, int, str]]
    expected_rows: list[tuple[str, int, str, str]]
    components: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    registers: frozenset[str]
    problems: tuple[Problem, ...]


def compile_plan(
    definitions: Sequence[Definition],
    snapshot: Snapshot,
    tree: UnitTree,
    periods: Sequence[Period],
    boundary: date | None = None,
    dialect: str = "duckdb",
) -> Plan:
    """SQL of all definitions for periods of one grain. Each component query becomes a table, each figure query a block of figures."""
    span = Calendar(tuple(periods), ())
    turns = () if boundary else tuple(tree.turning_days(span.start, span.stop))
    return _Compiler(snapshot, tree, Calendar(tuple(periods), turns), boundary, dialect).plan(definitions)


@dataclass(frozen=True)
class _Batch:
    """Components that one scan answers: their table, and the selection of the scan."""

    table: str
    selection: Selection


class _Compiler:
    def __init__(
        self, snapshot: Snapshot, tree: UnitTree, calendar: Calendar, boundary: date | None, dialect: str
    ) -> None:
        self.snapshot, self.tree, self.calendar, self.boundary, self.dialect = (
            snapshot,
            tree,
            calendar,
            boundary,
            dialect,
        )
        self.problems: list[Problem] = []
        self.batches: dict[tuple[object, ...], _Batch] = {}
        self.scopes: dict[str, Scope] = {}
        self.views: dict[str, tuple[str, Field]] = {}

    def plan(self, definitions: Sequence[Definition]) -> Plan:
        literals = _literals(definitions)
        queries: list[tuple[str, str]] = []
        kept: list[Definition] = []
        plain: dict[str, list[Definition]] = {}
        for d in in_dependency_order(definitions):
            try:
                parts = {c.name: self._part(c, d, literals) for c in d.components}
                field = self._result(d, parts)
                name = f"figures_{len(queries)}"
                if (
                    d.is_plain
                    and d.components[0].select
                    and d.missing.expect == ""
                    and not self._is_needed(d, definitions)
                ):
                    plain.setdefault(parts[d.components[0].name][0], []).append(d)
                else:
                    queries.append((name, self._figure_sql(d, parts)))
                    self.views[d.id] = (name, field)
            except (IndexProblem, ProblemsFound) as error:
                self.problems.extend(_placed(error, d))
                continue
            kept.append(d)
        queries += [(f"plain_{t}", self._plain_sql(t, group)) for t, group in plain.items()]
        return Plan(
            calendar=self.calendar,
            definitions=tuple(kept),
            period_rows=self.calendar.rows(),
            closure_rows=self._closure(),
            frame_rows=self._frame(),
            expected_rows=self._expected(kept),
            components=tuple((b.table, b.selection.totals()) for b in self.batches.values()),
            figures=tuple(queries),
            registers=frozenset(b.selection.component.register for b in self.batches.values()),
            problems=tuple(self.problems),
        )

    def _is_needed(self, d: Definition, definitions: Sequence[Definition]) -> bool:
        return any(c.indicator.partition("@")[0] == d.id for other in definitions for c in other.components)

    def _part(
        self, c: Component, d: Definition, literals: Mapping[tuple[object, ...], list[str]]
    ) -> tuple[str, str, Field]:
        """Table holding the component, extra condition on it, and its field in the formula."""
        if c.indicator:
            name = c.indicator.partition("@")[0]
            if name not in self.views:
                raise IndexProblem.single(
                    "index.component.indicator",
                    c.name,
                    "indicator",
                    c.indicator,
                    "that indicator could not be computed",
                    "see its own problems",
                )
            table, field = self.views[name]
            return table, "", replace(field, key=c.name, name=c.name)
        if c.register not in self.scopes:
            self.scopes[c.register] = self.snapshot.scope(c.register)
        key = self._key(c, d)
        reporter = key[-1]
        if key not in self.batches:
            selection = compile_component(
                c, self.scopes[c.register], self.calendar, self.dialect, reporter, literals.get(_signature(c), ())
            )
            self.batches[key] = _Batch(f"component_{len(self.batches)}", selection)
        batch = self.batches[key]
        chosen = (
            ""
            if not c.select
            else f" AND {{}}.series = '{next(iter(c.select.values())).replace(chr(39), chr(39) * 2)}'"
        )
        return batch.table, chosen, replace(batch.selection.kind, key=c.name, name=c.name)

    def _key(self, c: Component, d: Definition) -> tuple[*tuple[object, ...], str]:
        """What identifies a scan: the component's signature, and the reporter to count where its register has that column."""
        reporter = d.disclosure.reporter if d.disclosure else ""
        has_it = reporter and any(isinstance(f, Field) and f.key == reporter for f in self.scopes[c.register])
        return (*_signature(c), reporter if has_it or reporter == "id" else "")

    def _result(self, d: Definition, parts: Mapping[str, tuple[str, str, Field]]) -> Field:
        """Checks the formula's unit against the declared one; the figure as a field for indicators built on it."""
        tree = parse(d.formula, Scope(p[2] for p in parts.values()))
        dimension, _scale = _unit(d)
        if tree.type.dimension != dimension:
            raise IndexProblem.single(
                "index.unit",
                d.id,
                "measure_unit",
                d.measure_unit,
                f"the formula gives {tree.type.label}",
                "correct the formula or the unit (money needs 元 or 万元, ratios % or none)",
            )
        # Figures are stored in the declared unit; six digits behind the point are kept for further formulas.
        money = dimension == MONEY
        kind, largest = ("money", 10**10) if money else ("number", 10**11)
        return Field.declare(d.id, d.id, kind, unit=d.measure_unit, decimals=6, largest=largest)

    def _figure_sql(self, d: Definition, parts: Mapping[str, tuple[str, str, Field]]) -> str:
        zero = d.missing.policy == "zero"
        joins, inputs, names = [], [], list(parts)
        for i, (name, (table, chosen, _field)) in enumerate(parts.items()):
            alias = f"t{i}"
            joins.append(
                f"LEFT JOIN {table} {alias} ON {alias}.org = f.org AND {alias}.period = f.period{chosen.format(alias)}"
            )
            known = f"{alias}.value" if table.startswith("figures_") else f"{alias}.v"
            inputs.append(f"{self._input(d, known, table, list(parts.values()))} AS {self.q(name)}")
            n, seen = (
                (f"{alias}.n_rows", f"{alias}.n_rows")
                if table.startswith("figures_")
                else (f"{alias}.n", f"{alias}.known")
            )
            inputs.append(f"COALESCE({n}, 0) AS n_{i}, COALESCE({seen}, 0) AS k_{i}")
            if self._counts_reporters(d, name):
                inputs.append(f"{alias}.reporters AS r_{i}")
        if d.missing.expect:
            joins.append(self._reporting_share(d))
            inputs.append("g.share AS share")
        value = self._formula(d, parts)
        rows = " + ".join(f"n_{i}" for i in range(len(names)))
        coverage = self._coverage(d, len(names))
        text = (
            f"map([{', '.join(repr(n) for n in names)}], [{', '.join(f'CAST({self.q(n)} AS DOUBLE)' for n in names)}])"
        )
        if self.dialect == "spark":
            text = f"map({', '.join(f'{n!r}, CAST({self.q(n)} AS DOUBLE)' for n in names)})"
        few = (
            f"WHEN {self._fewest(d, parts)} BETWEEN 1 AND {d.disclosure.min_reporters - 1} THEN 'withheld'"
            if d.disclosure
            else ""
        )
        state = f"CASE WHEN value IS NULL THEN 'missing' {few} WHEN coverage < {d.missing.min_coverage!r} THEN 'low_coverage' ELSE 'ok' END"
        inner = f"SELECT f.org, f.period, f.label, {', '.join(inputs)} FROM frame f {' '.join(joins)}"
        middle = f"SELECT *, {value} AS value, {rows} AS n_rows, {coverage} AS coverage FROM ({inner}) i"
        keep = "" if zero else " WHERE value IS NOT NULL OR n_rows > 0"
        return f"SELECT '{d.id}' AS indicator, {d.version} AS version, org, period, label, value, {state} AS state, n_rows, coverage, {text} AS components FROM ({middle}) o{keep}"

    def _counts_reporters(self, d: Definition, name: str) -> bool:
        component = next(c for c in d.components if c.name == name)
        return bool(component.register) and bool(self._key(component, d)[-1])

    def _input(self, d: Definition, known: str, table: str, parts: Sequence[tuple[str, str, Field]]) -> str:
        """A component's value under the missing policy."""
        if d.missing.policy == "zero" and not table.startswith("figures_"):
            # No rows at all is a true 0; rows whose values are all unknown are not.
            return f"CASE WHEN {known} IS NULL AND COALESCE({known.partition('.')[0]}.n, 0) = 0 THEN 0 ELSE {known} END"
        if d.missing.policy == "skip":
            any_known = " OR ".join(
                f"t{i}.{'value' if t.startswith('figures_') else 'v'} IS NOT NULL"
                for i, (t, _c, _f) in enumerate(parts)
            )
            return f"CASE WHEN {any_known} THEN COALESCE({known}, 0) END"
        return known

    def _fewest(self, d: Definition, parts: Mapping[str, tuple[str, str, Field]]) -> str:
        columns = [f"COALESCE(r_{i}, 0)" for i, name in enumerate(parts) if self._counts_reporters(d, name)]
        if not columns:
            raise IndexProblem.single(
                "index.disclosure",
                d.id,
                "reporter",
                d.disclosure and d.disclosure.reporter,
                "no component's register has this column",
                "name the column that tells reporters apart",
            )
        return columns[0] if len(columns) == 1 else f"LEAST({', '.join(columns)})"

    def _formula(self, d: Definition, parts: Mapping[str, tuple[str, str, Field]]) -> str:
        _dimension, scale = _unit(d)
        if d.is_plain and next(iter(parts.values()))[2].scale == 1:
            value = self.q(d.formula)
        else:
            value = to_sql(parse(d.formula, Scope(p[2] for p in parts.values())), self.dialect)
        text = f"CAST({value} AS DOUBLE)"
        return text if scale == 1 else f"{text} / CAST('{float(scale)!r}' AS DOUBLE)"

    def _coverage(self, d: Definition, count: int) -> str:
        if d.missing.expect:
            return "COALESCE(share, 0)"
        each = [f"CASE WHEN n_{i} = 0 THEN 1.0 ELSE CAST(k_{i} AS DOUBLE) / n_{i} END" for i in range(count)]
        return each[0] if count == 1 else f"LEAST({', '.join(each)})"

    def _reporting_share(self, d: Definition) -> str:
        """Of the units of the expected level under each unit, the share that reported the first component."""
        seen = "CAST(CASE WHEN x.org IS NULL THEN 0 ELSE 1 END AS DOUBLE)"
        return (
            f"LEFT JOIN (SELECT e.org, e.period, AVG({seen}) AS share FROM expected e LEFT JOIN {self._first_table(d)} x "
            f"ON x.org = e.unit AND x.period = e.period AND x.known > 0 WHERE e.level = '{d.missing.expect}' GROUP BY e.org, e.period) g "
            "ON g.org = f.org AND g.period = f.period"
        )

    def _first_table(self, d: Definition) -> str:
        c = d.components[0]
        table = self.batches[self._key(c, d)].table
        if not c.select:
            return table
        value = next(iter(c.select.values())).replace("'", "''")
        return f"(SELECT * FROM {table} WHERE series = '{value}')"

    def _plain_sql(self, table: str, definitions: Sequence[Definition]) -> str:
        """Figures that are their component, many series at once."""
        values = ", ".join(
            f"('{d.id}', {d.version}, '{next(iter(d.components[0].select.values())).replace(chr(39), chr(39) * 2)}', CAST('{float(_unit(d)[1])!r}' AS DOUBLE), "
            f"{'TRUE' if d.missing.policy == 'zero' else 'FALSE'}, CAST('{d.missing.min_coverage!r}' AS DOUBLE), {d.disclosure.min_reporters if d.disclosure else 0})"
            for d in definitions
        )
        few = (
            "WHEN t.reporters < s.few AND t.reporters > 0 THEN 'withheld'"
            if any(d.disclosure for d in definitions)
            else ""
        )
        value = (
            "CASE WHEN t.v IS NULL AND s.zero AND COALESCE(t.n, 0) = 0 THEN 0.0 ELSE CAST(t.v AS DOUBLE) / s.scale END"
        )
        coverage = "CASE WHEN COALESCE(t.n, 0) = 0 THEN 1.0 ELSE CAST(t.known AS DOUBLE) / t.n END"
        empty = "CAST(NULL AS MAP<STRING, DOUBLE>)" if self.dialect == "spark" else "CAST(NULL AS MAP(VARCHAR, DOUBLE))"
        state = f"CASE WHEN t.v IS NULL AND (t.n > 0 OR NOT s.zero) THEN 'missing' {few} WHEN {coverage} < s.least THEN 'low_coverage' ELSE 'ok' END"
        columns = f"s.indicator, s.version, f.org, f.period, f.label, {value} AS value, {state} AS state, COALESCE(t.n, 0) AS n_rows, {coverage} AS coverage, {empty} AS components"
        series = f"(SELECT * FROM (VALUES {values}) AS w(indicator, version, series, scale, zero, least, few)) s"
        here = f"SELECT {columns} FROM {table} t JOIN {series} ON t.series = s.series JOIN frame f ON f.org = t.org AND f.period = t.period"
        if not any(d.missing.policy == "zero" for d in definitions):
            return here
        return f"SELECT {columns} FROM frame f CROSS JOIN {series} LEFT JOIN {table} t ON t.series = s.series AND t.org = f.org AND t.period = f.period WHERE s.zero OR t.n > 0"

    def _closure(self) -> list[tuple[int, str, str, bool]]:
        days = [self.boundary] if self.boundary else [self.calendar.start, *self.calendar.turning_days]
        rows = []
        for version, day in enumerate(days):
            for code in self.tree.codes:
                chain = self.tree.chain(code, day)
                rows += [(version, code, above, above == chain[0]) for above in chain]
        return rows

    def _frame(self) -> list[tuple[str, int, str]]:
        return [
            (u.code, i, p.label)
            for i, p in enumerate(self.calendar.periods)
            for u in self.tree.units_on(self.boundary or p.last_day)
        ]

    def _expected(self, definitions: Sequence[Definition]) -> list[tuple[str, int, str, str]]:
        levels = {d.missing.expect for d in definitions if d.missing.expect}
        rows = []
        for i, p in enumerate(self.calendar.periods):
            day = self.boundary or p.last_day
            for unit in self.tree.units_on(day):
                if unit.level in levels:
                    rows += [(above, i, unit.level, unit.code) for above in self.tree.chain(unit.code, day)]
        return rows

    def q(self, name: str) -> str:
        return quoted_name(name, self.dialect)


def _signature(c: Component) -> tuple[object, ...]:
    """What must be equal for two components to share a scan."""
    return (
        c.register,
        c.where,
        c.value,
        c.distinct,
        c.org,
        c.date,
        c.year,
        c.held,
        c.per,
        c.time,
        c.across,
        c.cumulative,
        tuple(c.select),
    )


def _literals(definitions: Sequence[Definition]) -> dict[tuple[object, ...], list[str]]:
    out: dict[tuple[object, ...], list[str]] = {}
    for c in (c for d in definitions for c in d.components if c.select):
        listed = out.setdefault(_signature(c), [])
        listed += [v for v in c.select.values() if v not in listed]
    return out


def _unit(d: Definition) -> tuple[Dimension, Fraction]:
    measured = unit_of(d.measure_unit)
    if measured is None:
        raise IndexProblem.single(
            "index.unit", d.id, "measure_unit", d.measure_unit, "unknown unit", "use 家, 项, 万元, %, 万元/人 …"
        )
    return measured


def _placed(error: IndexProblem | ProblemsFound, d: Definition) -> list[Problem]:
    if isinstance(error, IndexProblem):
        return [replace(p, where=f"{d.key} {p.where}") for p in error.problems]
    return [Problem(p.code, d.key, p.field or "formula", p.value, p.message, p.remedy) for p in error.problems]


def small_tables(plan: Plan) -> dict[str, tuple[pa.Schema, Sequence[tuple[object, ...]]]]:
    day = pa.date32()
    return {
        "period": (
            pa.schema(
                [
                    ("period_idx", pa.int32()),
                    ("period_start", day),
                    ("period_end", day),
                    ("period_stop", day),
                    ("period_key", pa.int64()),
                    ("period_ver", pa.int32()),
                ]
            ),
            plan.period_rows,
        ),
        "closure": (
            pa.schema([("ver", pa.int32()), ("leaf", pa.string()), ("ancestor", pa.string()), ("own", pa.bool_())]),
            plan.closure_rows,
        ),
        "frame": (pa.schema([("org", pa.string()), ("period", pa.int32()), ("label", pa.string())]), plan.frame_rows),
        "expected": (
            pa.schema([("org", pa.string()), ("period", pa.int32()), ("level", pa.string()), ("unit", pa.string())]),
            plan.expected_rows,
        ),
    }
