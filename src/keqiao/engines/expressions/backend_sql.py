"""SQL as a batch executor, through sqlglot: DuckDB in process, Spark beyond one machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction

from sqlglot import exp

from .compile import Compiler
from .tree import Tree
from .types import Field, Kind, Value

_TYPES = {Kind.NUMBER: "BIGINT", Kind.TEXT: "TEXT", Kind.BOOL: "BOOLEAN", Kind.DATE: "DATE", Kind.SET: "ARRAY<TEXT>"}
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def to_sql(tree: Tree, dialect: str = "duckdb", columns: Collection[str] | None = None) -> str:
    """A SQL expression over the stored columns (quoted field keys; sets are arrays of text) for `duckdb` or `spark`.

    Conditions give BOOLEAN (NULL = unknown), numbers DECIMAL where exact, else DOUBLE. `columns` as for Polars.
    """
    return to_sqlglot(tree, dialect, columns).sql(dialect=dialect)


def to_sqlglot(tree: Tree, dialect: str = "duckdb", columns: Collection[str] | None = None) -> exp.Expression:
    """As `to_sql`, as a sqlglot expression to build a larger statement from."""
    if dialect not in ("duckdb", "spark"):
        raise ValueError(f"dialect {dialect!r} is not supported: duckdb or spark")
    return Compiler(SqlBackend(dialect), columns).value(tree)


def select_sql(
    outputs: Mapping[str, Tree],
    table: str,
    dialect: str = "duckdb",
    columns: Collection[str] | None = None,
    constants: Mapping[str, Value] | None = None,
    keep: Collection[str] = (),
) -> str:
    """One SELECT giving the columns `keep` and one column per output, sharing common parts in CTEs. `constants`: fields with one value for all."""
    if dialect not in ("duckdb", "spark"):
        raise ValueError(f"dialect {dialect!r} is not supported: duckdb or spark")
    compiler: Compiler[exp.Expression] = Compiler(SqlBackend(dialect), columns, constants, sharing=True)
    compiled = {name: compiler.value(tree) for name, tree in outputs.items()}
    source = exp.to_table(table)
    query = exp.Select()
    for number, stage in enumerate(compiler.stages):
        made = [exp.alias_(expression, name, quoted=True) for name, expression in stage]
        query = query.with_(f"stage{number}", as_=exp.select(exp.Star(), *made).from_(source))
        source = exp.to_table(f"stage{number}")
    kept = [exp.column(name, quoted=True) for name in keep]
    final = [exp.alias_(expression, name, quoted=True) for name, expression in compiled.items()]
    return query.select(*kept, *final).from_(source).sql(dialect=dialect)


class SqlBackend:
    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.wide_type = "INT128" if dialect == "duckdb" else "DECIMAL(38, 0)"

    def column(self, field: Field) -> exp.Expression:
        return exp.column(field.key, quoted=True)

    def reference(self, name: str) -> exp.Expression:
        return exp.column(name, quoted=True)

    def roots(self, value: exp.Expression) -> set[str]:
        return {column.name for column in value.find_all(exp.Column)}

    def is_simple(self, value: exp.Expression) -> bool:
        return isinstance(value, exp.Column | exp.Literal | exp.Boolean)

    def fixed(self, field: Field) -> exp.Expression:
        stored: exp.Expression = exp.cast(self.column(field), f"DECIMAL(38, {field.decimals})")
        if not field.decimals:
            return exp.cast(stored, "BIGINT")
        digits = len(str(field.largest)) + field.decimals
        narrow = exp.cast(self.column(field), f"DECIMAL({min(digits + 1, 37 - field.decimals)}, {field.decimals})")
        return exp.cast(exp.Mul(this=narrow, expression=exp.Literal.number(10**field.decimals)), "BIGINT")

    def integer(self, value: int, wide: bool) -> exp.Expression:
        number: exp.Expression = exp.Literal.number(abs(value))
        if value < 0:
            number = exp.Paren(this=exp.Neg(this=number))
        return exp.cast(number, self.wide_type if wide else "BIGINT")

    def literal(self, value: Value) -> exp.Expression:
        if isinstance(value, bool):
            return exp.Boolean(this=value)
        if isinstance(value, date):
            return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
        return exp.Literal.string(str(value))

    def null(self, kind: Kind) -> exp.Expression:
        return exp.cast(exp.Null(), _TYPES[kind])

    def widen(self, value: exp.Expression) -> exp.Expression:
        return exp.cast(value, self.wide_type)

    def plus(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Add(this=left, expression=right), copy=False)

    def minus(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Sub(this=left, expression=right), copy=False)

    def times(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Mul(this=left, expression=right), copy=False)

    def whole_quotient(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.IntDiv(this=left, expression=right), copy=False)

    def compare(self, operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(_COMPARISONS[operator](this=left, expression=right), copy=False)

    def both(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.And(this=left, expression=right), copy=False)

    def either(self, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Or(this=left, expression=right), copy=False)

    def negate(self, value: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Not(this=value), copy=False)

    def is_null(self, value: exp.Expression) -> exp.Expression:
        return exp.paren(exp.Is(this=value, expression=exp.Null()), copy=False)

    def choose(self, condition: exp.Expression, yes: exp.Expression, no: exp.Expression) -> exp.Expression:
        return exp.Case(ifs=[exp.If(this=condition, true=yes), exp.If(this=self.negate(condition.copy()), true=no)])

    def fallback(self, first: exp.Expression, second: exp.Expression) -> exp.Expression:
        return exp.Coalesce(this=first, expressions=[second])

    def member(self, value: exp.Expression, values: list[Value]) -> exp.Expression:
        return exp.paren(exp.In(this=value, expressions=[self.literal(v) for v in values]), copy=False)

    def contains(self, value: exp.Expression, part: str) -> exp.Expression:
        found = exp.StrPosition(this=value, substr=exp.Literal.string(part))
        return exp.paren(exp.GT(this=found, expression=exp.Literal.number(0)), copy=False)

    def starts(self, value: exp.Expression, part: str) -> exp.Expression:
        return exp.StartsWith(this=value, expression=exp.Literal.string(part))

    def ends(self, value: exp.Expression, part: str) -> exp.Expression:
        tail = exp.Right(this=value, expression=exp.Literal.number(len(part)))
        return exp.paren(exp.EQ(this=tail, expression=exp.Literal.string(part)), copy=False)

    def has(self, value: exp.Expression, item: str) -> exp.Expression:
        return exp.ArrayContains(this=value, expression=exp.Literal.string(item))

    def size(self, value: exp.Expression) -> exp.Expression:
        if self.dialect == "duckdb":
            return exp.cast(exp.Anonymous(this="LIST_UNIQUE", expressions=[value]), "BIGINT")
        counted = exp.ArraySize(this=exp.Anonymous(this="ARRAY_DISTINCT", expressions=[value]))
        return exp.Case(ifs=[exp.If(this=exp.Not(this=self.is_null(value.copy())), true=exp.cast(counted, "BIGINT"))])

    def year(self, value: exp.Expression) -> exp.Expression:
        return exp.cast(exp.Year(this=value), "BIGINT")

    def month(self, value: exp.Expression) -> exp.Expression:
        return exp.cast(exp.Month(this=value), "BIGINT")

    def day(self, value: exp.Expression) -> exp.Expression:
        return exp.cast(exp.Day(this=value), "BIGINT")

    def days_between(self, start: exp.Expression, end: exp.Expression) -> exp.Expression:
        return exp.cast(exp.DateDiff(this=end, expression=start, unit=exp.var("DAY")), "BIGINT")

    def shift(self, value: exp.Expression, days: int, months: int) -> exp.Expression:
        count = days if days or not months else months
        unit = "DAY" if days or not months else "MONTH"
        amount: exp.Expression = exp.Literal.number(abs(count))
        if count < 0:
            amount = exp.Paren(this=exp.Neg(this=amount))
        if self.dialect == "spark":
            return exp.Anonymous(this="DATE_ADD" if unit == "DAY" else "ADD_MONTHS", expressions=[value, amount])
        return exp.cast(exp.DateAdd(this=value, expression=amount, unit=exp.var(unit)), "DATE")

    def decimal(self, value: exp.Expression, digits: int, largest: int) -> exp.Expression:
        width = min(38, len(str(largest)) + 1)
        whole = exp.cast(value, f"DECIMAL({width}, 0)")
        if not digits:
            return whole
        small = exp.cast(exp.Literal.number(f"0.{'0' * (digits - 1)}1"), f"DECIMAL({digits + 1}, {digits})")
        return exp.paren(exp.Mul(this=whole, expression=small), copy=False)

    def floating(
        self, numerator: exp.Expression, denominator: exp.Expression | None, scale: Fraction
    ) -> exp.Expression:
        scaled = exp.Mul(
            this=exp.cast(numerator, "DOUBLE"), expression=exp.cast(exp.Literal.string(repr(float(scale))), "DOUBLE")
        )
        if denominator is None:
            return exp.paren(scaled, copy=False)
        return exp.paren(exp.Div(this=exp.paren(scaled), expression=exp.cast(denominator, "DOUBLE")), copy=False)
