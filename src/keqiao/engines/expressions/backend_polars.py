"""Polars as a batch executor: exact integers in Int64 and Int128, Kleene logic as Polars has it natively."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from .compile import Compiler
from .tree import Tree
from .types import Field, Kind, Value

_DTYPES: dict[Kind, Any] = {
    Kind.NUMBER: pl.Int64,
    Kind.TEXT: pl.String,
    Kind.BOOL: pl.Boolean,
    Kind.DATE: pl.Date,
    Kind.SET: pl.List(pl.String),
}


def to_polars(tree: Tree, columns: Collection[str] | None = None, *, prepared: bool = False) -> pl.Expr:
    """A Polars expression over the stored columns (named by field key; numbers in any numeric dtype, sets as List(String)).

    Conditions give Boolean (null = unknown); numbers a Decimal where that is exact, else Float64. `columns`: keys present in the frame
    (others are unknown); `prepared`: the frame has been through `prepare`, which is faster when many expressions read it.
    """
    return Compiler(PolarsBackend(prepared), columns).value(tree)


class PolarsBatch:
    """Many expressions over one prepared frame, sharing their parts: `add` them all, then `run` on frames of the same columns."""

    def __init__(self, columns: Collection[str], constants: Mapping[str, Value] | None = None) -> None:
        self._compiler: Compiler[pl.Expr] = Compiler(PolarsBackend(True), columns, constants, sharing=True)
        self._results: list[pl.Expr] = []

    def add(self, name: str, tree: Tree) -> None:
        """A result column; raises ProblemsFound (E130) if it cannot be exact."""
        self._results.append(self._compiler.value(tree).alias(name))

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The results, row by row. `frame`: selected with `prepare`."""
        for stage in self._compiler.stages:
            frame = frame.with_columns(expression.alias(name) for name, expression in stage)
        # A constant result is as long as the frame only beside a real column.
        return frame.with_columns(self._results).select(expression.meta.output_name() for expression in self._results)


def prepare(fields: Collection[Field]) -> list[pl.Expr]:
    """Select these to turn stored columns into the fixed-point integers that prepared expressions read."""
    stored = PolarsBackend(False)
    return [(stored.fixed(f) if f.kind is Kind.NUMBER else pl.col(f.key)).alias(f.key) for f in fields]


class PolarsBackend:
    def __init__(self, prepared: bool = False) -> None:
        self.prepared = prepared

    def column(self, field: Field) -> pl.Expr:
        return pl.col(field.key)

    def reference(self, name: str) -> pl.Expr:
        return pl.col(name)

    def roots(self, value: pl.Expr) -> list[str]:
        return value.meta.root_names()

    def is_simple(self, value: pl.Expr) -> bool:
        return value.meta.is_column() or value.meta.is_literal()

    def fixed(self, field: Field) -> pl.Expr:
        if self.prepared:
            return pl.col(field.key)
        return pl.col(field.key).cast(pl.Decimal(38, field.decimals)).to_physical().cast(pl.Int64)

    def integer(self, value: int, wide: bool) -> pl.Expr:
        return pl.lit(value, dtype=pl.Int128 if wide else pl.Int64)

    def literal(self, value: Value) -> pl.Expr:
        return pl.lit(sorted(value), dtype=pl.List(pl.String)) if isinstance(value, frozenset) else pl.lit(value)

    def null(self, kind: Kind) -> pl.Expr:
        return pl.lit(None, dtype=_DTYPES[kind])

    def widen(self, value: pl.Expr) -> pl.Expr:
        return value.cast(pl.Int128)

    def plus(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left + right

    def minus(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left - right

    def times(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left * right

    def whole_quotient(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left // right

    def compare(self, operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        methods = {"=": left.eq, "!=": left.ne, "<": left.lt, "<=": left.le, ">": left.gt, ">=": left.ge}
        return methods[operator](right)

    def both(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left & right

    def either(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left | right

    def negate(self, value: pl.Expr) -> pl.Expr:
        return ~value

    def is_null(self, value: pl.Expr) -> pl.Expr:
        return value.is_null()

    def choose(self, condition: pl.Expr, yes: pl.Expr, no: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(yes).when(~condition).then(no)

    def fallback(self, first: pl.Expr, second: pl.Expr) -> pl.Expr:
        return pl.coalesce(first, second)

    def member(self, value: pl.Expr, values: list[Value]) -> pl.Expr:
        return value.is_in(values)

    def contains(self, value: pl.Expr, part: str) -> pl.Expr:
        return value.str.contains(part, literal=True)

    def starts(self, value: pl.Expr, part: str) -> pl.Expr:
        return value.str.starts_with(part)

    def ends(self, value: pl.Expr, part: str) -> pl.Expr:
        return value.str.ends_with(part)

    def has(self, value: pl.Expr, item: str) -> pl.Expr:
        return value.list.contains(item)

    def size(self, value: pl.Expr) -> pl.Expr:
        return value.list.n_unique().cast(pl.Int64)

    def year(self, value: pl.Expr) -> pl.Expr:
        return value.dt.year().cast(pl.Int64)

    def month(self, value: pl.Expr) -> pl.Expr:
        return value.dt.month().cast(pl.Int64)

    def day(self, value: pl.Expr) -> pl.Expr:
        return value.dt.day().cast(pl.Int64)

    def days_between(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        return (end - start).dt.total_days()

    def shift(self, value: pl.Expr, days: int, months: int) -> pl.Expr:
        return value.dt.offset_by(f"{days}d" if days or not months else f"{months}mo")

    def decimal(self, value: pl.Expr, digits: int, largest: int) -> pl.Expr:
        if not digits:
            return value.cast(pl.Decimal(38, 0))
        return (value.cast(pl.Decimal(38, 0)) * pl.lit(Decimal(1).scaleb(-digits), dtype=pl.Decimal(38, digits))).cast(
            pl.Decimal(38, digits)
        )

    def floating(self, numerator: pl.Expr, denominator: pl.Expr | None, scale: Fraction) -> pl.Expr:
        value = numerator.cast(pl.Float64) * float(scale)
        return value if denominator is None else value / denominator.cast(pl.Float64)


def stored_frame(rows: list[dict[str, object]], fields: Collection[Field]) -> pl.DataFrame:
    """Rows of stored values {field key: value} as the typed frame the executors read; what a row leaves out is unknown."""
    columns: dict[str, pl.Series] = {}
    for field in fields:
        values = [row.get(field.key) for row in rows]
        columns[field.key] = _series(field, values)
    return pl.DataFrame(columns)


def _series(field: Field, values: list[object]) -> pl.Series:
    if field.kind is Kind.NUMBER:
        exact = [None if v is None else v if isinstance(v, Decimal) else Decimal(str(v)) for v in values]
        return pl.Series(field.key, exact, dtype=pl.Decimal(38, field.decimals))
    if field.kind is Kind.SET:
        return pl.Series(field.key, [None if v is None else sorted(v) for v in values], dtype=_DTYPES[field.kind])  # type: ignore[call-overload]
    return pl.Series(field.key, values, dtype=_DTYPES[field.kind])
