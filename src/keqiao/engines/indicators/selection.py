"""From a component of a definition to SQL: which rows count, how much each contributes, and their totals per unit and period.

The text runs on DuckDB and on Spark alike; only quoting and the expressions differ. `contributions` is the row-level query,
`totals` the same query grouped, so rows always add up to their figure. Tables it expects beside the register:
period(period_idx, period_start, period_end, period_stop, period_key, period_ver), closure(ver, leaf, ancestor, own).
"""

# ruff: noqa: S608  (SQL is the product here: ids are checked on reading, names quoted, values escaped)
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from keqiao.engines.expressions import (
    AREA,
    MONEY,
    Field,
    Kind,
    Name,
    ProblemsFound,
    Scope,
    Tree,
    parse,
    parse_condition,
    to_sql,
)
from keqiao.engines.indicators.definition import Component
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.problems import IndexProblem

PERIOD_FIELDS = (Field.declare("period_start", "期初", "date"), Field.declare("period_end", "期末", "date"))
"""Usable in filters and values: first and last day of the period being computed."""


@dataclass(frozen=True)
class Calendar:
    """The periods of one grain asked for, and the days on which the tree changes among them."""

    periods: tuple[Period, ...]
    turning_days: tuple[date, ...]

    @property
    def grain(self) -> str:
        return self.periods[0].grain

    @property
    def start(self) -> date:
        return min(p.start for p in self.periods)

    @property
    def stop(self) -> date:
        return max(p.stop for p in self.periods)

    def version(self, day: date) -> int:
        return sum(day >= turn for turn in self.turning_days)

    def key(self, period: Period) -> int:
        return {"year": period.start.year, "month": period.start.year * 100 + period.start.month}.get(
            period.grain, period.start.year * 10 + (period.start.month - 1) // (6 if period.grain == "half" else 3)
        )

    def rows(self) -> list[tuple[int, date, date, date, int, int]]:
        return [
            (i, p.start, p.last_day, p.stop, self.key(p), self.version(p.last_day)) for i, p in enumerate(self.periods)
        ]


