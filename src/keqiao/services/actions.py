"""Services' writes: run all rules over all enterprises."""

import datetime
from typing import Any

import polars as pl
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqiao.core import audit, notices, snapshots
from keqiao.core.act import Act
from keqiao.core.models import Notice, Snapshot, User
from keqiao.engines import rules as engine
from keqiao.registers import facts as register_facts
from keqiao.services import facts, windows
from keqiao.services.models import EligibilityRun

KEPT_RUNS = 5
QUIET_DAYS = 90  # nobody is told of the same policy twice within this time

notices.declare(
    "policy_match",
    _("可申报：%(policy)s"),
    _("按登记资料核对，贵企业符合“%(policy)s”的条件。%(window)s。请在“政策清单”中查看逐条依据。"),
    "policy",
    "window",
)


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


def notify(run: EligibilityRun, rule: engine.Rule, units: list[str], act: Act) -> tuple[int, int]:
    """Tells the enterprises of the units that qualify and do not hold what the rule grants. Returns (notices sent, enterprises without an account).

    Whoever was told of this policy within QUIET_DAYS is left out."""
    act.need("policies.notify")
    held = facts.holders(run, rule)
    wanted = set(facts.answering(run, rule.id, "yes", units)["subject_id"].to_list()) - held
    window = windows.of(rule, run.as_of).label
    since = timezone.now() - datetime.timedelta(days=QUIET_DAYS)
    sent, reached = 0, set()
    with transaction.atomic():
        users = list(User.objects.filter(subject_kind="enterprise", subject_id__in=wanted, is_active=True))
        told = set(
            Notice.objects.filter(
                user__in=users,
                template="policy_match",
                link__endswith=f"?rule={rule.id}#tab-policies",
                created_at__gte=since,
            ).values_list("user_id", flat=True)
        )
        for user in users:
            reached.add(user.subject_id)
            if user.pk not in told:
                link = f"/r/enterprise/{user.subject_id}/?rule={rule.id}#tab-policies"
                notices.send(user, "policy_match", {"policy": rule.name, "window": window}, link)
                sent += 1
        audit.record(
            act,
            audit.Trace(
                "notify", "policy_rule", rule.id, rule.name[:200], after={"sent": sent, "qualified": len(wanted)}
            ),
        )
    return sent, len(wanted - reached)
