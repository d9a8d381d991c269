"""One subject, one rule: verdict, reasons, score sheet, amount. The exact path, and the truth that batches are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..expressions import (
    Call,
    Constant,
    Evaluation,
    Let,
    Name,
    Number,
    Tree,
    Value,
    missing_fields,
    round_half_up,
    walk,
)
from .explain import clause_found, clause_gap, clause_inputs, clause_text, fact_input, shown_value
from .results import ClauseResult, Record, Result, Score, ScoreLine
from .schema import Amount, Clause, Group, Rule, ScoreSheet, Verdict
from .verdict import truth


def evaluate_rule(rule: Rule, record: Record, as_of: date, *, explain: bool = True) -> Result:
    """Judges `record` by `rule` as of a day. Unknown facts stay unknown: a clause is 待核实 only where they matter.

    Raises ValueError when a stored value is of the wrong kind (readers of facts files refuse these before).
    """
    facts = evaluation_of(record.values, as_of)
    truths = clause_truths(rule, facts)
    verdict = Verdict.of(truth(rule.require, truths))
    amount = _amount(rule.amount, facts)
    clauses = (
        tuple(_clause_result(clause, truths[clause.key], facts, rule, record) for clause in rule.clauses)
        if explain
        else ()
    )
    missing = missing_facts(rule, truths, facts)
    if verdict is not Verdict.UNMET and rule.amount and amount is None:
        missing |= _unknown_names(rule.amount.tree, facts)
    return Result(
        subject=record.id,
        subject_name=record.name,
        rule=rule,
        as_of=as_of,
        verdict=verdict,
        clauses=clauses,
        unmet=tuple(key for key, value in truths.items() if value is False),
        unknown=tuple(key for key, value in truths.items() if value is None),
        failing=failing_set(rule.require, truths) if verdict is Verdict.UNMET else (),
        missing=tuple(fact_input(rule, key, record, facts) for key in missing),
        score=_score(rule.score, facts),
        amount=amount if verdict is Verdict.MET else None,
        amount_if_met=amount,
        amount_lines=_lines(rule.amount, facts) if explain else (),
    )


def evaluation_of(values: Mapping[str, object], as_of: date) -> Evaluation:
    """The facts with the as-of date among them."""
    return Evaluation({**values, "as_of": as_of})


def clause_truths(rule: Rule, facts: Evaluation) -> dict[str, bool | None]:
    return {clause.key: _truth(facts.value(clause.tree)) for clause in rule.clauses}


def _truth(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def verdict_of(rule: Rule, values: Mapping[str, object], as_of: date) -> bool | None:
    """Only yes, no or unknown: what solvers call again and again."""
    return truth(rule.require, clause_truths(rule, evaluation_of(values, as_of)))


def failing_set(group: Group, truths: Mapping[str, bool | None]) -> tuple[str, ...]:
    """The fewest clauses that have to change for the group to hold: all of an `all`, the easiest member of an `any`."""
    members = [(_member_truth(member, truths), member) for member in group.members]
    unmet_sets = [_member_set(member, truths) for value, member in members if value is False]
    if group.kind == "all":
        return tuple(key for keys in unmet_sets for key in keys)
    wanted = 1 if group.kind == "any" else group.count
    lacking = wanted - sum(value is True for value, _ in members)
    chosen = sorted(unmet_sets, key=len)[: max(0, lacking)]
    return tuple(key for keys in chosen for key in keys)


def _member_truth(member: Clause | Group, truths: Mapping[str, bool | None]) -> bool | None:
    return truth(member, dict(truths)) if isinstance(member, Group) else truths[member.key]


def _member_set(member: Clause | Group, truths: Mapping[str, bool | None]) -> tuple[str, ...]:
    return failing_set(member, truths) if isinstance(member, Group) else (member.key,)


def open_clauses(group: Group, truths: Mapping[str, bool | None]) -> list[Clause]:
    """The clauses whose unknown truth can still change the group's."""
    if truth(group, dict(truths)) is not None:
        return []
    found: list[Clause] = []
    for member in group.members:
        if isinstance(member, Group):
            found += open_clauses(member, truths)
        elif truths[member.key] is None:
            found.append(member)
    return found


def missing_facts(rule: Rule, truths: Mapping[str, bool | None], facts: Evaluation) -> dict[str, None]:
    """Keys of unknown facts that can still change the verdict, in order of first need."""
    found: dict[str, None] = {}
    for clause in open_clauses(rule.require, truths):
        found |= clause_missing(clause, rule, facts)
    return found


