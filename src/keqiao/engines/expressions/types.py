"""Kinds of value, units and fields: what a name in an expression may stand for. Hides how units and stored decimals become exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

Number = int | Fraction
Value = int | Fraction | str | bool | date | frozenset[str] | None
"""A value inside the engine; None is unknown. Money is in 元, areas in 平方米, shares are plain ratios."""


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    SET = "set"
    TABLE = "table"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.NUMBER: "数值",
    Kind.TEXT: "文本",
    Kind.BOOL: "是否",
    Kind.DATE: "日期",
    Kind.SET: "多选",
    Kind.TABLE: "分档表",
}

Dimension = tuple[tuple[str, int], ...]
"""Powers of base dimensions, sorted: money per area is (('area', -1), ('money', 1)); a plain number is ()."""

MONEY: Dimension = (("money", 1),)
AREA: Dimension = (("area", 1),)

_MONEY_UNITS = {"元": 1, "千元": 10**3, "万元": 10**4, "百万元": 10**6, "千万元": 10**7, "亿元": 10**8, "人民币元": 1}
_AREA_UNITS = {
    "平方米": Fraction(1),
    "㎡": Fraction(1),
    "m²": Fraction(1),
    "m2": Fraction(1),
    "亩": Fraction(2000, 3),
    "公顷": Fraction(10**4),
}
_COUNT_WORDS = (
    "人 家 个 件 项 次 天 日 月 年 分 岁 张 台 套 席 工位 名 户 场 笔 份 篇 种 类 位 批 期 倍 小时 人月 人日 个月 周年"
)
_PLAIN_UNITS: dict[str, Fraction] = {
    "": Fraction(1),
    "%": Fraction(1, 100),
    "‰": Fraction(1, 1000),
    "个百分点": Fraction(1, 100),
    "百分点": Fraction(1, 100),
}
_PLAIN_UNITS |= {"万": Fraction(10**4), "亿": Fraction(10**8), "万人": Fraction(10**4), "万元/人": Fraction(1)}
_PLAIN_UNITS |= dict.fromkeys(_COUNT_WORDS.split(), Fraction(1))
del _PLAIN_UNITS["万元/人"]


def unit_of(symbol: str) -> tuple[Dimension, Fraction] | None:
    """Dimension and scale to the base unit (元, 平方米, 1) of a unit's symbol; compound units as 万元/人, 元/平方米; None if not known."""
    symbol = symbol.strip()
    if "/" in symbol and symbol not in _PLAIN_UNITS:
        upper, _, lower = symbol.partition("/")
        above, below = unit_of(upper), unit_of(lower)
        if above is None or below is None:
            return None
        return combine(above[0], below[0], -1), above[1] / below[1]
    if symbol in _MONEY_UNITS:
        return MONEY, Fraction(_MONEY_UNITS[symbol])
    if symbol in _AREA_UNITS:
        return AREA, _AREA_UNITS[symbol]
    if symbol in _PLAIN_UNITS:
        return (), _PLAIN_UNITS[symbol]
    return None


def unit_symbols() -> list[str]:
    """All simple units, longest first (for the lexer)."""
    known = {*_MONEY_UNITS, *_AREA_UNITS, *_PLAIN_UNITS} - {""}
    return sorted(known, key=len, reverse=True)


def combine(left: Dimension, right: Dimension, sign: int) -> Dimension:
    """The dimension of a product (sign 1) or quotient (sign -1)."""
    powers = dict(left)
    for base, power in right:
        powers[base] = powers.get(base, 0) + sign * power
    return tuple(sorted((base, power) for base, power in powers.items() if power))


@dataclass(frozen=True)
class Type:
    """The static type of an expression. `flexible`: a literal 0, which fits any dimension."""

    kind: Kind
    dimension: Dimension = ()
    flexible: bool = False

    @property
    def label(self) -> str:
        if self.kind is not Kind.NUMBER:
            return KIND_NAMES[self.kind]
        names = {(): "数值", MONEY: "金额", AREA: "面积"}
        return names.get(self.dimension, "复合单位数值")


NUMBER, TEXT, BOOL, DATE, SET = (Type(kind) for kind in (Kind.NUMBER, Kind.TEXT, Kind.BOOL, Kind.DATE, Kind.SET))

_SUGAR = {"money": (Kind.NUMBER, "元", 2), "integer": (Kind.NUMBER, "", 0), "share": (Kind.NUMBER, "", 6)}


