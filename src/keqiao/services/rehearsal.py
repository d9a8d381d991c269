"""Rehearsal (试算): a changed rule over all enterprises of the last batch — who gains, who loses, what it costs. Nothing is put in force or kept.

The batch finds whose verdict or amount differs; the engine's rehearsal then tells each of these apart and why.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from keqiao.core import snapshots
from keqiao.engines import rules as engine
from keqiao.registers import facts as register_facts
from keqiao.services import facts
from keqiao.services.models import EligibilityRun

LARGEST_TEXT = 200_000
MOST_SHOWN = 500


@dataclass(frozen=True)
class Outcome:
    """`met` and `total`: before and after, over all subjects. `shown` tells of at most MOST_SHOWN of the `changed` subjects."""

    subjects: int
    met: tuple[int, int]
    total: tuple[float, float]
    changed: int
    shown: engine.Rehearsal
    ids: dict[str, int]


def text_of(rule_id: str, day: datetime.date) -> str:
    """The YAML of the version in force. Raises KeyError where there is none."""
    rule = facts.rules_on(day)[rule_id]
    return Path(rule.file).read_text(encoding="utf-8")


def rehearse(run: EligibilityRun, rule_id: str, text: str, units: Sequence[str]) -> Outcome:
    """Raises ProblemsFound when the text is no rule, and ValueError when it is another rule than the one chosen."""
    old = facts.rules_on(run.as_of)[rule_id]
    new = facts.rulebook().draft(text, run.as_of, "draft.yaml")
    if new.id != old.id or new.grain.key != old.grain.key:
        raise ValueError(new.id)
    frame = _frame(snapshots.folder(run.snapshot), run.as_of).filter(pl.col("org_unit").is_in(list(units)))
    sides = [_side(rule, frame, run.as_of) for rule in (old, new)]
    differs = ~sides[0]["verdict"].eq_missing(sides[1]["verdict"]) | ~sides[0]["amount"].eq_missing(sides[1]["amount"])
    changed = frame.filter(differs)
    records = [_record(row, old.grain) for row in changed.head(MOST_SHOWN).iter_rows(named=True)]
    return Outcome(
        subjects=len(frame),
        met=(_met(sides[0]), _met(sides[1])),
        total=(_total(sides[0]), _total(sides[1])),
        changed=len(changed),
        shown=engine.rehearse(old, new, records, run.as_of),
        ids=dict(changed.select("id", "subject_id").iter_rows()),
    )


@lru_cache(maxsize=1)
def _frame(folder: Path, day: datetime.date) -> pl.DataFrame:
    return register_facts.batch(folder, day)


def _side(rule: engine.Rule, frame: pl.DataFrame, day: datetime.date) -> pl.DataFrame:
    judged = engine.evaluate_batch([rule], frame, day)
    amount = (
        pl.col(f"{rule.id}:amount").cast(pl.Float64)
        if f"{rule.id}:amount" in judged.columns
        else pl.lit(None, dtype=pl.Float64)
    )
    return judged.select(pl.col(f"{rule.id}:verdict").alias("verdict"), amount.alias("amount"))


def _met(side: pl.DataFrame) -> int:
    return int((side["verdict"] == 1).sum() or 0)


def _total(side: pl.DataFrame) -> float:
    return float(side.filter(pl.col("verdict") == 1)["amount"].sum() or 0)


def _record(row: dict[str, object], grain: engine.Grain) -> engine.Record:
    known = {
        key: frozenset(value) if isinstance(value, list) else value
        for key, value in row.items()
        if key in grain.facts and value is not None
    }
    return engine.Record(str(row["id"]), known, str(row["name"]))
