"""The surface language: a precedence-climbing parser that types as it reads. No eval: only names of the scope and listed functions exist."""

from __future__ import annotations

from fractions import Fraction

from .lexer import Token, tokens
from .operators import BY_NAME, COMPARISONS, MANY, Mistyped, call
from .problems import Problem, ProblemsFound
from .tree import Constant, Let, Literal, Name, Scope, Tree
from .types import BOOL, DATE, TEXT, Field, Kind, Type, Value, unit_of

_BINDING = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6} | dict.fromkeys((*COMPARISONS, "in", "not in"), 4)
_DEEPEST = 60


def parse(source: str, scope: Scope) -> Tree:
    """The typed tree of `source`. Raises ProblemsFound (E1xx, with the column) on syntax, unknown names, kinds, units."""
    return _Parser(source, scope).whole()


def parse_condition(source: str, scope: Scope) -> Tree:
    """As `parse`, for what must be yes or no."""
    tree = parse(source, scope)
    if tree.type.kind is not Kind.BOOL:
        raise ProblemsFound(
            [
                Problem(
                    "E120", f"这里要写条件,而它的结果是{tree.type.label}", "写成比较,如 研发费 / 收入 >= 3%", column=1
                )
            ]
        )
    return tree


class _Parser:
    def __init__(self, source: str, scope: Scope) -> None:
        self.source, self.scope = source, scope
        self.tokens = tokens(source)
        self.position = 0
        self.depth = 0

    @property
    def current(self) -> Token:
        return self.tokens[self.position]

    def whole(self) -> Tree:
        tree = self.expression(0)
        if self.current.kind != "end":
            raise self.problem(
                "E105", f"“{self.current.text}”处不应还有内容", "检查括号,或在两个条件之间写 且/或", self.current
            )
        return tree

    def expression(self, least: int) -> Tree:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.problem("E106", "嵌套太深", "拆成几个命名的中间量(let)", self.current)
        left = self.prefix()
        while self.current.kind == "symbol":
            operator = self.infix()
            if _BINDING.get(operator, 0) <= least:
                break
            left = self.comparison(left) if _BINDING[operator] == 4 else self.binary(left, operator)
        self.depth -= 1
        return left

    def infix(self) -> str:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        both = self.current.text == "not" and following.kind == "symbol" and following.text == "in"
        return "not in" if both else self.current.text

    def binary(self, left: Tree, operator: str) -> Tree:
        token = self.take()
        return self.typed(operator, token, left, self.expression(_BINDING[operator]))

    def comparison(self, first: Tree) -> Tree:
        """One comparison, or a chain `1 <= x < 5`, which holds when all of its links do."""
        links: list[Tree] = []
        left = first
        while self.current.kind == "symbol" and _BINDING.get(operator := self.infix()) == 4:
            token = self.take()
            if operator in ("in", "not in"):
                if operator == "not in" and token.text == "not":
                    self.take()
                links.append(self.members(left, operator, token))
            else:
                right = self.expression(4)
                links.append(self.typed(operator, token, left, right))
                left = right
        joined = links[0]
        for link in links[1:]:
            joined = call("and", joined, link)
        return joined

    def members(self, left: Tree, operator: str, token: Token) -> Tree:
        opened = self.current
        if opened.kind == "symbol" and opened.text in ("(", "["):
            right = self.arguments(")" if opened.text == "(" else "]", 500)
        else:
            right = [self.expression(4)]
        container = right[0] if len(right) == 1 else None
        if container is not None and container.type.kind is Kind.SET and isinstance(container, Name | Let):
            test = self.typed("contains", token, container, left)
        else:
            test = self.typed("in", token, left, *right)
        return self.typed("not", token, test) if operator == "not in" else test

    def prefix(self) -> Tree:
        token = self.take()
        match token.kind:
            case "number":
                return _number(token)
            case "date":
                return Literal(_plain(token), DATE, token.text)
            case "text":
                return Literal(token.text, TEXT, token.text)
            case "bool":
                return Literal(token.text == "true", BOOL, token.text)
            case "name":
                return self.name(token)
        if token.text == "not":
            return self.typed("not", token, self.expression(3))
        if token.text == "-":
            return self.negative(token)
        if token.text == "(":
            inner = self.expression(0)
            self.expect(")")
            return inner
        what = "表达式没有写完" if token.kind == "end" else f"“{token.text}”前缺少内容"
        raise self.problem("E107", what, "补上字段名、数值或括号里的条件", token)

    def negative(self, token: Token) -> Tree:
        inner = self.expression(6)
        if isinstance(inner, Literal) and isinstance(inner.value, int | Fraction) and not isinstance(inner.value, bool):
            return Literal(-inner.value, inner.type, "-" + inner.text)
        return self.typed("neg", token, inner)

    def name(self, token: Token) -> Tree:
        meaning = self.scope.find(token.text)
        if meaning is None and self.current.text == "(":
            return self.function(token)
        if isinstance(meaning, Field):
            return Name(meaning)
        if isinstance(meaning, Constant | Let):
            return meaning
        if any(word in token.text[1:-1] for word in "且或"):
            raise self.problem("E108", "没有这个字段", "“且”“或”两边要留空格", token)
        near = self.scope.suggest(token.text)
        raise self.problem(
            "E108", "没有这个字段", f"是不是:{'、'.join(near)}?" if near else "先在事实目录里登记这个字段", token
        )

    def function(self, token: Token) -> Tree:
        function = BY_NAME.get(token.text) or BY_NAME.get(token.text.lower())
        if function is None:
            raise self.problem(
                "E109",
                "没有这个函数",
                "可用函数:" + "、".join(sorted({entry.name for entry in BY_NAME.values()})),
                token,
            )
        arguments = self.arguments(")", function.most)
        if not function.fewest <= len(arguments) <= function.most:
            most = "以上" if function.most == MANY else f"到 {function.most} 个"
            raise self.problem(
                "E110",
                f"{token.text}() 要 {function.fewest} 个{most}参数,给了 {len(arguments)} 个",
                "补齐或删去参数",
                token,
            )
        return self.typed(function.name, token, *arguments)

    def arguments(self, closing: str, most: int) -> list[Tree]:
        self.take()
        found: list[Tree] = []
        while self.current.text != closing or self.current.kind != "symbol":
            found.append(self.expression(0))
            if self.current.text != "," or self.current.kind != "symbol":
                break
            self.take()
        self.expect(closing)
        return found

    def typed(self, operator: str, token: Token, *arguments: Tree) -> Tree:
        try:
            return call(operator, *arguments)
        except Mistyped as error:
            raise self.problem("E111", str(error), error.remedy or "检查两边的字段与单位", token) from error

    def take(self) -> Token:
        token = self.current
        if token.kind != "end":
            self.position += 1
        return token

    def expect(self, symbol: str) -> None:
        if self.current.kind != "symbol" or self.current.text != symbol:
            raise self.problem("E112", f"这里应为 {symbol}", "检查括号是否成对、参数之间是否有逗号", self.current)
        self.take()

    def problem(self, code: str, message: str, remedy: str, token: Token) -> ProblemsFound:
        return ProblemsFound([Problem(code, message, remedy, column=token.start + 1, value=token.text)])


def _plain(token: Token) -> Value:
    return token.value if not isinstance(token.value, Fraction) else None


def _number(token: Token) -> Literal:
    value = token.value if isinstance(token.value, Fraction) else Fraction(0)
    measured = unit_of(token.unit)
    dimension = measured[0] if measured else ()
    flexible = value == 0 and not token.unit
    whole: int | Fraction = value.numerator if value.denominator == 1 else value
    return Literal(whole, Type(Kind.NUMBER, dimension, flexible), token.text)
