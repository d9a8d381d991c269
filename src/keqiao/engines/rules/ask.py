"""The most telling question first: which unknown fact, once known, settles most rules at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .evaluate import clause_truths, evaluation_of, missing_facts, verdict_of
from .results import Record
from .schema import Rule
from .verdict import truth

TRIED = 5
"""Likely answers tried per fact."""


@dataclass(frozen=True)
class Question:
    """A fact to ask for: how many undecided rules it bears on, and how many its answer is expected to settle."""

    fact: str
    name: str
    bears_on: tuple[str, ...]
    expected: Fraction


def undecided(rules: Iterable[Rule], values: Mapping[str, object], as_of: date) -> dict[str, tuple[str, ...]]:
    """The rules that are 待核实, with the unknown facts that can still settle each."""
    facts = evaluation_of(values, as_of)
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        truths = clause_truths(rule, facts)
        if truth(rule.require, truths) is None:
            found[rule.id] = tuple(missing_facts(rule, truths, facts))
    return found


def next_questions(
    rules: Sequence[Rule],
    record: Record,
    as_of: date,
    *,
    likely: Mapping[str, Sequence[object]] | None = None,
    skip: Iterable[str] = (),
    most: int = 3,
) -> list[Question]:
    """The best questions for one subject, best first. `likely`: typical answers per fact (from the other subjects), tried out to see what they settle;
    without them a fact counts 1/n for each rule that still lacks n facts. Facts that only experts know are left out, as is `skip`."""
    by_id = {rule.id: rule for rule in rules}
    open_rules = undecided(rules, record.values, as_of)
    bearing: dict[str, list[str]] = {}
    for rule_id, keys in open_rules.items():
        for key in keys:
            bearing.setdefault(key, []).append(rule_id)
    left_out = set(skip)
    found = []
    for key, ids in bearing.items():
        fact = by_id[ids[0]].grain.facts.get(key)
        if fact is None or fact.source == "expert" or key in left_out:
            continue
        share = sum((Fraction(1, len(open_rules[rule_id])) for rule_id in ids), Fraction(0))
        tried = list((likely or {}).get(key, ()))[:TRIED]
        expected = _settled([by_id[i] for i in ids], record, key, tried, as_of) + share / 4 if tried else share
        found.append(Question(key, fact.field.name, tuple(ids), expected))
    return sorted(found, key=lambda question: (-question.expected, question.fact))[:most]


def _settled(rules: Sequence[Rule], record: Record, key: str, answers: Sequence[object], as_of: date) -> Fraction:
    """How many of the rules an answer settles, on average over likely answers."""
    settled = sum(
        verdict_of(rule, {**record.values, key: answer}, as_of) is not None for rule in rules for answer in answers
    )
    return Fraction(settled, len(answers))


def likely_answers(records: Sequence[Record]) -> dict[str, list[object]]:
    """For each fact up to five spread values among the subjects that have it."""
    held: dict[str, list[object]] = {}
    for record in records[:2000]:
        for key, value in record.values.items():
            if value is not None:
                held.setdefault(key, []).append(value)
    return {key: _spread(values) for key, values in held.items()}


def _spread(values: list[object]) -> list[object]:
    ordered = sorted(
        values, key=lambda value: (str(type(value)), value if not isinstance(value, frozenset) else len(value))
    )
    last = len(ordered) - 1
    return [ordered[round(last * i / (TRIED - 1))] for i in range(TRIED)]