@dataclass(frozen=True)
class Selection:
    """A component compiled for one register, dialect and calendar. `series` is the batched `select` column, if any."""

    component: Component
    dialect: str
    calendar: Calendar
    value_sql: str
    where_sql: str
    distinct_sql: str
    reporter_sql: str
    kind: Field
    series: str
    series_sql: str
    literals: tuple[str, ...] = ()

    def contributions(self) -> str:
        """Every contributing row: id, leaf, ver, period, series, amount; for distinct counts `item`, else the amount."""
        if self.component.cumulative or self.component.time in ("last", "last_nonempty"):
            return self._latest()
        return self._rows("")

    def totals(self) -> str:
        """Per unit of every level and period: org, period, [series,] v, n (rows), known (rows with a value) [, reporters]."""
        joined = "JOIN closure c ON c.leaf = l.leaf AND c.ver = l.ver"
        keys = "c.ancestor, l.period" + (", l.series" if self.series else "")
        shown = "c.ancestor AS org, l.period" + (", l.series" if self.series else "")
        only_own = " WHERE c.own" if self.component.across == "none" else ""
        if self.component.across == "distinct":
            inner = f"SELECT leaf, ver, period{self._series_name}, item, COUNT(*) AS n FROM ({self.contributions()}) s GROUP BY leaf, ver, period{self._series_name}, item"
            body = f"SELECT {shown}, COUNT(DISTINCT l.item) AS v, SUM(l.n) AS n, SUM(CASE WHEN l.item IS NULL THEN 0 ELSE l.n END) AS known FROM ({inner}) l {joined}{only_own} GROUP BY {keys}"
        else:
            within = {"max": "MAX(amount)", "min": "MIN(amount)", "average": "AVG(CAST(amount AS DOUBLE))"}.get(
                self.component.time, "SUM(amount)"
            )
            up = {"max": "MAX(l.v)", "min": "MIN(l.v)", "average": "AVG(CAST(l.v AS DOUBLE))"}.get(
                self.component.across, "SUM(l.v)"
            )
            # Units are added up first, the tree joined after: a tenth of the rows reach the join.
            inner = f"SELECT leaf, ver, period{self._series_name}, {within} AS v, COUNT(*) AS n, COUNT(amount) AS known FROM ({self.contributions()}) s GROUP BY leaf, ver, period{self._series_name}"
            body = f"SELECT {shown}, {up} AS v, SUM(l.n) AS n, SUM(l.known) AS known FROM ({inner}) l {joined}{only_own} GROUP BY {keys}"
        return body if not self.reporter_sql else self._with_reporters(body)

    @property
    def _series_name(self) -> str:
        return ", series" if self.series else ""

    def _with_reporters(self, body: str) -> str:
        same = "r.org = b.org AND r.period = b.period" + (" AND r.series = b.series" if self.series else "")
        keys = "c.ancestor, l.period" + (", l.series" if self.series else "")
        count = (
            f"SELECT c.ancestor AS org, l.period{', l.series' if self.series else ''}, COUNT(DISTINCT l.reporter) AS reporters "
            f"FROM (SELECT DISTINCT leaf, ver, period{self._series_name}, reporter FROM ({self.contributions()}) s) l "
            f"JOIN closure c ON c.leaf = l.leaf AND c.ver = l.ver GROUP BY {keys}"
        )
        return f"SELECT b.*, r.reporters FROM ({body}) b JOIN ({count}) r ON {same}"

    def _rows(self, more: str) -> str:
        c = self.component
        series = f", {self.series_sql} AS series" if self.series else ""
        item = f", {self.distinct_sql} AS item" if self.distinct_sql else ""
        reporter = f", {self.reporter_sql} AS reporter" if self.reporter_sql else ""
        source, condition, version = self._dated()
        tests = [t for t in (condition, self.where_sql, self._chosen()) if t]
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        return (
            f"SELECT {self.q('id')} AS id, {self.q(c.org)} AS leaf, {version} AS ver, period_idx AS period, {self.value_sql} AS amount"
            f"{series}{item}{reporter}{more} FROM {self.q(c.register)} {source}{where}"
        )

    def _chosen(self) -> str:
        if not self.literals:
            return ""
        listed = ", ".join(_quoted(v) for v in self.literals)
        return f"{self.series_sql} IN ({listed})"

    def _dated(self) -> tuple[str, str, str]:
        """How rows meet periods: join text, condition, and the tree version to use."""
        c, calendar = self.component, self.calendar
        if c.held is not None:
            since, until = (self.q(name) if name else "" for name in c.held)
            tests = [f"{since} < period_stop"] if since else []
            tests += [f"({until} IS NULL OR {until} >= period_stop)"] if until else []
            return "CROSS JOIN period", " AND ".join(tests), "period_ver"
        if c.year:
            return f"JOIN period ON period_key = {self.q(c.year)}", "", "period_ver"
        if not c.date:
            return "CROSS JOIN period", "", "period_ver"
        day = self.q(c.date)
        inside = f"{day} >= {_day(calendar.start)} AND {day} < {_day(calendar.stop)}"
        keys = {
            "year": f"YEAR({day})",
            "half": f"YEAR({day}) * 10 + CASE WHEN MONTH({day}) > 6 THEN 1 ELSE 0 END",
            "quarter": f"YEAR({day}) * 10 + QUARTER({day}) - 1",
            "month": f"YEAR({day}) * 100 + MONTH({day})",
        }
        if c.cumulative or calendar.grain not in keys:
            begins = "CAST(DATE_TRUNC('year', period_start) AS DATE)" if c.cumulative else "period_start"
            source = f"JOIN period ON {day} >= {begins} AND {day} < period_stop"
            inside = f"{day} >= {_day(date(calendar.start.year, 1, 1))} AND {day} < {_day(calendar.stop)}"
        else:
            source = f"JOIN period ON period_key = {keys[calendar.grain]}"
        version = "0"
        for turn in calendar.turning_days:
            version += f" + CASE WHEN {day} >= {_day(turn)} THEN 1 ELSE 0 END"
        return source, inside, version

    def _latest(self) -> str:
        """Rows on the last date of each unit (or `per` entity) in the period; cumulative: that less the last before the period."""
        c = self.component
        per = ", ".join(f"{self.q(p)} AS per_{i}" for i, p in enumerate(c.per))
        columns = ["leaf", "period", *(["series"] if self.series else []), *(f"per_{i}" for i in range(len(c.per)))]
        rows = self._rows(f", {self.q(c.date)} AS d, period_start" + (f", {per}" if per else ""))
        if c.time == "last_nonempty" or c.cumulative:
            rows = f"SELECT * FROM ({rows}) z WHERE amount IS NOT NULL"
        keys = ", ".join(columns)
        same = " AND ".join(
            f"(m.{k} = r.{k} OR (m.{k} IS NULL AND r.{k} IS NULL))" if k.startswith("per_") else f"m.{k} = r.{k}"
            for k in columns
        )
        earlier = ", MAX(CASE WHEN d < period_start THEN d END) AS earlier" if c.cumulative else ""
        last = f"SELECT {keys}, MAX(d) AS latest{earlier} FROM ({rows}) g GROUP BY {keys}"
        if not c.cumulative:
            return f"SELECT r.* FROM ({rows}) r JOIN ({last}) m ON {same} AND r.d = m.latest"
        signed = "CASE WHEN r.d = m.latest THEN r.amount ELSE -r.amount END AS amount"
        kept = [
            "id",
            "leaf",
            "ver",
            "period",
            *(["series"] if self.series else []),
            *(["reporter"] if self.reporter_sql else []),
        ]
        shown = ", ".join(f"r.{k}" for k in kept)
        return f"SELECT {shown}, {signed} FROM ({rows}) r JOIN ({last}) m ON {same} AND m.latest >= r.period_start AND (r.d = m.latest OR r.d = m.earlier)"

    def q(self, name: str) -> str:
        return quoted_name(name, self.dialect)


