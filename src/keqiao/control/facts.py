"""From snapshots to figures: which indicators there are, which periods count today, and the roll-up behind every stored figure."""

import datetime
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from keqiao.control.models import IndicatorFigure, Target
from keqiao.core import packs, snapshots
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine


@cache
def definitions() -> tuple[engine.Definition, ...]:
    """All indicator definitions of the packs. Raises IndexProblem with every fault."""
    folders = [folder / "indicators" for folder in packs.folders()]
    return engine.load_definitions([folder for folder in folders if folder.exists()])


def definition(key: str, day: datetime.date | None = None) -> engine.Definition | None:
    """The version of an indicator in force on a day (the newest one without a day)."""
    found = [one for one in definitions() if one.id == key and (day is None or one.valid_from <= day < one.valid_until)]
    return max(found, key=lambda one: one.version, default=None)


def current() -> list[engine.Definition]:
    """The newest version of every indicator, in the order of themes."""
    newest: dict[str, engine.Definition] = {}
    for one in definitions():
        if one.id not in newest or newest[one.id].version < one.version:
            newest[one.id] = one
    return sorted(newest.values(), key=lambda one: (one.theme, one.id))


def label(one: engine.Definition) -> str:
    return one.name_en if (get_language() or "").startswith("en") and one.name_en else one.name


@dataclass(frozen=True)
class Calendar:
    """The periods that are compared on a day: this year so far, the same stretch of last year, whole years before."""

    today: datetime.date

    @property
    def this_year(self) -> str:
        return engine.Period.containing(self.today, "ytd").label

    @property
    def last_year_so_far(self) -> str:
        return engine.Period.containing(
            self.today.replace(year=self.today.year - 1, day=min(self.today.day, 28)), "ytd"
        ).label

    def whole(self, year: int) -> str:
        return str(year)

    @property
    def all(self) -> list[str]:
        year = self.today.year
        quarters = [f"{y}Q{q}" for y in (year - 1, year) for q in (1, 2, 3, 4)]
        return [self.this_year, self.last_year_so_far, *(str(y) for y in range(year - 3, year + 1)), *quarters]


@lru_cache(maxsize=4)
def roll_of(digest: str, folder: str, periods: tuple[str, ...]) -> engine.RollUp:
    """All figures of a snapshot; the unit tree is the snapshot's own, so an old one keeps its boundaries."""
    directory = Path(folder)
    return engine.roll_up(definitions(), directory, engine.read_tree(directory / "org_units.parquet"), list(periods))


def roll(snapshot: Snapshot, day: datetime.date) -> engine.RollUp:
    return roll_of(snapshot.digest, str(snapshots.folder(snapshot)), tuple(Calendar(day).all))


def latest_snapshot() -> Snapshot | None:
    """The newest snapshot that figures were computed from."""
    return Snapshot.objects.filter(figures__isnull=False).order_by("-taken_at").distinct().first()


def figures(
    snapshot: Snapshot, period: str, units: list[OrgUnit] | None = None, keys: list[str] | None = None
) -> dict[tuple[str, int], IndicatorFigure]:
    """Computed figures of a snapshot and period by (indicator, unit id)."""
    rows = IndicatorFigure.objects.filter(snapshot=snapshot, period=period, source=IndicatorFigure.Source.COMPUTED)
    if units is not None:
        rows = rows.filter(org_unit__in=units)
    if keys is not None:
        rows = rows.filter(indicator__in=keys)
    return {(row.indicator, row.org_unit_id): row for row in rows}


def targets(year: int, units: list[OrgUnit] | None = None) -> dict[tuple[str, int], Target]:
    rows = Target.objects.filter(year=year)
    if units is not None:
        rows = rows.filter(org_unit__in=units)
    return {(row.indicator, row.org_unit_id): row for row in rows}


def trace(figure: IndicatorFigure) -> Any:
    """The Trace of a computed figure: its components with the register rows that make them."""
    if figure.snapshot is None:
        return None
    run = roll(figure.snapshot, figure.data_on)
    found = run.figure(figure.indicator, figure.org_unit.code, figure.period)
    return engine.trace(found, run) if found else None
