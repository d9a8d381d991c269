"""Policy library: documents with their clauses, the rule each clause leads to, and how far a policy was carried out, as far as registers tell.

Fulfilment: what a rule grants is a qualification, so applied → recognised and the days between come from that register. Money by policy
(applied → approved → paid) needs a register of applications, which this system does not have yet; the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import Q

from keqiao.core import access, snapshots
from keqiao.core.records.declare import REGISTERS
from keqiao.engines.rules import Rule
from keqiao.registers.classifications import classification
from keqiao.services import facts
from keqiao.services.models import EligibilityRun


@dataclass(frozen=True)
class Line:
    """A clause, and the rule it leads to (None: no rule of that id is in force)."""

    clause: Any
    rule: Rule | None

    @property
    def rule_name(self) -> str:
        return facts.name_of(self.rule) if self.rule else ""


@dataclass(frozen=True)
class Fulfilment:
    """Recognitions of one kind in a year: with both days known, `days` is their median from application to recognition."""

    label: str
    applied: int
    recognised: int
    days: float | None


def clauses_of(user: Any, policy: Any, rules: Mapping[str, Rule]) -> list[Line]:
    rows = (
        REGISTERS["policy_clause"].rows().visible_to(user).filter(policy=policy.pk, merged_into_id=None).order_by("pk")
    )
    return [Line(one, rules.get(one.rule_key or policy.rule_key)) for one in rows]


def policies(user: Any, words: str, topic: str) -> Any:
    """Those the user may see, newest first."""
    rows = REGISTERS["policy"].rows().visible_to(user).filter(merged_into_id=None)
    if words:
        for word in words.split():
            rows = rows.filter(
                Q(name__icontains=word) | Q(document_number__icontains=word) | Q(summary__icontains=word)
            )
    if topic:
        rows = rows.filter(topics__contains=topic)
    return rows.order_by("-issued_on", "-pk")


def fulfilment(run: EligibilityRun, year: int) -> list[Fulfilment]:
    """Qualifications of enterprises applied for, and recognised, in a year."""
    columns = ["enterprise", "kind", "applied_on", "issued_on"]
    rows = pl.read_parquet(snapshots.folder(run.snapshot) / "qualification.parquet", columns=columns).filter(
        pl.col("enterprise").is_not_null()
    )
    labels = dict(classification("qualification_kinds").choices)
    found = []
    for (kind,), part in rows.group_by("kind"):
        applied = part.filter(pl.col("applied_on").dt.year() == year)
        issued = part.filter(pl.col("issued_on").dt.year() == year)
        both = issued.filter(pl.col("applied_on").is_not_null())
        days = (both["issued_on"] - both["applied_on"]).dt.total_days().median() if len(both) else None
        if len(applied) or len(issued):
            found.append(Fulfilment(str(labels.get(str(kind), kind)), len(applied), len(issued), days))  # type: ignore[arg-type]  # a median of whole days
    return sorted(found, key=lambda one: -one.recognised)


def may_see_counts(user: Any) -> bool:
    return bool(access.may(user, "cockpit.view"))
