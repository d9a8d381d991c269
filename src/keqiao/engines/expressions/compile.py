"""Trees to batch expressions, exactly: numbers are kept as ratios of integers and compared by cross-multiplication, so no float judges.

Every number carries proven bounds of its numerator and denominator (from each field's `largest`), so 64 or 128 bits are chosen by proof and an
expression that could overflow is refused when it is compiled, not when it runs. A backend supplies ~30 primitives (`backend_polars`, `backend_sql`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any, Generic, Protocol, TypeVar

from .problems import Problem, ProblemsFound
from .tree import Call, Constant, Let, Literal, Name, Tree
from .types import Field, Kind, Table, Value

E = TypeVar("E")
NARROW = 2**62
WIDE = 10**37
"""The greatest magnitude allowed in 128 bits (and in Spark's DECIMAL(38, 0))."""


class Backend(Protocol[E]):
    """What an executor must offer. Nulls propagate through everything but `both`, `either` (Kleene), `is_null`, `fallback` and `choose`."""

    def column(self, field: Field) -> E: ...
    def reference(self, name: str) -> E: ...
    def roots(self, value: E) -> Collection[str]: ...
    def is_simple(self, value: E) -> bool: ...
    def fixed(self, field: Field) -> E: ...
    def integer(self, value: int, wide: bool) -> E: ...
    def literal(self, value: Value) -> E: ...
    def null(self, kind: Kind) -> E: ...
    def widen(self, value: E) -> E: ...
    def plus(self, left: E, right: E) -> E: ...
    def minus(self, left: E, right: E) -> E: ...
    def times(self, left: E, right: E) -> E: ...
    def whole_quotient(self, left: E, right: E) -> E: ...
    def compare(self, operator: str, left: E, right: E) -> E: ...
    def both(self, left: E, right: E) -> E: ...
    def either(self, left: E, right: E) -> E: ...
    def negate(self, value: E) -> E: ...
    def is_null(self, value: E) -> E: ...
    def choose(self, condition: E, yes: E, no: E) -> E: ...
    def fallback(self, first: E, second: E) -> E: ...
    def member(self, value: E, values: list[Value]) -> E: ...
    def contains(self, value: E, part: str) -> E: ...
    def starts(self, value: E, part: str) -> E: ...
    def ends(self, value: E, part: str) -> E: ...
    def has(self, value: E, item: str) -> E: ...
    def size(self, value: E) -> E: ...
    def year(self, value: E) -> E: ...
    def month(self, value: E) -> E: ...
    def day(self, value: E) -> E: ...
    def days_between(self, start: E, end: E) -> E: ...
    def shift(self, value: E, days: int, months: int) -> E: ...
    def decimal(self, value: E, digits: int, largest: int) -> E: ...
    def floating(self, numerator: E, denominator: E | None, scale: Fraction) -> E: ...


@dataclass(frozen=True)
class Ratio(Generic[E]):
    """scale × numerator / denominator; None stands for 1. Denominators are never negative; a null one means unknown (a division by zero)."""

    scale: Fraction
    numerator: E | None
    denominator: E | None = None
    top: int = 1
    bottom: int = 1


class Compiler(Generic[E]):
    """Compiles trees for one backend.

    `columns`: the keys present in the data; other fields are unknown throughout (None: all stored fields are present). `constants`: fields with
    one value for all rows (the as-of date). `sharing`: what is used more than once becomes an intermediate column, listed in `stages`; without
    it every expression stands alone and repeats its parts.
    """

    def __init__(
        self,
        backend: Backend[E],
        columns: Collection[str] | None = None,
        constants: Mapping[str, Value] | None = None,
        *,
        sharing: bool = False,
    ) -> None:
        self.backend, self.columns, self.sharing = backend, columns, sharing
        self.constants = constants or {}
        self._levels: dict[str, int] = {}
        self._stages: list[list[tuple[str, E]]] = []
        self._plain: dict[int, tuple[Tree, E]] = {}
        self._numbers: dict[int, tuple[Tree, Ratio[E]]] = {}

    @property
    def stages(self) -> list[list[tuple[str, E]]]:
        """Intermediate columns (name, expression) in the order they must be made, one list after the other."""
        return self._stages

    def share(self, value: E) -> E:
        """The value as an intermediate column, if sharing and if it is more than a column or a literal."""
        if not self.sharing or self.backend.is_simple(value):
            return value
        level = max((self._levels[name] + 1 for name in self.backend.roots(value) if name in self._levels), default=0)
        while len(self._stages) <= level:
            self._stages.append([])
        name = f"~{len(self._levels)}"
        self._levels[name] = level
        self._stages[level].append((name, value))
        return self.backend.reference(name)

    def _shared(self, ratio: Ratio[E]) -> Ratio[E]:
        numerator = None if ratio.numerator is None else self.share(ratio.numerator)
        denominator = None if ratio.denominator is None else self.share(ratio.denominator)
        return Ratio(ratio.scale, numerator, denominator, ratio.top, ratio.bottom)

    def value(self, tree: Tree) -> E:
        """Any expression as one column; numbers as an exact decimal where the denominator is a product of 2 and 5, else as a double."""
        if tree.type.kind is Kind.NUMBER:
            return self._output(self.number(tree))
        return self.plain(tree)

    def _output(self, ratio: Ratio[E]) -> E:
        backend = self.backend
        numerator = self._numerator(ratio)
        if ratio.denominator is None:
            for digits in range(0, 13):
                factor = ratio.scale * 10**digits
                if factor.denominator == 1 and len(str(ratio.top * abs(factor.numerator))) + digits + 2 <= 38:
                    scaled = self._scaled(numerator, factor.numerator, ratio.top)
                    return backend.decimal(scaled, digits, ratio.top * abs(factor.numerator))
        return backend.floating(numerator, ratio.denominator, ratio.scale)

    def plain(self, tree: Tree) -> E:
        """Conditions, texts, dates and sets."""
        held = self._plain.get(id(tree))
        if held is None:
            value = self._plain_value(tree)
            held = self._plain[id(tree)] = (tree, self.share(value) if isinstance(tree, Let) else value)
        return held[1]

    def _plain_value(self, tree: Tree) -> E:
        backend = self.backend
        if isinstance(tree, Name):
            if tree.field.key in self.constants:
                return backend.literal(self.constants[tree.field.key])
            return backend.column(tree.field) if self._has(tree.field) else backend.null(tree.field.kind)
        if isinstance(tree, Let):
            body = self.plain(tree.body)
            return (
                backend.fallback(backend.column(tree.field), body) if tree.field and self._holds(tree.field) else body
            )
        if isinstance(tree, Literal | Constant):
            if tree.value is None or isinstance(tree.value, Table):
                return backend.null(tree.type.kind)
            return backend.literal(tree.value)
        return self._call(tree)

    def _has(self, field: Field) -> bool:
        return self.columns is None or field.key in self.columns

    def _holds(self, field: Field) -> bool:
        return self.columns is not None and field.key in self.columns

    # conditions, texts, dates

    def _call(self, tree: Call) -> E:
        backend, operator, arguments = self.backend, tree.operator, tree.arguments
        match operator:
            case "and":
                return backend.both(self.plain(arguments[0]), self.plain(arguments[1]))
            case "or":
                return backend.either(self.plain(arguments[0]), self.plain(arguments[1]))
            case "not":
                return backend.negate(self.plain(arguments[0]))
            case "=" | "!=" | "<" | "<=" | ">" | ">=":
                if arguments[0].type.kind is Kind.NUMBER:
                    return self._compare(operator, self.number(arguments[0]), self.number(arguments[1]))
                return backend.compare(operator, self.plain(arguments[0]), self.plain(arguments[1]))
            case "in":
                return self._member(arguments)
            case "is_known":
                return backend.negate(self._unknown(arguments[0]))
            case "if" | "case":
                return self._conditional(arguments)
            case "known_if":
                return backend.choose(self.plain(arguments[0]), self.plain(arguments[1]), backend.null(tree.type.kind))
            case "or_else":
                return backend.fallback(self.plain(arguments[0]), self.plain(arguments[1]))
            case "contains":
                part = str(_constant(arguments[1]))
                return (backend.has if arguments[0].type.kind is Kind.SET else backend.contains)(
                    self.plain(arguments[0]), part
                )
            case "startswith" | "endswith":
                test = backend.starts if operator == "startswith" else backend.ends
                return self._joined(
                    [test(self.plain(arguments[0]), str(_constant(part))) for part in arguments[1:]], every=False
                )
            case "any_of" | "all_of":
                held = self.plain(arguments[0])
                return self._joined(
                    [backend.has(held, item) for item in sorted(_listed(arguments[1:]))], every=operator == "all_of"
                )
            case "add_days":
                return backend.shift(self.plain(arguments[0]), _whole(arguments[1]), 0)
            case "add_months" | "add_years":
                months = _whole(arguments[1]) * (12 if operator == "add_years" else 1)
                return backend.shift(self.plain(arguments[0]), 0, months)
        raise ValueError(f"no batch form for {operator}")

    def _joined(self, tests: list[E], *, every: bool) -> E:
        joined = tests[0]
        for test in tests[1:]:
            joined = (self.backend.both if every else self.backend.either)(joined, test)
        return joined

    def _member(self, arguments: tuple[Tree, ...]) -> E:
        listed = arguments[1:]
        if arguments[0].type.kind is Kind.NUMBER:
            value = self.number(arguments[0])
            return self._joined([self._compare("=", value, self.number(item)) for item in listed], every=False)
        values: list[Value] = [*sorted(_listed(listed))] if _is_set(listed) else [_constant(item) for item in listed]
        return self.backend.member(self.plain(arguments[0]), values)

    def _conditional(self, arguments: tuple[Tree, ...]) -> E:
        result = self.plain(arguments[-1])
        for condition, then in reversed(list(zip(arguments[:-1:2], arguments[1::2], strict=True))):
            result = self.backend.choose(self.plain(condition), self.plain(then), result)
        return result

    def _unknown(self, tree: Tree) -> E:
        if tree.type.kind is not Kind.NUMBER:
            return self.backend.is_null(self.plain(tree))
        return self._missing(self.number(tree))

    def _missing(self, ratio: Ratio[E]) -> E:
        missing = self.backend.is_null(self._numerator(ratio))
        return (
            missing
            if ratio.denominator is None
            else self.backend.either(missing, self.backend.is_null(ratio.denominator))
        )

    # numbers

    def number(self, tree: Tree) -> Ratio[E]:
        held = self._numbers.get(id(tree))
        if held is None:
            ratio = self._number(tree)
            held = self._numbers[id(tree)] = (tree, self._shared(ratio) if isinstance(tree, Let) else ratio)
        return held[1]

    def _number(self, tree: Tree) -> Ratio[E]:
        if isinstance(tree, Literal | Constant):
            return self.constant(tree.value)
        if isinstance(tree, Name):
            return (
                self._stored(tree.field)
                if self._has(tree.field)
                else Ratio(Fraction(1), self.backend.null(Kind.NUMBER))
            )
        if isinstance(tree, Let):
            body = self.number(tree.body)
            if tree.field and self._holds(tree.field):
                return self._fallback(self._stored(tree.field), body)
            return body
        return self._calculated(tree)

    def _nothing(self) -> Ratio[E]:
        return Ratio(Fraction(1), self.backend.null(Kind.NUMBER))

    def constant(self, value: Value | Table) -> Ratio[E]:
        if value is None:
            return self._nothing()
        return Ratio(Fraction(value) if isinstance(value, int | Fraction) else Fraction(0), None)

    def _stored(self, field: Field) -> Ratio[E]:
        return Ratio(
            field.scale / 10**field.decimals, self.backend.fixed(field), None, field.largest * 10**field.decimals
        )

    def _calculated(self, tree: Call) -> Ratio[E]:
        operator, arguments = tree.operator, tree.arguments
        match operator:
            case "+" | "-":
                return self._sum(self.number(arguments[0]), self.number(arguments[1]), operator)
            case "*":
                return self._product(self.number(arguments[0]), self.number(arguments[1]))
            case "/":
                return self._quotient(self.number(arguments[0]), self.number(arguments[1]))
            case "neg":
                value = self.number(arguments[0])
                return Ratio(-value.scale, value.numerator, value.denominator, value.top, value.bottom)
            case "min" | "max":
                return self._extreme(
                    [self.number(argument) for argument in arguments], "<=" if operator == "min" else ">="
                )
            case "abs":
                value = self._shared(self.number(arguments[0]))
                negative = self._compare("<", value, self.constant(0))
                return self._choose(negative, self._product(value, self.constant(-1)), value)
            case "round" | "floor" | "ceil":
                digits = _whole(arguments[1]) if len(arguments) > 1 else 0
                return self._rounded(self.number(arguments[0]), operator, digits)
            case "if" | "case":
                return self._choice(arguments)
            case "known_if":
                return self._choose(self.plain(arguments[0]), self.number(arguments[1]), self._nothing())
            case "or_else":
                return self._fallback(self.number(arguments[0]), self.number(arguments[1]))
            case "band":
                return self._banded(arguments)
        return self._counted(operator, arguments)

    def _counted(self, operator: str, arguments: tuple[Tree, ...]) -> Ratio[E]:
        backend = self.backend
        first = self.plain(arguments[0])
        match operator:
            case "size":
                return Ratio(Fraction(1), backend.size(first), None, 10**6)
            case "year":
                return Ratio(Fraction(1), backend.year(first), None, 10**4)
            case "month":
                return Ratio(Fraction(1), backend.month(first), None, 12)
        second = self.plain(arguments[1])
        if operator == "days":
            return Ratio(Fraction(1), backend.days_between(first, second), None, 10**7)
        return Ratio(Fraction(1), self._whole_periods(first, second, operator == "years"), None, 10**6)

    def _whole_periods(self, start: E, end: E, yearly: bool) -> E:
        backend = self.backend
        forwards = self._forward(start, end, yearly)
        backwards = backend.minus(backend.integer(0, False), self._forward(end, start, yearly))
        return backend.choose(backend.compare("<", end, start), backwards, forwards)

    def _forward(self, start: E, end: E, yearly: bool) -> E:
        b = self.backend
        years = b.minus(b.year(end), b.year(start))
        hundred = b.integer(100, False)
        if yearly:
            full = years
            early = b.compare(
                "<",
                b.plus(b.times(b.month(end), hundred), b.day(end)),
                b.plus(b.times(b.month(start), hundred), b.day(start)),
            )
        else:
            full = b.plus(b.times(years, b.integer(12, False)), b.minus(b.month(end), b.month(start)))
            early = b.compare("<", b.day(end), b.day(start))
        return b.choose(early, b.minus(full, b.integer(1, False)), full)

    def _numerator(self, ratio: Ratio[E]) -> E:
        return self.backend.integer(1, False) if ratio.numerator is None else ratio.numerator

    def _scaled(self, value: E, factor: int, top: int) -> E:
        """value × factor in the width that its bound needs."""
        wide = _wide(top * abs(factor))
        if factor == 1:
            return self.backend.widen(value) if wide else value
        return self.backend.times(self.backend.widen(value) if wide else value, self.backend.integer(factor, wide))

    def _times(self, left: E | None, right: E | None, top: int) -> E | None:
        if left is None or right is None:
            return left if right is None else right
        if _wide(top):
            left, right = self.backend.widen(left), self.backend.widen(right)
        return self.backend.times(left, right)

    def _compare(self, operator: str, left: Ratio[E], right: Ratio[E]) -> E:
        (a, _), (b, _) = self._aligned(left, right)
        return self.backend.compare(operator, a, b)

    def _aligned(self, left: Ratio[E], right: Ratio[E]) -> tuple[tuple[E, int], tuple[E, int]]:
        """Integers (with bounds) whose order is the order of the two ratios: cross-multiplied, scales made whole."""
        multiple = lcm(left.scale.denominator, right.scale.denominator)
        a, b = (side.scale.numerator * (multiple // side.scale.denominator) for side in (left, right))
        common = gcd(a, b) or 1
        first = self._side(left, right, a // common)
        second = self._side(right, left, b // common)
        if _wide(first[1]) != _wide(second[1]):
            return (self.backend.widen(first[0]), first[1]), (self.backend.widen(second[0]), second[1])
        return first, second

    def _side(self, own: Ratio[E], other: Ratio[E], factor: int) -> tuple[E, int]:
        top = own.top * other.bottom
        value = self._times(own.numerator, other.denominator, top)
        if value is None:
            return self.backend.integer(factor, _wide(abs(factor))), abs(factor)
        return self._scaled(value, factor, top), top * max(1, abs(factor))

    def _sum(self, left: Ratio[E], right: Ratio[E], operator: str) -> Ratio[E]:
        if (
            left.numerator is None
            and right.numerator is None
            and left.denominator is None
            and right.denominator is None
        ):
            return Ratio(left.scale + right.scale if operator == "+" else left.scale - right.scale, None)
        (a, a_top), (b, b_top) = self._aligned(left, right)
        top = a_top + b_top
        if _wide(top):
            a, b = self.backend.widen(a), self.backend.widen(b)
        joined = self.backend.plus(a, b) if operator == "+" else self.backend.minus(a, b)
        bottom = left.bottom * right.bottom
        multiple = lcm(left.scale.denominator, right.scale.denominator)
        common = gcd(*(side.scale.numerator * (multiple // side.scale.denominator) for side in (left, right))) or 1
        return Ratio(
            Fraction(common, multiple), joined, self._times(left.denominator, right.denominator, bottom), top, bottom
        )

    def _product(self, left: Ratio[E], right: Ratio[E]) -> Ratio[E]:
        top, bottom = left.top * right.top, left.bottom * right.bottom
        numerator = self._times(left.numerator, right.numerator, top)
        return Ratio(
            left.scale * right.scale, numerator, self._times(left.denominator, right.denominator, bottom), top, bottom
        )

    def _quotient(self, left: Ratio[E], right: Ratio[E]) -> Ratio[E]:
        if right.numerator is None and right.denominator is None:
            if right.scale == 0:
                return self._nothing()
            return Ratio(left.scale / right.scale, left.numerator, left.denominator, left.top, left.bottom)
        if right.scale == 0:
            return self._nothing()
        divisor, sign = self._positive(right)
        top = left.top * right.bottom
        numerator = self._times(self._times(left.numerator, right.denominator, top), sign, top)
        bottom = left.bottom * right.top
        return Ratio(left.scale / right.scale, numerator, self._times(left.denominator, divisor, bottom), top, bottom)

    def _positive(self, divisor: Ratio[E]) -> tuple[E, E]:
        """The divisor's magnitude, null where it is zero, and its sign (1, -1, null)."""
        backend = self.backend
        value = self.share(self._numerator(divisor))
        wide = _wide(divisor.top)
        zero, one, minus_one = (backend.integer(n, wide) for n in (0, 1, -1))
        null = backend.null(Kind.NUMBER)
        above, is_zero = backend.compare(">", value, zero), backend.compare("=", value, zero)
        magnitude = backend.choose(above, value, backend.choose(is_zero, null, backend.times(value, minus_one)))
        return magnitude, backend.choose(above, one, backend.choose(is_zero, null, minus_one))

    def _extreme(self, values: list[Ratio[E]], operator: str) -> Ratio[E]:
        best = values[0]
        for other in values[1:]:
            best, value = self._shared(best), self._shared(other)
            best = self._choose(self._compare(operator, best, value), best, value)
        return best

    def _choice(self, arguments: tuple[Tree, ...]) -> Ratio[E]:
        result = self.number(arguments[-1])
        for condition, then in reversed(list(zip(arguments[:-1:2], arguments[1::2], strict=True))):
            result = self._choose(self.plain(condition), self.number(then), result)
        return result

    def _banded(self, arguments: tuple[Tree, ...]) -> Ratio[E]:
        table = arguments[1].value if isinstance(arguments[1], Constant) else None
        value = self._shared(self.number(arguments[0]))
        result = self._nothing()
        for step in reversed(table.steps if isinstance(table, Table) else ()):
            then = self.constant(step.value)
            if step.operator is None:
                result = self._choose(self.backend.negate(self._missing(value)), then, self._nothing())
            else:
                result = self._choose(self._compare(step.operator, value, self.constant(step.bound)), then, result)
        return result

    def _choose(self, condition: E, yes: Ratio[E], no: Ratio[E]) -> Ratio[E]:
        """`yes` where the condition is true, `no` where false, unknown where unknown; both brought to one scale."""
        condition = self.share(condition)
        multiple = lcm(yes.scale.denominator, no.scale.denominator)
        factors = [side.scale.numerator * (multiple // side.scale.denominator) for side in (yes, no)]
        common = gcd(*factors) or 1
        tops = [side.top * max(1, abs(factor // common)) for side, factor in zip((yes, no), factors, strict=True)]
        wide = any(map(_wide, tops))
        numerators = [
            self._scaled(self._numerator(side), factor // common, side.top)
            for side, factor in zip((yes, no), factors, strict=True)
        ]
        if wide:
            numerators = [self.backend.widen(numerator) for numerator in numerators]
        denominator = None
        if yes.denominator is not None or no.denominator is not None:
            wide_below = _wide(max(yes.bottom, no.bottom))
            one = self.backend.integer(1, wide_below)
            parts = [one if side.denominator is None else side.denominator for side in (yes, no)]
            denominator = self.backend.choose(condition, *(map(self.backend.widen, parts) if wide_below else parts))
        chosen = self.backend.choose(condition, *numerators)
        return Ratio(Fraction(common, multiple), chosen, denominator, max(tops), max(yes.bottom, no.bottom))

    def _fallback(self, first: Ratio[E], second: Ratio[E]) -> Ratio[E]:
        first = self._shared(first)
        missing = self._missing(first)
        return self._choose(missing, second, first)

    def _rounded(self, value: Ratio[E], operator: str, digits: int) -> Ratio[E]:
        """Rounding on integers: the magnitude is divided, then the sign put back (half away from zero; floor and ceil by their meaning)."""
        backend = self.backend
        scale = value.scale * 10**digits
        if value.numerator is None and value.denominator is None:
            whole = _half_up(scale) if operator == "round" else floor(scale) if operator == "floor" else ceil(scale)
            return Ratio(Fraction(whole, 10**digits), None)
        top, bottom = (
            value.top * abs(scale.numerator) * 2 + 2 * value.bottom * scale.denominator,
            value.bottom * scale.denominator * 2,
        )
        wide = _wide(top) or _wide(bottom)
        number = self._scaled(self._numerator(value), scale.numerator, value.top)
        divisor = self._scaled(
            backend.integer(1, wide) if value.denominator is None else value.denominator,
            scale.denominator,
            value.bottom,
        )
        if wide:
            number, divisor = backend.widen(number), backend.widen(divisor)
        number, divisor = self.share(number), self.share(divisor)
        zero, two, one = (backend.integer(n, wide) for n in (0, 2, 1))
        negative = self.share(backend.compare("<", number, zero))
        size = backend.choose(negative, backend.minus(zero, number), number)
        down = backend.whole_quotient(size, divisor)
        up = backend.whole_quotient(backend.minus(backend.plus(size, divisor), one), divisor)
        if operator == "round":
            down = up = backend.whole_quotient(
                backend.plus(backend.times(size, two), divisor), backend.times(divisor, two)
            )
        of_negative, of_positive = (down, up) if operator == "ceil" else (up, down)
        signed = backend.choose(negative, backend.minus(zero, of_negative), of_positive)
        return Ratio(Fraction(1, 10**digits), signed, None, value.top * abs(scale.numerator) // scale.denominator + 1)


def _half_up(value: Fraction) -> int:
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole


def _wide(top: int) -> bool:
    if top >= WIDE:
        remedy = "先用 round(…, 2) 收窄中间结果,或在事实目录里把字段的 largest 写小"
        raise ProblemsFound([Problem("E130", "表达式太宽:批量计算要超过 37 位整数才能精确", remedy)])
    return top >= NARROW


def _constant(tree: Tree) -> Value:
    return tree.value if isinstance(tree, Literal | Constant) and not isinstance(tree.value, Table) else None


def _whole(tree: Tree) -> int:
    value = _constant(tree)
    return value if isinstance(value, int) else 0


def _is_set(arguments: tuple[Tree, ...]) -> bool:
    return len(arguments) == 1 and isinstance(_constant(arguments[0]), frozenset)


def _listed(arguments: tuple[Tree, ...]) -> list[str]:
    if _is_set(arguments):
        held: Any = _constant(arguments[0])
        return list(held)
    return [str(_constant(argument)) for argument in arguments]
