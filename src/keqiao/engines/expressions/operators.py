"""The operators and functions of the language: their names in both languages and their typing. Nothing is calculated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .tree import Call, Constant, Literal, Tree
from .types import BOOL, DATE, NUMBER, Kind, Table, Type, combine


class Mistyped(ValueError):
    """The arguments do not fit; the text says why. `remedy` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


Typing = Callable[[tuple[Tree, ...]], Type]


@dataclass(frozen=True)
class Function:
    """A function as written: `name(arguments)`; `chinese` are its Chinese names, the first is the one printed."""

    name: str
    chinese: tuple[str, ...]
    typing: Typing
    fewest: int = 1
    most: int = 1


def _need(tree: Tree, kind: Kind, what: str) -> None:
    if tree.type.kind is not kind:
        raise Mistyped(f"{what}应为{Type(kind).label},实为{tree.type.label}")


def same_dimension(left: Type, right: Type) -> Type:
    """The common type of two numbers; a literal 0 fits any. Raises Mistyped."""
    if left.kind is not Kind.NUMBER or right.kind is not Kind.NUMBER:
        raise Mistyped(f"{left.label}与{right.label}不能一起计算")
    if left.flexible or right.flexible:
        return right if left.flexible else left
    if left.dimension != right.dimension:
        raise Mistyped(f"{left.label}与{right.label}单位不同", "给数字写上单位,如 5000万元、1000平方米;比例写成 5%")
    return left


def unify(arguments: tuple[Tree, ...]) -> Type:
    """The one type all of the arguments have."""
    result = arguments[0].type
    for argument in arguments[1:]:
        if result.kind is Kind.NUMBER or argument.type.kind is Kind.NUMBER:
            result = same_dimension(result, argument.type)
        elif result.kind is not argument.type.kind:
            raise Mistyped(f"{result.label}与{argument.type.label}不能并用")
    return result


def logic(arguments: tuple[Tree, ...]) -> Type:
    for argument in arguments:
        _need(argument, Kind.BOOL, "且、或、非的条件")
    return BOOL


def equality(arguments: tuple[Tree, ...]) -> Type:
    if unify(arguments).kind in (Kind.SET, Kind.TABLE):
        raise Mistyped("多选与分档表不能用等号比较", '用 contains(字段, "…") 或 any_of(字段, "…", "…")')
    return BOOL


def ordering(arguments: tuple[Tree, ...]) -> Type:
    if unify(arguments).kind not in (Kind.NUMBER, Kind.DATE):
        raise Mistyped("只有数值和日期能比大小")
    return BOOL


def addition(arguments: tuple[Tree, ...]) -> Type:
    result = same_dimension(arguments[0].type, arguments[1].type)
    return Type(result.kind, result.dimension)


def multiplication(arguments: tuple[Tree, ...]) -> Type:
    left, right = arguments
    _need(left, Kind.NUMBER, "乘数")
    _need(right, Kind.NUMBER, "乘数")
    return Type(Kind.NUMBER, combine(left.type.dimension, right.type.dimension, 1))


def division(arguments: tuple[Tree, ...]) -> Type:
    left, right = arguments
    _need(left, Kind.NUMBER, "被除数")
    _need(right, Kind.NUMBER, "除数")
    return Type(Kind.NUMBER, combine(left.type.dimension, right.type.dimension, -1))


def numeric(arguments: tuple[Tree, ...]) -> Type:
    result = unify(arguments)
    _need(Literal(0, result, ""), Kind.NUMBER, "参数")
    return Type(result.kind, result.dimension)


def rounding(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.NUMBER, "第一个参数")
    if len(arguments) > 1:
        digits = arguments[1]
        if not isinstance(digits, Literal) or not isinstance(digits.value, int) or not 0 <= digits.value <= 6:
            raise Mistyped("小数位数应为 0 到 6 的整数")
    return Type(Kind.NUMBER, arguments[0].type.dimension)


def membership(arguments: tuple[Tree, ...]) -> Type:
    kinds = arguments[0].type.kind
    if isinstance(arguments[1], Constant) and arguments[1].type.kind is Kind.SET and len(arguments) == 2:
        _need(arguments[0], Kind.TEXT, "“属于”左边")
        return BOOL
    if kinds in (Kind.SET, Kind.TABLE, Kind.BOOL):
        raise Mistyped(f"“属于”左边不能是{arguments[0].type.label}", '多选字段用 any_of(字段, "…")')
    unify(arguments)
    _only_literals(arguments[1:])
    return BOOL


def _only_literals(trees: tuple[Tree, ...]) -> None:
    if not all(isinstance(tree, Literal) for tree in trees):
        raise Mistyped("清单里只能写固定的值")


def containment(arguments: tuple[Tree, ...]) -> Type:
    if arguments[0].type.kind not in (Kind.TEXT, Kind.SET):
        raise Mistyped(f"第一个参数应为文本或多选,实为{arguments[0].type.label}")
    _need(arguments[1], Kind.TEXT, "第二个参数")
    _only_literals(arguments[1:])
    return BOOL


