"""What an evaluation gives back: frozen data with a verdict, its reasons and its sources; `as_dict` is the JSON form of the command line and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..expressions import Number, Value, decimal_text
from .schema import Rule, Verdict


@dataclass(frozen=True)
class Record:
    """The facts about one subject. `values`: stored values by field key (a key left out is unknown); `sources`: where and when each was got."""

    id: str
    values: Mapping[str, object]
    name: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """A fact that a clause read."""

    fact: str
    name: str
    shown: str
    source: str = ""
    is_known: bool = True


@dataclass(frozen=True)
class ClauseResult:
    """`text` is the condition in words, `found` what was compared with what, `gap` how far off (empty if met or not a quantity)."""

    key: str
    name: str
    verdict: Verdict
    text: str
    found: str = ""
    gap: str = ""
    cite: str = ""
    note: str = ""
    inputs: tuple[Input, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScoreLine:
    key: str
    name: str
    part: str
    low: Number
    high: Number
    most: Number
    value: str = ""
    cite: str = ""


@dataclass(frozen=True)
class Score:
    """An interval: equal ends when nothing is open. Grades are those of the two ends."""

    low: Number
    high: Number
    full: Number
    lines: tuple[ScoreLine, ...]
    bar: str = ""
    grade_low: str = ""
    grade_high: str = ""


@dataclass(frozen=True)
class Move:
    """One change of a fact: from what it is to what would do."""

    fact: str
    name: str
    before: Value
    after: Value
    shown: str


@dataclass(frozen=True)
class Change:
    """The least change found that turns no into yes; `is_proven`: the rule was run again on the changed facts and gave yes.
    `wait_until`: nothing but time is missing. `obstacles`: clauses no lever can mend (then there are no moves)."""

    moves: tuple[Move, ...] = ()
    effort: Number = 0
    is_proven: bool = False
    wait_until: date | None = None
    obstacles: tuple[str, ...] = ()
    method: str = ""


@dataclass(frozen=True)
class Result:
    """One rule for one subject on a day."""

    subject: str
    subject_name: str
    rule: Rule
    as_of: date
    verdict: Verdict
    clauses: tuple[ClauseResult, ...]
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    failing: tuple[str, ...] = ()
    missing: tuple[Input, ...] = ()
    score: Score | None = None
    amount: Number | None = None
    amount_if_met: Number | None = None
    amount_lines: tuple[tuple[str, str], ...] = ()
    change: Change | None = None

    def as_dict(self, explain: bool = True) -> dict[str, object]:
        rule = self.rule
        shown: dict[str, object] = {
            "id": self.subject,
            "subject": self.subject_name,
            "rule": rule.id,
            "rule_name": rule.name,
            "as_of": self.as_of.isoformat(),
            "version": {
                "valid_from": rule.valid_from.isoformat(),
                "valid_until": rule.valid_until.isoformat() if rule.valid_until else None,
                "basis": [basis.document for basis in rule.basis],
                "verified": rule.is_verified,
                "fingerprint": rule.fingerprint,
            },
            "verdict": self.verdict.value,
            "banner": rule.banner or None,
            "unmet": list(self.unmet),
            "unknown": list(self.unknown),
        }
        if rule.amount:
            shown["amount"] = amount_text(self.amount)
            shown["amount_if_met"] = amount_text(self.amount_if_met)
            shown["unit"] = rule.amount.unit
        if self.score:
            shown["score"] = _score(self.score)
        if explain:
            shown["clauses"] = [_clause(clause) for clause in self.clauses]
            shown["failing_set"] = list(self.failing)
            shown["missing"] = [{"fact": item.fact, "name": item.name} for item in self.missing]
            shown["amount_lines"] = [{"name": name, "value": value} for name, value in self.amount_lines]
        if self.change:
            shown["change"] = _change(self.change)
        return shown


def amount_text(value: Number | None) -> str | None:
    """To the cent, as a decimal string; None for unknown."""
    if value is None:
        return None
    text = decimal_text(value, 2).lstrip("≈")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits:0<2}"


def plain_number(value: Number) -> str:
    return decimal_text(value, 6).lstrip("≈")


def _score(score: Score) -> dict[str, object]:
    return {
        "low": plain_number(score.low),
        "high": plain_number(score.high),
        "full": plain_number(score.full),
        "bar": score.bar or None,
        "grade": score.grade_low if score.grade_low == score.grade_high else f"{score.grade_low}~{score.grade_high}",
        "items": [
            {
                "key": line.key,
                "name": line.name,
                "part": line.part,
                "low": plain_number(line.low),
                "high": plain_number(line.high),
                "most": plain_number(line.most),
                "value": line.value,
                "cite": line.cite,
            }
            for line in score.lines
        ],
    }


def _clause(clause: ClauseResult) -> dict[str, object]:
    return {
        "key": clause.key,
        "name": clause.name,
        "verdict": clause.verdict.value,
        "text": clause.text,
        "found": clause.found,
        "gap": clause.gap,
        "cite": clause.cite,
        "note": clause.note,
        "inputs": [{"fact": i.fact, "name": i.name, "value": i.shown, "source": i.source} for i in clause.inputs],
        "missing": list(clause.missing),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "moves": [{"fact": move.fact, "name": move.name, "change": move.shown} for move in change.moves],
        "proven": change.is_proven,
        "wait_until": change.wait_until.isoformat() if change.wait_until else None,
        "obstacles": list(change.obstacles),
        "method": change.method,
    }