def clause_missing(clause: Clause, rule: Rule, facts: Evaluation) -> dict[str, None]:
    if clause.key == "score" and rule.score:
        found: dict[str, None] = {}
        for item in rule.score.items:
            if facts.value(item.low) != facts.value(item.high):
                found |= _unknown_names(item.low, facts)
        return found
    return dict.fromkeys(field.key for field in missing_fields(clause.tree, facts))


def _unknown_names(tree: Tree, facts: Evaluation) -> dict[str, None]:
    """All unknown stored facts below a tree, whatever swallows their unknown-ness; not below a derived fact that is known."""
    found: dict[str, None] = {}
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Name) and facts.value(node) is None:
            found.setdefault(node.field.key)
        elif isinstance(node, Let) and not (node.field and facts.value(node) is not None):
            stack.append(node.body)
        elif isinstance(node, Call):
            stack.extend(reversed(node.arguments))
    return found


def _clause_result(clause: Clause, value: bool | None, facts: Evaluation, rule: Rule, record: Record) -> ClauseResult:
    is_score = clause.key == "score" and rule.score is not None
    return ClauseResult(
        key=clause.key,
        name=clause.name,
        verdict=Verdict.of(value),
        text=_bar(rule.score) if is_score and rule.score else clause_text(clause),
        found=_score_found(rule.score, facts) if is_score and rule.score else clause_found(clause, facts),
        gap=""
        if value is True
        else _score_gap(rule.score, facts)
        if is_score and rule.score
        else clause_gap(clause, facts),
        cite=clause.cite,
        note=clause.note,
        inputs=() if is_score else clause_inputs(clause, rule, record, facts),
        missing=tuple(
            rule.grain.facts[key].field.name for key in clause_missing(clause, rule, facts) if key in rule.grain.facts
        )
        if value is None
        else (),
    )


# scores and amounts


def _number(value: Value) -> Number:
    return value if not isinstance(value, bool | str | date | frozenset) and value is not None else 0


def _score(sheet: ScoreSheet | None, facts: Evaluation) -> Score | None:
    if sheet is None:
        return None
    names = dict(sheet.part_names)
    lines = tuple(
        ScoreLine(
            item.key,
            item.name,
            names.get(item.part, item.part),
            _number(facts.value(item.low)),
            _number(facts.value(item.high)),
            item.most,
            shown_value(item.value, facts) if item.value is not None else "",
            item.cite,
        )
        for item in sheet.items
    )
    low, high = _number(facts.value(sheet.low)), _number(facts.value(sheet.high))
    return Score(low, high, sheet.full, lines, _bar(sheet), grade(sheet, low), grade(sheet, high))


def grade(sheet: ScoreSheet, score: Number) -> str:
    return next((name for name, bound in sheet.grades if score >= bound), "")


def _bar(sheet: ScoreSheet | None) -> str:
    if sheet is None or sheet.bar is None:
        return ""
    sign = {">=": "≥", ">": ">"}.get(sheet.operator, sheet.operator)
    return f"得分 {sign} {sheet.bar}(满分 {sheet.full})"


def _score_found(sheet: ScoreSheet, facts: Evaluation) -> str:
    low, high = facts.value(sheet.low), facts.value(sheet.high)
    return f"得分 {low}" if low == high else f"得分 {low}~{high}"


def _score_gap(sheet: ScoreSheet, facts: Evaluation) -> str:
    high = _number(facts.value(sheet.high))
    if sheet.bar is None or high >= sheet.bar + (sheet.operator == ">"):
        return ""
    more = "超过" if sheet.operator == ">" else "达到"
    return f"最高可得 {high} 分,要{more} {sheet.bar} 分"


def _amount(amount: Amount | None, facts: Evaluation) -> Number | None:
    if amount is None:
        return None
    value = facts.value(amount.tree)
    return None if value is None else round_half_up(_number(value), 2)


def _lines(amount: Amount | None, facts: Evaluation) -> tuple[tuple[str, str], ...]:
    return tuple((name, shown_value(tree, facts)) for name, tree in amount.lines) if amount else ()


def constants_of(rule: Rule) -> dict[str, Constant]:
    """The parameters a rule uses anywhere, by name."""
    found: dict[str, Constant] = {}
    for tree in trees_of(rule):
        for node in walk(tree):
            if isinstance(node, Constant):
                found.setdefault(node.name, node)
    return found


def trees_of(rule: Rule) -> list[Tree]:
    """Every tree of a rule: clauses, score items, amount and its lines."""
    trees = [clause.tree for clause in rule.clauses]
    if rule.score:
        trees += [tree for item in rule.score.items for tree in (item.low, item.high)]
    if rule.amount:
        trees += [rule.amount.tree, *(tree for _, tree in rule.amount.lines)]
    return trees