def quoted_name(name: str, dialect: str) -> str:
    mark = "`" if dialect == "spark" else '"'
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def compile_component(
    component: Component,
    fields: Scope,
    calendar: Calendar,
    dialect: str,
    reporter: str = "",
    literals: Sequence[str] = (),
) -> Selection:
    """Raises IndexProblem for columns that do not exist and for faulty expressions (all of the component's together)."""
    scope = Scope(PERIOD_FIELDS, parent=fields)
    known = {f.key: f for f in fields if isinstance(f, Field)}
    _check_columns(component, known, reporter)
    try:
        where = parse_condition(component.where, scope) if component.where else None
        value = parse(component.value, scope) if component.value else None
        distinct = parse(component.distinct, scope) if component.distinct else None
    except ProblemsFound as error:
        first = error.problems[0]
        raise IndexProblem.single(
            first.code, component.name, "expression", component.where or component.value, first.message, first.remedy
        ) from error
    if value is not None and value.type.kind is not Kind.NUMBER:
        raise IndexProblem.single(
            "index.component.value",
            component.name,
            "value",
            component.value,
            f"is {value.type.label}, not a number",
            "give a number, an amount, or if(…, 1, 0)",
        )
    series = next(iter(component.select), "")
    return Selection(
        component=component,
        dialect=dialect,
        calendar=calendar,
        value_sql="1" if value is None else _sql(value, dialect),
        where_sql="" if where is None else _sql(where, dialect),
        distinct_sql="" if distinct is None else _sql(distinct, dialect),
        reporter_sql=quoted_name(reporter, dialect) if reporter else "",
        kind=_result_field(component, value),
        series=series,
        series_sql="" if not series else _as_text(known[series], dialect),
        literals=tuple(literals or component.select.values()),
    )


def _check_columns(component: Component, known: Mapping[str, Field], reporter: str) -> None:
    named = [
        component.org,
        component.date,
        component.year,
        reporter,
        *component.per,
        *component.select,
        *(component.held or ()),
    ]
    absent = [n for n in named if n and n not in known and n != "id"]
    if absent:
        raise IndexProblem.single(
            "index.component.column",
            component.name,
            component.register,
            ", ".join(absent),
            "no such column in the register",
            f"columns: {', '.join(sorted(known))}",
        )
    if len(component.select) > 1:
        raise IndexProblem.single(
            "index.component.select",
            component.name,
            "select",
            ", ".join(component.select),
            "select takes one column",
            "put the others into where",
        )


def _sql(tree: Tree, dialect: str) -> str:
    """A bare column is read as stored: exact, and without casts over millions of rows."""
    if isinstance(tree, Name) and tree.field.scale == 1:
        return quoted_name(tree.field.key, dialect)
    return to_sql(tree, dialect)


def _as_text(field: Field, dialect: str) -> str:
    name = quoted_name(field.key, dialect)
    return name if field.kind is Kind.TEXT else f"CAST({name} AS {'STRING' if dialect == 'spark' else 'VARCHAR'})"


_BASE_UNITS = {(): "", MONEY: "元", AREA: "平方米"}


def _result_field(component: Component, value: Tree | None) -> Field:
    """The component as a field of the formula, in base units: money stays money, areas areas, counts are whole."""
    if value is None or component.distinct:
        return Field.declare(component.name, component.name, "number", decimals=0, largest=10**12)
    unit = _BASE_UNITS.get(value.type.dimension)
    if unit is None:
        raise IndexProblem.single(
            "index.component.unit",
            component.name,
            "value",
            component.value,
            "a ratio of amounts cannot be added up",
            "aggregate numerator and denominator as two components and divide in the formula",
        )
    if value.type.dimension == MONEY:
        return Field.declare(component.name, component.name, "money", largest=10**15)
    # 亩 are thirds of square metres: areas keep more digits, so that none shows after dividing. Both fit 64 bits.
    decimals, largest = (8, 10**10) if unit else (6, 10**12)
    return Field.declare(component.name, component.name, "number", unit=unit, decimals=decimals, largest=largest)