@dataclass(frozen=True)
class Field:
    """A named value of a record.

    key: ASCII column name · name: Chinese name · unit: of the *stored* number · decimals: digits kept behind the point of the
    stored number (batch executors hold it as an integer of that many digits) · largest: greatest magnitude of the stored number, used to
    prove that batch arithmetic cannot overflow. Build it with `Field.declare`, which fills the defaults by kind.
    """

    key: str
    name: str
    kind: Kind
    unit: str = ""
    decimals: int = 0
    largest: int = 10**9
    english: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    @classmethod
    def declare(
        cls,
        key: str,
        name: str,
        kind: str,
        *,
        unit: str | None = None,
        decimals: int | None = None,
        largest: int | None = None,
        english: str = "",
        aliases: tuple[str, ...] = (),
        choices: tuple[str, ...] = (),
    ) -> Field:
        """A field with defaults by kind: money (元, 2 decimals, ≤ 10^13), integer, share (6 decimals, ≤ 1000), number (4), text, bool, date, set.

        Raises ValueError for an unknown kind or unit."""
        base, usual_unit, usual_decimals = _SUGAR.get(kind, (None, "", 4))
        real = base or Kind(kind)
        if real is not Kind.NUMBER:
            return cls(key, name, real, "", 0, 0, english, aliases, choices)
        chosen = usual_unit if unit is None else unit
        measured = unit_of(chosen)
        if measured is None:
            raise ValueError(f"单位“{chosen}”不认识")
        is_money = measured[0] == MONEY
        if kind == "money" and not is_money:
            raise ValueError(f"金额的单位“{chosen}”不是货币单位")
        digits = (
            decimals if decimals is not None else (2 if chosen == "元" else usual_decimals if kind != "money" else 6)
        )
        usual_limit = int(10**13 / measured[1]) if is_money else 1000 if kind == "share" else 10**9
        limit = usual_limit if largest is None else largest
        return cls(key, name, real, chosen, digits, limit, english, aliases, choices)

    @cached_property
    def scale(self) -> Fraction:
        measured = unit_of(self.unit)
        return measured[1] if measured else Fraction(1)

    @cached_property
    def type(self) -> Type:
        measured = unit_of(self.unit)
        return Type(self.kind, measured[0] if measured else ())

    def value(self, raw: object) -> Value:
        """A stored value as the engine's value: numbers exactly, in the base unit. Raises ValueError naming the reason; None stays unknown."""
        if raw is None:
            return None
        if self.kind is Kind.NUMBER:
            stored = exact_number(raw)
            if not -self.largest <= stored <= self.largest:
                raise ValueError(f"数值超出合理范围(绝对值不超过 {self.largest:,} {self.unit})")
            scale = self.scale
            return stored if scale == 1 else Fraction(stored) * scale
        return _plain_value(self, raw)


def exact_number(raw: object) -> Number:
    """An int, Decimal, Fraction or finite float (by its shortest decimal form) as an exact number."""
    if isinstance(raw, bool):
        raise ValueError("应为数值,给的是“是/否”")
    if isinstance(raw, int | Fraction):
        return raw
    if isinstance(raw, float):
        raw = Decimal(repr(raw))
    if not isinstance(raw, Decimal):
        raise ValueError("应为数值")
    try:
        number = Fraction(raw)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError("应为有限数值") from error
    return number.numerator if number.denominator == 1 else number


def _plain_value(field: Field, raw: object) -> Value:
    if field.kind is Kind.TEXT and isinstance(raw, str):
        return raw
    if field.kind is Kind.BOOL and isinstance(raw, bool):
        return raw
    if field.kind is Kind.DATE and isinstance(raw, date):
        return raw.date() if isinstance(raw, datetime) else raw
    if field.kind is Kind.SET and isinstance(raw, frozenset | set | list | tuple):
        return frozenset(str(item) for item in raw)
    raise ValueError(f"应为{KIND_NAMES[field.kind]}")


@dataclass(frozen=True)
class Step:
    """A line of a band table: where `x operator bound` holds the value is `value`; operator None is the last line (everything else)."""

    operator: str | None
    bound: Number
    value: Number


@dataclass(frozen=True)
class Table:
    """Bands read from top to bottom, the first that holds counts: `band(x, table)`."""

    steps: tuple[Step, ...]
    argument: Type = NUMBER
    result: Type = NUMBER
