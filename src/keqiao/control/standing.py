"""How units stand against last year and plan: the lines of the cockpit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from keqiao.control import facts, progress
from keqiao.control.models import IndicatorFigure, Target
from keqiao.core import packs
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine
from keqiao.engines.expressions import read_document

LATE = (engine.Status.BEHIND, engine.Status.FAR_BEHIND)


@dataclass(frozen=True)
class Standing:
    """One unit's value of one indicator with what it is compared to. `way` is the engine's attainment, None without a target."""

    unit: OrgUnit
    figure: IndicatorFigure | None
    last_year: Decimal | None
    target: Target | None
    way: engine.Attainment | None
    direction: str

    @property
    def value(self) -> Decimal | None:
        return self.figure.value if self.figure else None

    @property
    def growth(self) -> Decimal | None:
        """Percent over the same stretch of last year; None without a base."""
        if self.value is None or not self.last_year:
            return None
        return (self.value - self.last_year) / abs(self.last_year) * 100

    @property
    def is_better(self) -> bool:
        """The change over last year is the wanted way."""
        return self.growth is not None and (self.growth >= 0) == (self.direction != "down")

    @property
    def attained(self) -> Decimal | None:
        """Percent of the target: the value by it; for a target that is to go down, the target by the value."""
        if self.value is None or self.target is None or self.target.value <= 0 or self.value < 0:
            return None
        if self.direction == "down":
            return Decimal(100) if self.value <= self.target.value else self.target.value / self.value * 100
        return self.value / self.target.value * 100

    @property
    def stage(self) -> str:
        """One of the engine's seven statuses; empty without a target."""
        return str(self.way.status) if self.way else ""

    @property
    def is_late(self) -> bool:
        return bool(self.way and self.way.status in LATE)

    @property
    def projected_share(self) -> float | None:
        """Percent of the target that the year's end is expected to bring."""
        if self.way is None or self.way.projected is None or self.way.level <= 0:
            return None
        return self.way.projected / self.way.level * 100


@dataclass(frozen=True)
class Line:
    """One indicator on the board: the unit itself and each unit below it."""

    definition: engine.Definition
    label: str
    own: Standing
    below: list[Standing] = field(default_factory=list)


@dataclass(frozen=True)
class Board:
    """`time_passed`: percent of the year gone by."""

    lines: list[Line]
    time_passed: float

    @property
    def behind(self) -> list[Line]:
        """Late ones, the slowest pace first."""
        late = [line for line in self.lines if line.own.is_late]
        return sorted(late, key=lambda line: line.own.way.pace or 0.0 if line.own.way else 0.0)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Targets by status."""
        return progress.counted([line.own.way for line in self.lines if line.own.way])

    @property
    def league(self) -> list[tuple[OrgUnit, Decimal, int, int]]:
        """Units below by mean attainment (each capped at 120 %, so that one runaway figure does not hide the rest), with targets met and counted."""
        scores: dict[int, list[Standing]] = {}
        for line in self.lines:
            for one in line.below:
                if one.attained is not None:
                    scores.setdefault(one.unit.pk, []).append(one)
        rows = [
            (
                held[0].unit,
                sum((min(one.attained or Decimal(0), Decimal(120)) for one in held), Decimal(0)) / len(held),
                sum(one.stage == engine.Status.ACHIEVED for one in held),
                len(held),
            )
            for held in scores.values()
        ]
        return sorted(rows, key=lambda row: -row[1])


def headline() -> list[str]:
    """The indicators that come first on the wall, as the packs order them (`cockpit/cards.yaml`)."""
    found: list[str] = []
    for folder in packs.folders():
        file = folder / "cockpit" / "cards.yaml"
        if file.exists():
            found += [str(key) for key in read_document(file).data["cards"] if str(key) not in found]
    return found


def board(unit: OrgUnit, children: list[OrgUnit], snapshot: Snapshot, calendar: facts.Calendar) -> Board:
    units, day = [unit, *children], snapshot.as_of
    now = facts.figures(snapshot, calendar.this_year, units)
    then = facts.figures(snapshot, calendar.last_year_so_far, units)
    base = facts.figures(snapshot, str(day.year - 1), units)
    plan = facts.targets(day.year, units)
    profiles = _profiles(unit, snapshot)

    def value(held: dict[tuple[str, int], IndicatorFigure], key: tuple[str, int]) -> Decimal | None:
        return held[key].value if key in held else None

    def stand(one: engine.Definition, place: OrgUnit) -> Standing:
        key = (one.id, place.pk)
        figure, target = now.get(key), plan.get(key)
        way = None
        if target:
            way = progress.attain(
                one,
                target.value,
                value(now, key),
                value(base, key),
                day,
                profiles.get(one.id, progress.LINEAR),
                figure.coverage if figure else None,
            )
        return Standing(place, figure, value(then, key), target, way, one.direction)

    lines = [
        Line(one, facts.label(one), stand(one, unit), [stand(one, child) for child in children])
        for one in facts.current()
    ]
    known = [line for line in lines if line.own.value is not None]
    order = {key: place for place, key in enumerate(headline())}
    known.sort(key=lambda line: (line.own.target is None, order.get(line.definition.id, len(order))))
    year = engine.Period.parse(str(day.year))
    return Board(known, progress.LINEAR.at(day, year) * 100)


def profile_of(one: engine.Definition, units: Sequence[OrgUnit], snapshot: Snapshot) -> engine.TimeProfile:
    """The year's shape of one flow over units taken together."""
    rows = IndicatorFigure.objects.filter(
        snapshot=snapshot,
        indicator=one.id,
        org_unit__in=units,
        period__contains="Q",
        source=IndicatorFigure.Source.COMPUTED,
    )
    quarters: dict[str, Decimal | None] = {}
    for row in rows:
        quarters[row.period] = (quarters.get(row.period) or Decimal(0)) + (row.value or 0)
    return progress.profile(quarters, snapshot.as_of.year)


def _profiles(unit: OrgUnit, snapshot: Snapshot) -> dict[str, engine.TimeProfile]:
    """The year's shape of each flow, from the quarters of the whole unit: those below are too small to have a shape of their own."""
    year = snapshot.as_of.year
    rows = IndicatorFigure.objects.filter(
        snapshot=snapshot, org_unit=unit, period__contains="Q", source=IndicatorFigure.Source.COMPUTED
    )
    quarters: dict[str, dict[str, Decimal | None]] = {}
    for row in rows:
        quarters.setdefault(row.indicator, {})[row.period] = row.value
    flows = {one.id for one in facts.current() if progress.is_flow(one)}
    return {key: progress.profile(held, year) for key, held in quarters.items() if key in flows}
