"""Score sheets as expression trees. Expert ranges and unknown inputs are the same thing: every item has a least and a greatest score."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from ..expressions import BOOL, NUMBER, Constant, Kind, Literal, Number, Table, Tree, Type, call

UNKNOWN = Literal(None, BOOL, "待核实")
"""A condition that is unknown whatever the facts."""


def number(value: Number) -> Literal:
    """A score or count that the rule states."""
    return Literal(value, NUMBER, str(value))


def implied(value: Number) -> Literal:
    """A number that follows from others; having no text of its own, it is nobody's parameter."""
    return Literal(value, NUMBER, "")


def banded(value: Tree, low: Table, high: Table, name: str) -> tuple[Tree, Tree]:
    """The range a band gives; the whole table's range while the value is unknown."""
    least, greatest = (pick(step.value for step in table.steps) for pick, table in ((min, low), (max, high)))
    lower = call("band", value, Constant(name, low, Type(Kind.TABLE)))
    upper = call("band", value, Constant(name, high, Type(Kind.TABLE)))
    return call("or_else", lower, implied(least)), call("or_else", upper, implied(greatest))


def cases(rows: Sequence[tuple[Tree | None, Number, Number]]) -> tuple[Tree, Tree]:
    """The range of the first case that holds; while a condition is unknown, the range over both outcomes."""
    low: Tree = number(rows[-1][1])
    high: Tree = number(rows[-1][2])
    for condition, least, greatest in reversed(rows[:-1]):
        if condition is None:
            raise ValueError("else 只能写在最后")
        low_here, high_here = number(least), number(greatest)
        low = call("or_else", call("if", condition, low_here, low), call("min", low_here, low))
        high = call("or_else", call("if", condition, high_here, high), call("max", high_here, high))
    return low, high


def decided(expert: Tree, low: Tree, high: Tree) -> tuple[Tree, Tree]:
    """An expert's score replaces the range if it lies within it (an impossible score is treated as not given)."""
    within = call("and", call("<=", low, expert), call("<=", expert, high))
    given = call("known_if", within, expert)
    return call("or_else", given, low), call("or_else", given, high)


def plain(value: Tree, most: Number) -> tuple[Tree, Tree]:
    """A score given as a number, from 0 to `most`."""
    return decided(value, implied(0), number(most))


def best(ranges: Sequence[tuple[Tree, Tree]]) -> tuple[Tree, Tree]:
    """The firm may choose the better of several."""
    lows, highs = zip(*ranges, strict=True)
    return call("max", *lows), call("max", *highs)


def total(parts: Sequence[tuple[Sequence[tuple[Tree, Tree]], Number | None]]) -> tuple[Tree, Tree]:
    """The sum over parts; a part with a cap counts at most that much."""
    sums: list[tuple[Tree, Tree]] = []
    for items, cap in parts:
        low, high = (reduce(lambda a, b: call("+", a, b), side) for side in zip(*items, strict=True))
        if cap is not None:
            low, high = call("min", low, number(cap)), call("min", high, number(cap))
        sums.append((low, high))
    low, high = (reduce(lambda a, b: call("+", a, b), side) for side in zip(*sums, strict=True))
    return low, high


def passed(low: Tree, high: Tree, operator: str, bar: Number) -> Tree:
    """True when even the least score passes, false when even the greatest does not, else unknown."""
    line = number(bar)
    return call("or", call(operator, low, line), call("and", call(operator, high, line), UNKNOWN))


def at_least(conditions: Sequence[Tree], count: int) -> Tree:
    """At least `count` of the conditions, with unknowns counted both ways."""

    def counted(unknown_as: bool) -> Tree:
        settled = [call("or_else", c, Literal(unknown_as, BOOL, str(unknown_as).lower())) for c in conditions]
        ones: list[Tree] = [call("if", c, implied(1), implied(0)) for c in settled]
        return reduce(lambda a, b: call("+", a, b), ones)

    return passed(counted(False), counted(True), ">=", Fraction(count))
