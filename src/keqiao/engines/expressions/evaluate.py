"""One record, exactly: the reference truth the batch executors are tested against. Kleene logic; None is unknown."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .tree import Call, Constant, Let, Literal, Name, Tree
from .types import Number, Table, Value


def evaluate(tree: Tree, record: Mapping[str, object]) -> Value:
    """The value of `tree` for a record {field key: stored value}; a key left out is unknown.

    Numbers are exact (int or Fraction, in 元, 平方米, plain ratios); x/0 is unknown. Raises ValueError for a value of the wrong kind.
    """
    return Evaluation(record).value(tree)


class Evaluation:
    """Values of any number of trees over one record; named sub-expressions and fields are worked out once."""

    def __init__(self, record: Mapping[str, object]) -> None:
        self.record = record
        self._fields: dict[str, Value] = {}
        self._named: dict[int, tuple[Let, Value]] = {}

    def value(self, tree: Tree) -> Value:
        if isinstance(tree, Call):
            return self._call(tree)
        if isinstance(tree, Name):
            return self._field(tree)
        if isinstance(tree, Let):
            return self._let(tree)
        return tree.value if not isinstance(tree.value, Table) else None

    def _field(self, tree: Name) -> Value:
        field = tree.field
        if field.key not in self._fields:
            self._fields[field.key] = field.value(self.record.get(field.key))
        return self._fields[field.key]

    def _let(self, tree: Let) -> Value:
        held = self._named.get(id(tree))
        if held is None:
            value = tree.field.value(self.record.get(tree.field.key)) if tree.field else None
            held = self._named[id(tree)] = (tree, self.value(tree.body) if value is None else value)
        return held[1]

    def _call(self, tree: Call) -> Value:
        operator, arguments = tree.operator, tree.arguments
        special = _SPECIAL.get(operator)
        if special is not None:
            answer: Value = special(self, arguments)
            return answer
        values: list[Any] = [self.value(argument) for argument in arguments]
        if any(value is None for value in values):
            return None
        return _reduced(_STRICT[operator](*values))

    def _logic(self, tree: tuple[Tree, ...], *, until: bool) -> Value:
        result: bool | None = not until
        for argument in tree:
            value = self.value(argument)
            if value is until:
                return until
            if value is None:
                result = None
        return result

    def _conditional(self, arguments: tuple[Tree, ...]) -> Value:
        for condition, then in zip(arguments[:-1:2], arguments[1::2], strict=True):
            holds = self.value(condition)
            if holds is None:
                return None
            if holds:
                return self.value(then)
        return self.value(arguments[-1])

    def _or_else(self, arguments: tuple[Tree, ...]) -> Value:
        value = self.value(arguments[0])
        return self.value(arguments[1]) if value is None else value

    def _band(self, arguments: tuple[Tree, ...]) -> Value:
        table, value = arguments[1], self.value(arguments[0])
        if not isinstance(table, Constant) or not isinstance(table.value, Table) or value is None:
            return None
        return banded(table.value, value)  # type: ignore[arg-type]  # the parser has checked that it is a number

    def _member(self, arguments: tuple[Tree, ...]) -> Value:
        value = self.value(arguments[0])
        if value is None:
            return None
        return value in _listed(arguments[1:])


def banded(table: Table, value: Number) -> Number | None:
    """The value of the first step that holds; None if none does."""
    for step in table.steps:
        if step.operator is None or _STRICT[step.operator](value, step.bound):
            return step.value
    return None


def _listed(arguments: tuple[Tree, ...]) -> frozenset[Any]:
    if len(arguments) == 1 and isinstance(arguments[0], Constant) and isinstance(arguments[0].value, frozenset):
        return arguments[0].value
    return frozenset(argument.value for argument in arguments if isinstance(argument, Literal))


def _set_test(self: Evaluation, arguments: tuple[Tree, ...], every: bool) -> Value:
    held = self.value(arguments[0])
    if not isinstance(held, frozenset):
        return None
    wanted = _listed(arguments[1:])
    return wanted <= held if every else bool(wanted & held)


def _reduced(value: Value) -> Value:
    return value.numerator if type(value) is Fraction and value.denominator == 1 else value


def _divide(left: Number, right: Number) -> Number | None:
    return None if right == 0 else Fraction(left) / right


def round_half_up(value: Number, digits: int = 0) -> Number:
    """Half away from zero, as invoices and tax forms round."""
    scaled = abs(Fraction(value)) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def whole_months(start: date, end: date) -> int:
    """Complete months from start to end; negative when end is before start."""
    if end < start:
        return -whole_months(end, start)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def whole_years(start: date, end: date) -> int:
    if end < start:
        return -whole_years(end, start)
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last day if it has none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_STRICT: dict[str, Any] = {
    "not": lambda a: not a,
    "neg": lambda a: -a,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "min": min,
    "max": max,
    "abs": abs,
    "round": round_half_up,
    "floor": lambda a: a.__floor__(),
    "ceil": lambda a: a.__ceil__(),
    "contains": lambda a, b: b in a,
    "startswith": lambda a, *b: a.startswith(b),
    "endswith": lambda a, *b: a.endswith(b),
    "size": len,
    "year": lambda a: a.year,
    "month": lambda a: a.month,
    "days": lambda a, b: (b - a).days,
    "months": whole_months,
    "years": whole_years,
    "add_days": lambda a, n: a + timedelta(days=n),
    "add_months": add_months,
    "add_years": lambda a, n: add_months(a, 12 * n),
}
_SPECIAL: dict[str, Any] = {
    "and": lambda self, arguments: self._logic(arguments, until=False),
    "or": lambda self, arguments: self._logic(arguments, until=True),
    "if": Evaluation._conditional,
    "case": Evaluation._conditional,
    "or_else": Evaluation._or_else,
    "known_if": lambda self, arguments: self.value(arguments[1]) if self.value(arguments[0]) else None,
    "band": Evaluation._band,
    "in": Evaluation._member,
    "is_known": lambda self, arguments: self.value(arguments[0]) is not None,
    "any_of": lambda self, arguments: _set_test(self, arguments, False),
    "all_of": lambda self, arguments: _set_test(self, arguments, True),
}