def text_edge(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.TEXT, "第一个参数")
    for argument in arguments[1:]:
        _need(argument, Kind.TEXT, "后面的参数")
    _only_literals(arguments[1:])
    return BOOL


def set_test(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.SET, "第一个参数")
    if len(arguments) == 2 and isinstance(arguments[1], Constant) and arguments[1].type.kind is Kind.SET:
        return BOOL
    for argument in arguments[1:]:
        _need(argument, Kind.TEXT, "后面的参数")
    _only_literals(arguments[1:])
    return BOOL


def set_size(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.SET, "参数")
    return NUMBER


def known(arguments: tuple[Tree, ...]) -> Type:
    return BOOL


def conditional(arguments: tuple[Tree, ...]) -> Type:
    """`if(condition, yes, no)`, and `case(condition, value, condition, value, …, otherwise)`."""
    if len(arguments) % 2 == 0:
        raise Mistyped("参数个数应为单数:条件、值、条件、值、…、其余情况的值")
    for condition in arguments[:-1:2]:
        _need(condition, Kind.BOOL, "条件")
    result = unify((*arguments[1::2], arguments[-1]))
    if result.kind in (Kind.SET, Kind.TABLE):
        raise Mistyped("结果不能是多选或分档表")
    return result


def guarded(arguments: tuple[Tree, ...]) -> Type:
    """`known_if(condition, value)`: the value where the condition holds, else unknown (for inputs that make no sense)."""
    _need(arguments[0], Kind.BOOL, "条件")
    return arguments[1].type


def banding(arguments: tuple[Tree, ...]) -> Type:
    table = arguments[1].value if isinstance(arguments[1], Constant) else None
    if not isinstance(table, Table):
        raise Mistyped("第二个参数应为分档表参数")
    same_dimension(arguments[0].type, table.argument)
    return table.result


def date_part(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.DATE, "参数")
    return NUMBER


def date_span(arguments: tuple[Tree, ...]) -> Type:
    for argument in arguments:
        _need(argument, Kind.DATE, "参数")
    return NUMBER


def date_shift(arguments: tuple[Tree, ...]) -> Type:
    _need(arguments[0], Kind.DATE, "第一个参数")
    shift = arguments[1].value if isinstance(arguments[1], Literal | Constant) else None
    if not isinstance(shift, int) or abs(shift) > 100_000:
        raise Mistyped("第二个参数应为固定的整数或整数参数")
    return DATE


MANY = 99
FUNCTIONS: tuple[Function, ...] = (
    Function("min", ("较小值", "取小", "最小值"), numeric, 2, MANY),
    Function("max", ("较大值", "取大", "最大值"), numeric, 2, MANY),
    Function("abs", ("绝对值",), numeric),
    Function("round", ("四舍五入",), rounding, 1, 2),
    Function("floor", ("向下取整",), rounding),
    Function("ceil", ("向上取整",), rounding),
    Function("if", ("如果",), conditional, 3, 3),
    Function("case", ("分情形",), conditional, 3, MANY),
    Function("band", ("分档",), banding, 2, 2),
    Function("or_else", ("未知时取",), unify, 2, 2),
    Function("known_if", ("仅当",), guarded, 2, 2),
    Function("is_known", ("已知",), known),
    Function("contains", ("包含",), containment, 2, 2),
    Function("startswith", ("开头是",), text_edge, 2, MANY),
    Function("endswith", ("结尾是",), text_edge, 2, MANY),
    Function("any_of", ("含任一",), set_test, 2, MANY),
    Function("all_of", ("含全部",), set_test, 2, MANY),
    Function("size", ("项数",), set_size),
    Function("year", ("年份",), date_part),
    Function("month", ("月份",), date_part),
    Function("days", ("天数",), date_span, 2, 2),
    Function("months", ("足月数", "月数"), date_span, 2, 2),
    Function("years", ("周年数", "年数"), date_span, 2, 2),
    Function("add_days", ("加天数",), date_shift, 2, 2),
    Function("add_months", ("加月数",), date_shift, 2, 2),
    Function("add_years", ("加年数",), date_shift, 2, 2),
)
BY_NAME = {name: function for function in FUNCTIONS for name in (function.name, *function.chinese)}
INFIX: dict[str, Typing] = {
    "and": logic, "or": logic, "=": equality, "!=": equality, "<": ordering, "<=": ordering, ">": ordering, ">=": ordering,
    "+": addition, "-": addition, "*": multiplication, "/": division,
}  # fmt: skip
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


def call(operator: str, *arguments: Tree) -> Call:
    """A typed node. Raises Mistyped. Operators: those of INFIX, `not`, `neg`, `in`, and every function's English name."""
    if operator in INFIX:
        return Call(operator, arguments, INFIX[operator](arguments))
    if operator == "not":
        return Call(operator, arguments, logic(arguments))
    if operator == "neg":
        return Call(operator, arguments, numeric(arguments))
    if operator == "in":
        return Call(operator, arguments, membership(arguments))
    return Call(operator, arguments, BY_NAME[operator].typing(arguments))
