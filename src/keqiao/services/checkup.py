"""Check-up (体检): an enterprise's innovation score by part, beside its peers and over three years, with the cheapest ways to more points.

Hides which rule is the check-up, who the peers are (same industry section and size) and how a gain is proved: the least change of a fact
that lifts one item of the score sheet by at least a point, found by the rules engine and run again. Unknown facts make a score an interval.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from keqiao.core import snapshots
from keqiao.core.models import OrgUnit
from keqiao.engines import rules as engine
from keqiao.engines.expressions import NUMBER, Literal, Number, call
from keqiao.registers import facts as register_facts
from keqiao.services import facts
from keqiao.services.models import EligibilityRun

RULE = "score.innovation_checkup"
FEWEST_PEERS = 5  # among fewer, a percentile says nothing
OPEN = "待定"
YEARS = 3


@dataclass(frozen=True)
class Part:
    key: str
    name: str
    low: Number
    high: Number
    most: Number

    @property
    def share(self) -> float:
        return float(self.low / self.most) if self.most else 0.0


@dataclass(frozen=True)
class Weakness:
    """An item that could score more. `change`: the least change that gains; None where no lever of the catalogue does. `gain` in points."""

    line: engine.ScoreLine
    missing: Number
    change: engine.Change | None = None
    gain: Number = 0

    @property
    def is_unknown(self) -> bool:
        return self.line.low != self.line.high


@dataclass(frozen=True)
class Peers:
    """Where the score stands among peers; `percentile` is the share (0-100) of the other peers that score lower, ties counted half."""

    label: str
    count: int
    percentile: float | None
    rank: int
    median: float | None
    run: EligibilityRun


@dataclass(frozen=True)
class Checkup:
    rule: engine.Rule
    score: engine.Score
    parts: tuple[Part, ...]
    record: engine.Record
    day: datetime.date

    @property
    def is_settled(self) -> bool:
        return self.score.low == self.score.high

    @property
    def grade(self) -> str:
        score = self.score
        return score.grade_low if score.grade_low == score.grade_high else f"{score.grade_low}—{score.grade_high}"


def check(enterprise: Any, day: datetime.date) -> Checkup | None:
    """The check-up on a day; None when no version of its rule is in force."""
    rule = facts.rules_on(day).get(RULE)
    if rule is None or rule.score is None:
        return None
    record = register_facts.record_of(enterprise, day)
    score = engine.evaluate_rule(rule, record, day).score
    return Checkup(rule, score, parts_of(rule, score), record, day) if score else None


def parts_of(rule: engine.Rule, score: engine.Score) -> tuple[Part, ...]:
    names = dict(rule.score.part_names) if rule.score else {}
    found = []
    for key in dict.fromkeys(line.part for line in score.lines):
        lines = [line for line in score.lines if line.part == key]
        found.append(
            Part(
                key,
                names.get(key, key),
                sum((line.low for line in lines), 0),
                sum((line.high for line in lines), 0),
                sum((line.most for line in lines), 0),
            )
        )
    return tuple(found)


def weaknesses(checkup: Checkup, most: int = 6) -> list[Weakness]:
    """Items below their full score: first those that a proven change lifts, the most points for the least effort; then what is unknown."""
    sheet = checkup.rule.score
    assert sheet is not None  # a check-up is a score sheet
    items = {item.key: item for item in sheet.items}
    found = []
    for line in checkup.score.lines:
        if line.low >= line.most:
            continue
        change, gain = (None, 0) if line.low != line.high else _gain(checkup, items[line.key], line)
        found.append(Weakness(line, line.most - line.low, change, gain))
    found.sort(
        key=lambda one: (
            one.change is None,
            (float(one.change.effort) / float(one.gain)) if one.change and one.gain else 0,
            -float(one.missing),
        )
    )
    return found[:most]


def _gain(checkup: Checkup, item: engine.ScoreItem, line: engine.ScoreLine) -> tuple[engine.Change | None, Number]:
    """The least change that gives the item more points than now, and how many more: the item alone is made a rule to be met."""
    if not item.levers:
        return None, 0
    wanted = engine.Clause(
        item.key, item.name, call(">", item.low, Literal(line.low, NUMBER, str(line.low))), levers=item.levers
    )
    alone = replace(checkup.rule, require=engine.Group("all", (wanted,)), score=None, amount=None)
    change = engine.smallest_change(alone, checkup.record, checkup.day)
    if change is None or not change.is_proven or not change.moves:
        return None, 0
    after = engine.evaluate_rule(checkup.rule, engine.with_moves(checkup.record, change), checkup.day).score
    gained = after.low - checkup.score.low if after else 0
    return (
        (change, gained) if gained > 0 else (None, 0)
    )  # what one item gains another may lose: then it is no improvement


def trend(enterprise: Any, day: datetime.date) -> list[Checkup]:
    """The check-up today and on 31 December of the years before, oldest first. Yearly data, patents, contracts and qualifications are
    those of the day; what the enterprise's own page says (industry, abnormal list) is known only as it stands today."""
    days = [datetime.date(day.year - back, 12, 31) for back in range(YEARS - 1, 0, -1)]
    return [one for one in (check(enterprise, each) for each in [*days, day]) if one]


