"""Reasons in words, rendered from the tree itself: the condition, the values used, what is lacking."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ..expressions import (
    COMPARISONS,
    Call,
    Constant,
    Evaluation,
    Kind,
    Let,
    Literal,
    Name,
    Table,
    Tree,
    Value,
    fields_of,
    show,
    show_value,
    walk,
)
from .results import Input, Record
from .schema import Clause, Rule


@lru_cache(maxsize=20_000)
def clause_text(clause: Clause, language: str = "zh") -> str:
    """The condition as a sentence of the language, e.g. 科技人员数 ÷ 职工总数 ≥ 10%."""
    return show(clause.tree, language)


@lru_cache(maxsize=20_000)
def _comparisons(clause: Clause) -> tuple[tuple[Call, bool], ...]:
    """The comparisons a clause is made of (not looking into named quantities), and whether each is about percentages."""
    found: list[tuple[Call, bool]] = []
    stack: list[Tree] = [clause.tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Call) and node.operator in COMPARISONS:
            found.append((node, _is_share(node)))
        elif isinstance(node, Call) and node.operator in ("and", "or", "not"):
            stack.extend(reversed(node.arguments))
    return tuple(found)


def _is_share(tree: Tree) -> bool:
    """Shown as a percentage: a plain ratio compared with a literal or parameter written with %."""
    return any(isinstance(node, Literal | Constant) and "%" in node.text for node in walk(tree))


def shown_value(tree: Tree, facts: Evaluation, percent: bool = False) -> str:
    return _shown(facts.value(tree), tree, percent)


def _shown(value: Value, tree: Tree, percent: bool) -> str:
    plain = tree.type.kind is Kind.NUMBER and not tree.type.dimension
    return show_value(value, tree.type.dimension, percent=percent and plain)


def clause_found(clause: Clause, facts: Evaluation) -> str:
    """What the comparisons of a clause compared: `12.5% ≥ 10%`, joined by ;."""
    found = []
    for comparison, percent in _comparisons(clause):
        left, right = comparison.arguments
        sign = _sign(facts.value(comparison), comparison.operator)
        found.append(f"{shown_value(left, facts, percent)} {sign} {shown_value(right, facts, percent)}")
    return ";".join(found)


_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠"}
_OPPOSITE = {">=": "<", "<=": ">", ">": "≤", "<": "≥", "=": "≠", "!=": "="}


def _sign(value: Value, operator: str) -> str:
    if value is None:
        return "? " + _SIGNS.get(operator, operator)
    return _SIGNS.get(operator, operator) if value else _OPPOSITE[operator]


def clause_gap(clause: Clause, facts: Evaluation) -> str:
    """How far the failing comparisons of numbers are off, in the unit of what is compared."""
    found = []
    for comparison, percent in _comparisons(clause):
        if facts.value(comparison) is not False or comparison.operator in ("=", "!="):
            continue
        left, right = comparison.arguments
        have, need = facts.value(left), facts.value(right)
        if left.type.kind is Kind.NUMBER and isinstance(have, int | Fraction) and isinstance(need, int | Fraction):
            word = "还差" if comparison.operator in (">=", ">") else "超出"
            off = _shown(abs(Fraction(need) - have), left, percent)
            found.append(f"{word} {off.replace('%', ' 个百分点')}")
    return ";".join(found)


def clause_inputs(clause: Clause, rule: Rule, record: Record, facts: Evaluation) -> tuple[Input, ...]:
    """The facts a clause read, with source; a derived fact is followed by what it came from."""
    return tuple(fact_input(rule, key, record, facts) for key in _input_keys(clause))


@lru_cache(maxsize=20_000)
def _input_keys(clause: Clause) -> tuple[str, ...]:
    return tuple(field.key for field in fields_of(clause.tree) if field.key != "as_of")


def fact_input(rule: Rule, key: str, record: Record, facts: Evaluation) -> Input:
    fact = rule.grain.facts.get(key)
    if fact is None:
        return Input(key, key, "未知", is_known=False)
    tree = _reading(rule, key)
    value = facts.value(tree)
    percent = fact.field.decimals == 6 and fact.field.unit == ""
    derived = bool(fact.derivation) and record.values.get(key) is None
    source = record.sources.get(key) or (f"推算:{fact.derivation}" if derived else fact.source)
    return Input(key, fact.field.name, _shown(value, tree, percent), source, value is not None)


def _reading(rule: Rule, key: str) -> Tree:
    meaning = rule.grain.scope.find(rule.grain.facts[key].field.name)
    return meaning if isinstance(meaning, Let) else Name(rule.grain.facts[key].field)


def shown_table(table: Table) -> str:
    """A band table on one line."""
    steps = (
        f"{step.operator or '其余'}{'' if step.operator is None else step.bound}→{step.value}" for step in table.steps
    )
    return ";".join(steps)
