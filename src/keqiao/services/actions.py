"""Services' writes: run all rules over all enterprises."""

import datetime
from typing import Any

import polars as pl
from django.db import transaction

from keqiao.core import snapshots
from keqiao.core.models import Snapshot
from keqiao.engines import rules as engine
from keqiao.registers import facts as register_facts
from keqiao.services import facts
from keqiao.services.models import EligibilityRun

KEPT_RUNS = 5


def run_all(day: datetime.date, snapshot: Snapshot | None = None) -> EligibilityRun:
    """All rules of the day over all enterprises of a snapshot (a new one by default)."""
    snapshot = snapshot or snapshots.take(day)
    frame = register_facts.batch(snapshots.folder(snapshot), day)
    rules = facts.rules_on(day)
    verdicts = engine.evaluate_batch(rules.values(), frame, day)
    told = verdicts.drop("id") if "id" in verdicts.columns else verdicts
    whole = pl.concat([frame.select("id", "subject_id", "name", "org_unit"), told], how="horizontal")
    with transaction.atomic():
        run = EligibilityRun.objects.create(
            as_of=day,
            snapshot=snapshot,
            subjects=len(whole),
            summary={rule.id: _summary(rule, whole) for rule in rules.values()},
        )
        path = facts.file_of(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write_parquet(path)
        for old in EligibilityRun.objects.all()[KEPT_RUNS:]:
            facts.file_of(old).unlink(missing_ok=True)
            old.delete()
    return run


def _summary(rule: engine.Rule, frame: pl.DataFrame) -> dict[str, Any]:
    verdict = frame[f"{rule.id}:verdict"]
    amount = f"{rule.id}:amount"
    yes = int((verdict == 1).sum() or 0)
    return {
        "name": rule.name,
        "kind": rule.kind,
        "yes": yes,
        "no": int((verdict == 0).sum() or 0),
        "unknown": int(verdict.null_count()),
        "amount": str(frame.filter(verdict == 1)[amount].cast(pl.Float64).sum())
        if amount in frame.columns and yes
        else "",
    }