def scores(run: EligibilityRun) -> pl.DataFrame:
    """All enterprises of a batch: subject_id, name, org_unit, section (letter of the industry), size, low, high."""
    frame = facts.results(run)
    if f"{RULE}:low" not in frame.columns:
        return pl.DataFrame()
    rows = pl.read_parquet(snapshots.folder(run.snapshot) / "enterprise.parquet", columns=["id", "industry", "size"])
    return frame.select(
        "subject_id",
        "name",
        "org_unit",
        pl.col(f"{RULE}:low").cast(float).alias("low"),
        pl.col(f"{RULE}:high").cast(float).alias("high"),
    ).join(
        rows.select(pl.col("id").alias("subject_id"), pl.col("industry").str.slice(0, 1).alias("section"), "size"),
        on="subject_id",
        how="left",
    )


def peers(enterprise: Any, checkup: Checkup) -> Peers | None:
    """Compared by the least score the known facts give, from the last batch; None before the first batch."""
    run = facts.latest_run()
    if run is None or (frame := scores(run)).is_empty():
        return None
    section, size = str(getattr(enterprise.industry, "code", enterprise.industry) or "")[:1], enterprise.size
    same = pl.lit(True)
    if section:
        same &= pl.col("section") == section
    if size:
        same &= pl.col("size") == size
    others = frame.filter(same & (pl.col("subject_id") != enterprise.pk))["low"]
    mine = float(checkup.score.low)
    below, level = int((others < mine).sum()), int((others == mine).sum())
    count = len(others)
    return Peers(
        label=" ".join(part for part in (section, str(enterprise.get_size_display() or "")) if part),
        count=count,
        percentile=100 * (below + level / 2) / count if count >= FEWEST_PEERS else None,
        rank=count - below - level + 1,
        median=float(others.median()) if count >= FEWEST_PEERS else None,  # type: ignore[arg-type]  # a column of floats
        run=run,
    )


@dataclass(frozen=True)
class Place:
    """One county's check-ups: grades that are settled whatever is still unknown, and how many are open."""

    unit: OrgUnit
    grades: Counter[str]
    settled: int
    count: int


def grade_of(rule: engine.Rule, low: float, high: float) -> str:
    """The grade both ends of a score have; "待定" when they differ."""
    assert rule.score is not None
    found = {next((name for name, least in rule.score.grades if score >= least), OPEN) for score in (low, high)}
    return found.pop() if len(found) == 1 else OPEN


def by_county(run: EligibilityRun, rule: engine.Rule, codes: Iterable[str]) -> list[Place]:
    """The last batch by county (the unit itself where it lies above), for the enterprises of the units given."""
    wanted = set(codes)
    units = {unit.code: unit for unit in OrgUnit.objects.filter(valid_until=None)}
    by_pk = {unit.pk: unit for unit in units.values()}
    places: dict[str, list[tuple[float, float]]] = {}
    for code, low, high in scores(run).select("org_unit", "low", "high").iter_rows():
        if code in wanted and code in units:
            places.setdefault(county_of(units[code], by_pk).code, []).append((low, high))
    return [
        Place(
            units[code],
            Counter(grade_of(rule, *pair) for pair in pairs),
            sum(low == high for low, high in pairs),
            len(pairs),
        )
        for code, pairs in sorted(places.items())
    ]


def county_of(unit: OrgUnit, by_pk: dict[int, OrgUnit]) -> OrgUnit:
    """The county a unit belongs to; the unit itself when it lies under none."""
    at: OrgUnit | None = unit
    while at is not None and at.level != "county":
        at = by_pk.get(at.parent_id or 0)
    return at or unit
