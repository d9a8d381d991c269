"""Ladder (梯度培育): each enterprise's rung from its qualifications, the next rung and its gap, reserve pools that fill themselves, what expires.

The rungs are data (packs/*/ladders/*.yaml): `held` kinds of qualification put an enterprise on a rung; `rule` says who could climb to it. A rung's
reserve pool is everyone below it whom its rule recognises in the last batch; nobody is put in or taken out by hand.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
import yaml
from django.utils.translation import get_language

from keqiao.core import packs, snapshots
from keqiao.core.models import OrgUnit
from keqiao.core.records.declare import REGISTERS
from keqiao.engines import rules as engine
from keqiao.registers import facts as register_facts
from keqiao.services import facts
from keqiao.services.checkup import county_of
from keqiao.services.models import EligibilityRun

EXPIRY_MONTHS = 12
SYSTEM = "a rung is worked out from all qualifications of the enterprise; who may see it is decided where it is shown"


@dataclass(frozen=True)
class Rung:
    """`stage` is the campaign it belongs to (微成长、小升高、高壮大); `held` qualification kinds that put one here; `field` a yes/no column instead."""

    key: str
    name: str
    english: str
    stage: str
    rule: str = ""
    held: tuple[str, ...] = ()
    field: str = ""

    @property
    def label(self) -> str:
        return self.english if (get_language() or "").startswith("en") and self.english else self.name


@dataclass(frozen=True)
class Ladder:
    key: str
    name: str
    english: str
    source: str
    rungs: tuple[Rung, ...]  # lowest first
    base_year: int | None = None  # of the doubling plan

    @property
    def label(self) -> str:
        return self.english if (get_language() or "").startswith("en") and self.english else self.name


class LadderError(ValueError):
    """What is wrong with a ladder file, with its name."""


def ladders() -> list[Ladder]:
    return list(_ladders(packs.version()))


@lru_cache(maxsize=2)
def _ladders(_version: int) -> tuple[Ladder, ...]:
    return tuple(
        read(path.read_text(encoding="utf-8"), path.name, facts.rulebook().ids) for path in packs.files("ladders")
    )


def read(text: str, file: str, rule_ids: Iterable[str]) -> Ladder:
    """A ladder from YAML. Raises LadderError naming the rung and the field."""
    data = yaml.safe_load(text)
    known = set(rule_ids)
    rungs = []
    for number, raw in enumerate(data.get("rungs") or [], start=1):
        where = f"{file} rungs[{number}]"
        for needed in ("key", "name", "stage"):
            if not raw.get(needed):
                raise LadderError(f"{where}: {needed} is missing")
        if raw.get("rule") and raw["rule"] not in known:
            raise LadderError(f"{where}: no rule {raw['rule']!r}; give the id of a rule in policies/")
        if not (raw.get("held") or raw.get("field")):
            raise LadderError(
                f"{where}: give held (kinds of qualification) or field (a yes/no field of the enterprise)"
            )
        rungs.append(
            Rung(
                raw["key"],
                raw["name"],
                raw.get("english", ""),
                raw["stage"],
                raw.get("rule", ""),
                tuple(raw.get("held") or ()),
                raw.get("field", ""),
            )
        )
    if not rungs:
        raise LadderError(f"{file}: rungs is empty")
    return Ladder(
        data["key"],
        data["name"],
        data.get("english", ""),
        data.get("source", ""),
        tuple(rungs),
        (data.get("doubling") or {}).get("base_year"),
    )


def standing(run: EligibilityRun, ladder: Ladder) -> pl.DataFrame:
    """subject_id, name, org_unit, rung (number of the highest held, 0: none), reserve (number of the lowest rung above it whose rule
    recognises the enterprise, null: none)."""
    folder = snapshots.folder(run.snapshot)
    held = pl.read_parquet(
        folder / "qualification.parquet",
        columns=["enterprise", "kind", "valid_from", "valid_until", "issued_on", "revoked_on"],
    )
    held = held.filter(facts.qualified_on(run.as_of))
    flags = [rung.field for rung in ladder.rungs if rung.field]
    rows = pl.read_parquet(folder / "enterprise.parquet", columns=["id", *flags]).rename({"id": "subject_id"})
    frame = facts.results(run).join(rows, on="subject_id", how="left")
    rungs, reserves = [], []
    for number, rung in enumerate(ladder.rungs, start=1):
        has = pl.col("subject_id").is_in(
            held.filter(pl.col("kind").is_in(rung.held))["enterprise"].unique().drop_nulls().to_list()
        )
        if rung.field:
            has = has | pl.col(rung.field).fill_null(value=False)
        rungs.append(pl.when(has).then(number).otherwise(0))
        if f"{rung.rule}:verdict" in frame.columns:
            reserves.append((number, pl.col(f"{rung.rule}:verdict") == 1))
    frame = frame.with_columns(pl.max_horizontal(rungs).alias("rung"))
    reserve = pl.lit(None, dtype=pl.Int32)
    for number, may in reversed(reserves):
        reserve = pl.when((pl.col("rung") < number) & may).then(number).otherwise(reserve)
    return frame.select("subject_id", "name", "org_unit", "rung", reserve.alias("reserve"))


@dataclass(frozen=True)
class Step:
    """One rung as an enterprise stands to it: result None where the rung has no rule in force."""

    rung: Rung
    is_held: bool
    result: engine.Result | None
    change: engine.Change | None


def climb(enterprise: Any, ladder: Ladder, day: datetime.date) -> tuple[list[Step], Step | None]:
    """All rungs, lowest first, and the next one: the first not held above the highest held."""
    record = register_facts.record_of(enterprise, day)
    kinds = {one.kind for one in held_by(enterprise, day)}
    rules = facts.rules_on(day)
    steps = []
    for rung in ladder.rungs:
        holds = bool(kinds & set(rung.held)) or bool(rung.field and getattr(enterprise, rung.field))
        rule = rules.get(rung.rule)
        result = engine.evaluate_rule(rule, record, day) if rule and not holds else None
        steps.append(Step(rung, holds, result, None))
    top = max((i for i, step in enumerate(steps) if step.is_held), default=-1)
    following = steps[top + 1] if top + 1 < len(steps) else None
    if following and following.result and following.result.verdict == engine.Verdict.UNMET:
        change = engine.smallest_change(following.result.rule, record, day)
        following = steps[top + 1] = Step(following.rung, False, following.result, change)
    return steps, following


def held_by(enterprise: Any, day: datetime.date) -> list[Any]:
    """Qualifications of an enterprise that hold on a day."""
    rows = (
        REGISTERS["qualification"]
        .rows()
        .unscoped(SYSTEM)
        .filter(enterprise=enterprise.pk, merged_into_id=None, review_state__in=snapshots.HELD)
    )
    return [
        one
        for one in rows
        if (one.valid_from or one.issued_on or day) <= day
        and (one.valid_until is None or one.valid_until > day)
        and (one.revoked_on is None or one.revoked_on > day)
    ]


def expiring(run: EligibilityRun, codes: Iterable[str], kind: str = "") -> pl.DataFrame:
    """Qualifications that end within twelve months and have no successor of the same kind yet: enterprise, name, org_unit, kind, valid_until."""
    until = add_months(run.as_of, EXPIRY_MONTHS)
    held = pl.read_parquet(
        snapshots.folder(run.snapshot) / "qualification.parquet",
        columns=["enterprise", "kind", "valid_from", "valid_until", "issued_on", "revoked_on"],
    ).filter(facts.qualified_on(run.as_of), pl.col("enterprise").is_not_null())
    last = held.group_by("enterprise", "kind").agg(
        pl.when(pl.col("valid_until").is_null().any())
        .then(None)
        .otherwise(pl.col("valid_until").max())
        .alias("valid_until")
    )
    last = last.filter(pl.col("valid_until") <= until)
    if kind:
        last = last.filter(pl.col("kind") == kind)
    names = facts.results(run).select(pl.col("subject_id").alias("enterprise"), "name", "org_unit")
    return last.join(names, on="enterprise").filter(pl.col("org_unit").is_in(list(codes))).sort("valid_until", "name")


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day that many months on, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(day.day, last))


def by_county(frame: pl.DataFrame, column: str) -> list[tuple[OrgUnit, Counter[int]]]:
    """How many enterprises of each county have which number in a column (rung or reserve)."""
    units = {unit.code: unit for unit in OrgUnit.objects.filter(valid_until=None)}
    by_pk = {unit.pk: unit for unit in units.values()}
    found: dict[str, Counter[int]] = {}
    for code, value, count in frame.group_by("org_unit", column).len().iter_rows():
        if code in units and value is not None:
            found.setdefault(county_of(units[code], by_pk).code, Counter())[value] += count
    return [(units[code], counts) for code, counts in sorted(found.items())]


@dataclass(frozen=True)
class Doubling:
    rung: Rung
    before: int
    now: int

    @property
    def share(self) -> float | None:
        return self.now / (2 * self.before) if self.before else None


def doubling(run: EligibilityRun, ladder: Ladder, codes: Iterable[str]) -> list[Doubling]:
    """Double doubling (双倍增): holders of each of the two lowest rungs on 31 December of the base year and now; the plan is twice as many."""
    if ladder.base_year is None:
        return []
    mine = facts.results(run).filter(pl.col("org_unit").is_in(list(codes)))["subject_id"].to_list()
    columns = ["enterprise", "kind", "valid_from", "valid_until", "issued_on", "revoked_on"]
    held = pl.read_parquet(snapshots.folder(run.snapshot) / "qualification.parquet", columns=columns)
    held = held.filter(pl.col("enterprise").is_in(mine))

    def count(rung: Rung, day: datetime.date) -> int:
        return held.filter(facts.qualified_on(day), pl.col("kind").is_in(rung.held))["enterprise"].n_unique()

    base = datetime.date(ladder.base_year, 12, 31)
    return [Doubling(rung, count(rung, base), count(rung, run.as_of)) for rung in ladder.rungs[:2]]
