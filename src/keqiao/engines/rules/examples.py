"""Given/expected examples beside each rule, and the mutation check: a parameter moved by one unit must fail one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..expressions import (
    COMPARISONS,
    Call,
    Constant,
    Document,
    Kind,
    Let,
    Literal,
    Number,
    Problem,
    ProblemsFound,
    Step,
    Table,
    Tree,
    Value,
    read_document,
)
from .catalogue import Grain
from .evaluate import evaluate_rule
from .read_facts import records_of
from .results import Record, Result, amount_text, plain_number
from .rulebook import Rulebook
from .schema import Clause, Group, Rule


@dataclass(frozen=True)
class Example:
    """One case: facts given, and what must come out. `equivalent`: moved numbers that cannot make a difference, each with its reason in the file. `expected` keys: verdict, amount, amount_if_met, score, score_low, score_high, grade, or a clause key."""

    name: str
    rule_id: str
    as_of: date
    record: Record
    expected: Mapping[str, str]
    document: Document
    path: tuple[str | int, ...]
    equivalent: tuple[str, ...] = ()


def load_examples(folders: Sequence[Path], book: Rulebook) -> tuple[list[Example], list[Problem]]:
    """Reads examples/policies/*.yaml: {rule, as_of, base: facts, examples: [{name, given, expect}], equivalent: {number: reason}};
    `given` is laid over `base`, null takes a fact away."""
    found: list[Example] = []
    problems: list[Problem] = []
    for folder in folders:
        for file in sorted((folder / "examples" / "policies").rglob("*.yaml")):
            try:
                document = read_document(file)
                found += _read(document, book, problems)
            except ProblemsFound as error:
                problems += error.problems
    return found, problems


def _read(document: Document, book: Rulebook, problems: list[Problem]) -> Iterator[Example]:
    data = document.data if isinstance(document.data, dict) else {}
    rule_id = str(data.get("rule", ""))
    if rule_id not in book.ids:
        problems.append(document.problem("E501", f"没有规则“{rule_id}”", "rule 写规则的 id", "rule"))
        return
    for index, entry in enumerate(data.get("examples") or []):
        as_of = entry.get("as_of", data.get("as_of"))
        rule = book.get(rule_id, as_of) if isinstance(as_of, date) else None
        if rule is None:
            problems.append(
                document.problem("E502", f"规则“{rule_id}”在 {as_of} 没有版本", "改 as_of", "examples", index)
            )
            continue
        given = {**(data.get("base") or {}), **(entry.get("given") or {})}
        expected = {str(key): _text(value) for key, value in (entry.get("expect") or {}).items()}
        try:
            record = given_record(given, rule.grain, as_of)
        except ProblemsFound as error:
            line, column = document.place("examples", index, "given")
            problems += [problem.at(document.file, line, column) for problem in error.problems]
            continue
        equivalent = tuple(map(str, data.get("equivalent") or ()))
        yield Example(
            str(entry.get("name", index)), rule_id, as_of, record, expected, document, ("examples", index), equivalent
        )


def given_record(given: Mapping[str, Any], grain: Grain, as_of: date) -> Record:
    """Facts of an example as a record. Raises ProblemsFound for unknown names and values."""
    headers = list(given)
    found = records_of(headers, [[given[header] for header in headers]], grain, as_of)
    return found[0] if found else Record("1", {})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "符合" if value else "不符合"
    return str(value)


def run_example(example: Example, rule: Rule) -> list[Problem]:
    """What came out differently."""
    result = evaluate_rule(rule, example.record, example.as_of)
    found = []
    for key, wanted in example.expected.items():
        got = _outcome(result, key)
        if got is None:
            found.append(
                example.document.problem(
                    "E503",
                    f"没有可比对的“{key}”",
                    "用 verdict、amount、score、grade 或条件的 key",
                    *example.path,
                    "expect",
                    key,
                )
            )
        elif not _same(got, wanted):
            message = f"例子“{example.name}”:{key} 应为 {wanted},算得 {got}"
            found.append(example.document.problem("E504", message, "核对规则与例子", *example.path, "expect", key))
    return found


def _same(got: str, wanted: str) -> bool:
    try:
        return Fraction(got) == Fraction(wanted)
    except ValueError:
        return got == wanted


def _outcome(result: Result, key: str) -> str | None:
    score = result.score
    named: dict[str, str] = {
        "verdict": result.verdict.value,
        "amount": amount_text(result.amount) or "无",
        "amount_if_met": amount_text(result.amount_if_met) or "无",
        "missing": "、".join(sorted(item.fact for item in result.missing)) or "无",
    }
    if score:
        low, high = plain_number(score.low), plain_number(score.high)
        named |= {"score_low": low, "score_high": high, "score": low if low == high else f"{low}~{high}"}
        named["grade"] = (
            score.grade_low if score.grade_low == score.grade_high else f"{score.grade_low}~{score.grade_high}"
        )
        named |= {
            line.key: plain_number(line.low)
            if line.low == line.high
            else f"{plain_number(line.low)}~{plain_number(line.high)}"
            for line in score.lines
        }
    verdicts = {clause.key: clause.verdict.value for clause in result.clauses if clause.key != "score"}
    return verdicts.get(key) or named.get(key)


def untested_rules(book: Rulebook, examples: Sequence[Example]) -> list[Problem]:
    """Rule versions without any example."""
    covered = {
        (example.rule_id, rule.valid_from) for example in examples if (rule := book.get(example.rule_id, example.as_of))
    }
    return [
        version.document.problem(
            "E505",
            f"规则“{version.id}”自 {version.valid_from} 起的版本没有例子",
            "在 examples/policies/ 写一份 given/expect",
            "id",
        )
        for version in book.versions
        if (version.id, version.valid_from) not in covered
    ]


# mutation


@dataclass(frozen=True)
class Mutant:
    """A rule with one number moved by one unit."""

    described: str
    rule: Rule


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every parameter, band edge, band value and literal number of a rule, moved up and down by one unit of its last digit."""
    for described, change in _changes(rule):
        yield Mutant(described, transformed(rule, change))


Change = Callable[[Tree], Tree | None]


def _changes(rule: Rule) -> Iterator[tuple[str, Change]]:
    seen: set[str] = set()
    for node in _numbers(rule):
        key = f"constant {node.name}" if isinstance(node, Constant) else f"literal {id(node)}"
        if key in seen:
            continue
        seen.add(key)
        for described, other in _moved(node):
            yield described, _swap(node, other)


def _swap(node: Literal | Constant, other: Tree) -> Change:
    if isinstance(node, Constant):
        return lambda tree: (
            other if isinstance(tree, Constant) and tree.name == node.name and tree.value == node.value else None
        )
    return lambda tree: other if tree is node else None


def _numbers(rule: Rule) -> Iterator[Literal | Constant]:
    """Literals and parameters in the rule's own trees; derived facts belong to the catalogue and are not looked into."""
    from .evaluate import trees_of

    stack = list(trees_of(rule))
    seen: set[int] = set()
    while stack:
        tree = stack.pop()
        if id(tree) in seen:
            continue
        seen.add(id(tree))
        if isinstance(tree, Constant) or (isinstance(tree, Literal) and tree.type.kind is Kind.NUMBER and tree.text):
            yield tree
        elif isinstance(tree, Let) and tree.field is None:
            stack.append(tree.body)
        elif isinstance(tree, Call):
            stack.extend(tree.arguments[:1] if tree.operator == "round" else _stated(tree))


def _stated(tree: Call) -> list[Tree]:
    """The arguments without zeros that only mean «nothing» or «not below zero»."""
    if tree.operator in COMPARISONS:
        return list(tree.arguments)
    return [
        argument
        for argument in tree.arguments
        if not (isinstance(argument, Literal) and argument.value == 0 and argument.type.flexible)
    ]


def unit_of_last_digit(text: str, value: Number) -> Fraction:
    """One unit of the last written digit: 5% moves by 1 %, 2.5万元 by 0.1万元, 500 by 1."""
    digits = "".join(ch for ch in text if ch.isdigit() or ch == ".")
    written = Fraction(digits) if digits and digits != "." else Fraction(0)
    decimals = len(digits.partition(".")[2])
    scale = abs(Fraction(value)) / written if written else Fraction(1, 100) if "%" in text else Fraction(1)
    return Fraction(scale) / Fraction(10) ** decimals


def _moved(node: Literal | Constant) -> Iterator[tuple[str, Tree]]:
    value: Value | Table = node.value
    if isinstance(value, Table) and isinstance(node, Constant):
        for described, table in _moved_tables(value):
            yield f"{node.name}:{described}", replace(node, value=table)
    elif isinstance(value, int | Fraction) and not isinstance(value, bool):
        step = unit_of_last_digit(node.text, value)
        name = node.name if isinstance(node, Constant) else node.text
        for sign in (1, -1):
            yield f"{name} {'+' if sign > 0 else '-'}1", replace(node, value=_plain(Fraction(value) + sign * step))


def _moved_tables(table: Table) -> Iterator[tuple[str, Table]]:
    for index, step in enumerate(table.steps):
        for sign in (1, -1):
            if step.operator is not None:
                yield (
                    f"第{index + 1}档界限 {sign:+d}",
                    _with(table, index, replace(step, bound=_plain(Fraction(step.bound) + sign * _grain(step.bound)))),
                )
            yield (
                f"第{index + 1}档取值 {sign:+d}",
                _with(table, index, replace(step, value=_plain(Fraction(step.value) + sign * _grain(step.value)))),
            )


def _with(table: Table, index: int, step: Step) -> Table:
    return replace(table, steps=(*table.steps[:index], step, *table.steps[index + 1 :]))


def _grain(value: Number) -> Fraction:
    """One unit of a band number: a percent for shares, 万元 for large sums, else 1."""
    if value != 0 and abs(Fraction(value)) < 1:
        return Fraction(1, 100)
    return Fraction(10_000) if abs(Fraction(value)) >= 1_000_000 else Fraction(1)


def _plain(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value


def transformed(rule: Rule, change: Change) -> Rule:
    """The rule with every tree rebuilt through `change` (None keeps a node)."""
    memo: dict[int, Tree] = {}

    def tree(node: Tree) -> Tree:
        if id(node) not in memo:
            memo[id(node)] = _rebuilt(node, change, tree)
        return memo[id(node)]

    def group(old: Group) -> Group:
        return replace(old, members=tuple(group(m) if isinstance(m, Group) else clause(m) for m in old.members))

    def clause(old: Clause) -> Clause:
        return replace(old, tree=tree(old.tree))

    score = rule.score
    if score:
        items = tuple(replace(item, low=tree(item.low), high=tree(item.high)) for item in score.items)
        score = replace(score, items=items, low=tree(score.low), high=tree(score.high))
    amount = rule.amount
    if amount:
        amount = replace(amount, tree=tree(amount.tree), lines=tuple((name, tree(line)) for name, line in amount.lines))
    return replace(rule, require=group(rule.require), score=score, amount=amount)


def _rebuilt(node: Tree, change: Change, inner: Callable[[Tree], Tree]) -> Tree:
    swapped = change(node)
    if swapped is not None:
        return swapped
    if isinstance(node, Call):
        return replace(node, arguments=tuple(inner(argument) for argument in node.arguments))
    if isinstance(node, Let) and node.field is None:
        return replace(node, body=inner(node.body))
    return node


def surviving_mutants(rule: Rule, examples: Sequence[Example]) -> list[str]:
    """Numbers that can be moved one unit, up or down, without any example noticing."""
    return [
        mutant.described
        for mutant in mutants(rule)
        if not any(run_example(example, mutant.rule) for example in examples)
    ]
