"""Rehearsal: two versions of a rule over all subjects. Who gains, who loses, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..expressions import Number
from .evaluate import evaluate_rule
from .results import Record
from .schema import Rule, Verdict


@dataclass(frozen=True)
class Shift:
    """A subject whose verdict or amount differs. `because`: clauses of the new version that are now met or unmet."""

    subject: str
    name: str
    before: Verdict
    after: Verdict
    amount_before: Number
    amount_after: Number
    because: tuple[str, ...]


@dataclass(frozen=True)
class Rehearsal:
    """`gains` become 符合, `losses` stop being 符合, `unsettled` move to or from 待核实 otherwise, `repriced` stay 符合 with another amount."""

    rule_id: str
    subjects: int
    gains: tuple[Shift, ...]
    losses: tuple[Shift, ...]
    unsettled: tuple[Shift, ...]
    repriced: tuple[Shift, ...]
    total_before: Number
    total_after: Number
    met_before: int
    met_after: int


def rehearse(old: Rule | None, new: Rule | None, records: Sequence[Record], as_of: date) -> Rehearsal:
    """Runs both versions over the records; None stands for «no such rule» (nobody qualifies). Amounts count only where the verdict is 符合."""
    if old is None and new is None:
        raise ValueError("nothing to compare")
    shifts = [(_one(old, record, as_of), _one(new, record, as_of), record) for record in records]
    changed = [
        Shift(record.id, record.name, before[0], after[0], before[1], after[1], tuple(sorted(before[2] ^ after[2])))
        for before, after, record in shifts
        if before[:2] != after[:2]
    ]
    met = Verdict.MET
    return Rehearsal(
        rule_id=(new or old).id,  # type: ignore[union-attr]  # one of them is there
        subjects=len(records),
        gains=tuple(s for s in changed if s.after is met and s.before is not met),
        losses=tuple(s for s in changed if s.before is met and s.after is not met),
        unsettled=tuple(s for s in changed if met not in (s.before, s.after)),
        repriced=tuple(s for s in changed if s.before is met and s.after is met),
        total_before=sum((before[1] for before, _, _ in shifts), 0),
        total_after=sum((after[1] for _, after, _ in shifts), 0),
        met_before=sum(before[0] is met for before, _, _ in shifts),
        met_after=sum(after[0] is met for _, after, _ in shifts),
    )


def _one(rule: Rule | None, record: Record, as_of: date) -> tuple[Verdict, Number, frozenset[str]]:
    if rule is None:
        return Verdict.UNMET, 0, frozenset()
    result = evaluate_rule(rule, record, as_of, explain=False)
    return result.verdict, result.amount or 0, frozenset((*result.unmet, *result.unknown))
