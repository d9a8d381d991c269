"""S&T finance pools (科技金融储备库): enterprises a rule recognises for a kind of finance, and which of them have it already by the ledger.

The pools are data (packs/*/pools/*.yaml)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl
import yaml
from django.utils.translation import get_language

from keqiao.core import packs, snapshots
from keqiao.engines.rules import Rule
from keqiao.services import facts
from keqiao.services.models import EligibilityRun


@dataclass(frozen=True)
class Pool:
    """`total`: sum of the rule's amounts in yuan, None where it computes none. `served`: members with a row of these kinds in the finance ledger."""

    key: str
    label: str
    rule: Rule
    count: int
    total: Any
    served: int
    unknown: int


def pools(run: EligibilityRun, codes: Iterable[str]) -> list[Pool]:
    """The pools whose rule is in force on the day of the batch, for the enterprises of the units given."""
    rules, units = facts.rules_on(run.as_of), list(codes)
    found = []
    for path in packs.files("pools"):
        for raw in yaml.safe_load(path.read_text(encoding="utf-8"))["pools"]:
            if raw["rule"] in rules and f"{raw['rule']}:verdict" in facts.results(run).columns:
                found.append(_pool(run, raw, rules[raw["rule"]], units))
    return found


def _pool(run: EligibilityRun, raw: dict[str, Any], rule: Rule, units: list[str]) -> Pool:
    members = facts.answering(run, rule.id, "yes", units)
    amount = f"{rule.id}:amount"
    is_money = rule.amount is not None and rule.amount.unit == facts.YUAN and amount in members.columns
    served = _served(run, raw.get("ledger") or [])
    english = (get_language() or "").startswith("en") and raw.get("english")
    return Pool(
        key=raw["key"],
        label=english or raw["name"],
        rule=rule,
        count=len(members),
        total=members[amount].cast(pl.Float64).sum() if is_money else None,
        served=len(set(members["subject_id"]) & served),
        unknown=len(facts.answering(run, rule.id, "unknown", units)),
    )


def _served(run: EligibilityRun, kinds: list[str]) -> set[int]:
    path = snapshots.folder(run.snapshot) / "tech_finance.parquet"
    if not kinds or not path.exists():
        return set()
    rows = pl.read_parquet(path, columns=["enterprise", "kind"])
    return set(rows.filter(pl.col("kind").is_in(kinds))["enterprise"].drop_nulls().to_list())
