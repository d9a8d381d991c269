"""Rules and facts for the services: the rulebook in force, one enterprise's results, and the results of all from the last batch."""

import datetime
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.utils.translation import get_language

from keqiao.core import packs, snapshots
from keqiao.core.clock import today
from keqiao.engines import rules as engine
from keqiao.registers import facts
from keqiao.registers.classifications import classification
from keqiao.services import windows
from keqiao.services.models import EligibilityRun

GRAIN, YUAN = "enterprise", "元"


@lru_cache(maxsize=2)
def _rulebook(_version: int) -> engine.Rulebook:
    return engine.load_rulebook(*packs.folders())


def rulebook() -> engine.Rulebook:
    """All rules of the packs; read again when packs were loaded anew."""
    return _rulebook(packs.version())


def rules_on(day: datetime.date) -> dict[str, engine.Rule]:
    """Rules about enterprises in force on a day."""
    return rulebook().at(day, GRAIN)


def name_of(rule: engine.Rule) -> str:
    return rule.english if (get_language() or "").startswith("en") and rule.english else rule.name


@dataclass(frozen=True)
class Entry:
    """One line of an enterprise's list. `group` is now, nearly, unknown or not."""

    rule: engine.Rule
    result: engine.Result
    change: engine.Change | None
    group: str

    @property
    def name(self) -> str:
        return name_of(self.rule)

    @property
    def window(self) -> windows.Window:
        return windows.of(self.rule, today())

    @property
    def money(self) -> Any:
        """The amount in yuan; None where the rule computes none, or another measure."""
        return self.amount if self.rule.amount and self.rule.amount.unit == YUAN else None

    @property
    def amount(self) -> Any:
        return self.result.amount if self.group == "now" else self.result.amount_if_met


GROUPS = ("now", "nearly", "unknown", "not")


@dataclass(frozen=True)
class _Known:
    """A record compared by what it says, so that a list is worked out once for the same facts."""

    digest: str
    record: engine.Record = field(compare=False)


def one_list(enterprise: Any, day: datetime.date) -> tuple[list[Entry], tuple[engine.Question, ...], engine.Record]:
    """Everything an enterprise qualifies for, nearly does, may, or does not; and the three questions that settle most."""
    record = facts.record_of(enterprise, day)
    told = repr(
        sorted((key, sorted(value) if isinstance(value, frozenset) else value) for key, value in record.values.items())
    )
    digest = hashlib.sha256(f"{record.id}{told}{sorted(record.sources.items())}".encode()).hexdigest()
    entries, questions = _judged(packs.version(), day, _Known(digest, record))
    return list(entries), questions, record


@lru_cache(maxsize=256)
def _judged(_version: int, day: datetime.date, known: _Known) -> tuple[tuple[Entry, ...], tuple[engine.Question, ...]]:
    rules = rules_on(day)
    entries = []
    for rule in rules.values():
        result = engine.evaluate_rule(rule, known.record, day)
        # a score sheet's least change takes up to a second to search: it is worked out when the entry is opened
        quick = result.verdict == engine.Verdict.UNMET and len(result.unmet) <= 3 and rule.score is None
        change = engine.smallest_change(rule, known.record, day) if quick else None
        entries.append(Entry(rule, result, change, _group(result, change)))
    entries.sort(key=lambda entry: (GROUPS.index(entry.group), -(entry.amount or 0), entry.rule.id))
    return tuple(entries), tuple(engine.next_questions(list(rules.values()), known.record, day, most=3))


def _group(result: engine.Result, change: engine.Change | None) -> str:
    if result.verdict == engine.Verdict.MET:
        return "now"
    if result.verdict == engine.Verdict.UNSETTLED:
        return "unknown"
    if result.rule.score and len(result.unmet) <= 3:
        levers = {clause.key: bool(clause.levers) for clause in result.rule.clauses}
        return "nearly" if result.unmet and all(levers.get(key) for key in result.unmet) else "not"
    return "nearly" if change and (change.is_proven or change.wait_until) else "not"


def lacking(entry: Entry) -> str:
    """What an entry still needs, in words; empty when nothing."""
    if entry.group == "unknown":
        return "还需知道：" + "、".join(one.name for one in entry.result.missing[:4])
    if entry.change and (entry.change.moves or entry.change.wait_until):
        moves = [move.shown for move in entry.change.moves]
        return "；".join(([f"{entry.change.wait_until} 起符合"] if entry.change.wait_until else []) + moves)
    return "；".join(one.gap or one.name for one in entry.result.clauses if one.verdict == engine.Verdict.UNMET)


def file_of(run: EligibilityRun) -> Path:
    return Path(settings.DATA) / "eligibility" / f"{run.pk}.parquet"


@lru_cache(maxsize=2)
def _frame(path: str) -> pl.DataFrame:
    return pl.read_parquet(path)


def results(run: EligibilityRun) -> pl.DataFrame:
    """The batch's verdicts: id, subject_id, name, org_unit, then `<rule>:verdict`, `:unmet`, `:unknown`, `:amount`, `:low`, `:high`."""
    return _frame(str(file_of(run)))


def latest_run() -> EligibilityRun | None:
    return EligibilityRun.objects.first()


def holders(run: EligibilityRun, rule: engine.Rule) -> set[int]:
    """Enterprises that hold on the day of the batch the qualification that the rule grants; empty where it grants none."""
    codes = [code for code, entry in classification("qualification_kinds").entries.items() if entry.name == rule.grants]
    if not rule.grants or not codes:
        return set()
    columns = ["enterprise", "kind", "valid_from", "valid_until", "issued_on", "revoked_on"]
    held = pl.read_parquet(snapshots.folder(run.snapshot) / "qualification.parquet", columns=columns)
    held = held.filter(qualified_on(run.as_of), pl.col("kind").is_in(codes))
    return set(held["enterprise"].drop_nulls().to_list())


def qualified_on(day: datetime.date) -> pl.Expr:
    """A qualification holds from `valid_from` (or `issued_on`) until before `valid_until`, unless taken away first."""
    start = pl.coalesce("valid_from", "issued_on")
    return (
        (start.is_null() | (start <= day))
        & (pl.col("valid_until").is_null() | (pl.col("valid_until") > day))
        & (pl.col("revoked_on").is_null() | (pl.col("revoked_on") > day))
    )


def answering(run: EligibilityRun, rule: str, verdict: str, units: list[str] | None = None) -> pl.DataFrame:
    """Enterprises whose verdict on a rule is "yes", "no" or "unknown", within the units given (codes)."""
    frame = results(run)
    column = pl.col(f"{rule}:verdict")
    wanted = {"yes": column == 1, "no": column == 0, "unknown": column.is_null()}[verdict]
    if units is not None:
        wanted = wanted & pl.col("org_unit").is_in(units)
    columns = ["subject_id", "name", "org_unit", "id"] + (
        [f"{rule}:amount"] if f"{rule}:amount" in frame.columns else []
    )
    return frame.filter(wanted).select(columns)
