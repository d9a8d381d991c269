"""Trees as readable text: Chinese or English for people, and the canonical source, which parses back to the same tree."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from .operators import BY_NAME
from .tree import Call, Constant, Let, Literal, Name, Tree
from .types import AREA, MONEY, Dimension, Field, Kind, Number, Table, Value

_LEVEL = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7} | dict.fromkeys(
    ("=", "!=", "<", "<=", ">", ">=", "in"), 4
)
_SIGNS = {
    "source": {},
    "zh": {"and": "且", "or": "或", "not": "非", "*": "×", "/": "÷", ">=": "≥", "<=": "≤", "!=": "≠", "in": "属于"},
    "en": {"*": "×", "/": "÷", ">=": "≥", "<=": "≤", "!=": "≠"},
}


def show(tree: Tree, language: str = "zh") -> str:
    """`zh`: 科技人员数 ÷ 职工总数 ≥ 10%; `en`: the English names; `source`: canonical text that parses to the same tree."""
    return _Printer(language).text(tree, 0)


class _Printer:
    def __init__(self, language: str) -> None:
        self.language = language
        self.signs = _SIGNS[language]

    def text(self, tree: Tree, level: int) -> str:
        if isinstance(tree, Name):
            return self.field(tree.field)
        if isinstance(tree, Let):
            return self.field(tree.field) if tree.field else self.named(tree.name, tree.english)
        if isinstance(tree, Constant):
            name = self.named(tree.name, tree.english)
            value = None if isinstance(tree.value, Table) else tree.value
            shown = tree.text or show_value(value, tree.type.dimension, self.language)
            return name if self.language == "source" or tree.type.kind in (Kind.TABLE, Kind.SET) else f"{name}({shown})"
        if isinstance(tree, Literal):
            return self.literal(tree)
        return self.call(tree, level)

    def named(self, name: str, english: str) -> str:
        if self.language == "en" and english:
            return english
        return name if self.language != "source" else _quoted_name(name)

    def field(self, field: Field) -> str:
        return self.named(field.name, field.english or field.key.replace("_", " "))

    def literal(self, tree: Literal) -> str:
        if isinstance(tree.value, str):
            return f'"{tree.value}"' if '"' not in tree.value else f"'{tree.value}'"
        if isinstance(tree.value, bool):
            words = ("是", "否") if self.language == "zh" else ("true", "false")
            return words[0] if tree.value else words[1]
        if self.language == "en":
            return show_value(tree.value, tree.type.dimension, "en", percent="%" in tree.text)
        return tree.text or show_value(tree.value, tree.type.dimension)

    def call(self, tree: Call, level: int) -> str:
        operator, arguments = tree.operator, tree.arguments
        own = _LEVEL.get(operator, 9)
        if operator in ("not", "neg"):
            gap = " " if operator == "not" and self.language != "zh" else ""
            inner = self.text(arguments[0], own)
            sign = self.signs.get(operator, "-" if operator == "neg" else operator)
            if operator == "not" and self.language == "zh":
                return f"非({self.text(arguments[0], 0)})"
            result = f"{sign}{gap}{inner}"
        elif operator == "in":
            result = self.membership(arguments)
        elif own < 9:
            left = self.text(arguments[0], own if own == 4 else own - 1)
            result = f"{left} {self.signs.get(operator, operator)} {self.text(arguments[1], own)}"
        else:
            function = BY_NAME[operator]
            name = function.chinese[0] if self.language == "zh" else function.name
            return f"{name}({', '.join(self.text(argument, 0) for argument in arguments)})"
        return f"({result})" if own <= level else result

    def membership(self, arguments: tuple[Tree, ...]) -> str:
        sign = self.signs.get("in", "in")
        left = self.text(arguments[0], 4)
        if len(arguments) == 2 and isinstance(arguments[1], Constant):
            return f"{left} {sign} {self.text(arguments[1], 4)}"
        comma = "、" if self.language == "zh" else ", "
        return f"{left} {sign} ({comma.join(self.text(argument, 0) for argument in arguments[1:])})"


def _quoted_name(name: str) -> str:
    from .lexer import WORDS

    plain = (
        name.replace("_", "a").isalnum() and not name[0].isdigit() and name.lower() not in WORDS and name not in BY_NAME
    )
    return name if plain else f"`{name}`"


def show_value(value: Value, dimension: Dimension = (), language: str = "zh", *, percent: bool = False) -> str:
    """A value for people: money as 万元 from 10,000 元 up, shares as % when asked, dates ISO, unknown as 未知."""
    if value is None:
        return "未知" if language == "zh" else "unknown"
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, frozenset):
        return ("、" if language == "zh" else ", ").join(sorted(value)) or ("无" if language == "zh" else "none")
    if isinstance(value, int | Fraction):
        return _number(value, dimension, language, percent)
    return str(value)


def _number(value: Number, dimension: Dimension, language: str, percent: bool) -> str:
    if percent:
        return decimal_text(value * 100, 4) + "%"
    if dimension == MONEY:
        if language == "en":
            return decimal_text(value, 2, grouped=True) + " yuan"
        if not -10_000 < value < 10_000:
            return decimal_text(Fraction(value) / 10_000, 6, grouped=True) + "万元"
        return decimal_text(value, 2) + "元"
    if dimension == AREA:
        return decimal_text(value, 2, grouped=True) + ("平方米" if language == "zh" else " m²")
    return decimal_text(value, 4)


def decimal_text(value: Number, digits: int, *, grouped: bool = False) -> str:
    """At most `digits` decimals, no trailing zeros; ≈ before it when that is not the exact value."""
    scaled = Fraction(value) * 10**digits
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    rounded = Fraction(whole if scaled >= 0 else -whole, 10**digits)
    number = Decimal(rounded.numerator) / Decimal(rounded.denominator)
    text = f"{number:,.{digits}f}" if grouped else f"{number:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("" if rounded == value else "≈") + text
