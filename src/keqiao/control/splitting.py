"""Splitting a target to the units below: weights from what they did, limits from the planner, pressure before anything is saved.

Hides where a base comes from: a year that is not over counts with what it is expected to become.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from keqiao.control import facts, progress, standing
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine

YEARS = 3
"""Years of history behind a usual growth."""

METHODS = {
    "base": _("按上年实绩（各地同增速）"),
    "mixed": _("上年实绩 60%，近年增量 40%"),
    "weights": _("自定权重"),
    "manual": _("手工分解"),
}


@dataclass(frozen=True)
class Limits:
    """What the planner says about one unit. `amount` is its part in a manual split; `is_locked` keeps `amount` in every method."""

    floor: Decimal | None = None
    cap: Decimal | None = None
    weight: Decimal | None = None
    amount: Decimal | None = None
    is_locked: bool = False


@dataclass(frozen=True)
class Part:
    unit: OrgUnit
    amount: Decimal | None
    limits: Limits
    base: Decimal | None
    pressure: engine.Pressure | None

    @property
    def growth(self) -> float | None:
        """Percent over the base."""
        return None if self.pressure is None or self.pressure.growth is None else float(self.pressure.growth) * 100

    @property
    def usual(self) -> float | None:
        return None if self.pressure is None or self.pressure.usual_growth is None else self.pressure.usual_growth * 100

    @property
    def is_hard(self) -> bool:
        """Asks for a fifth more growth than usual."""
        return bool(self.pressure and self.pressure.coefficient and self.pressure.coefficient > 1.2)


@dataclass(frozen=True)
class Split:
    """A proposal. Infeasible: parts have no amount and `shortfall` says by how much (above 0: floors exceed the total, below: caps fall short)."""

    total: Decimal
    feasible: bool
    shortfall: Decimal
    parts: list[Part] = field(default_factory=list)


def is_additive(one: engine.Definition) -> bool:
    """The figure of a unit is the sum of those below; ratios and averages are not and cannot be split."""
    return one.is_plain and one.components[0].across in {"sum", "distinct"}


def step_of(values: Sequence[Decimal | None]) -> Decimal:
    """The grain of a plan: whole numbers if all are, else the finest decimals among them (two at most)."""
    places = [max(0, -int(value.normalize().as_tuple().exponent)) for value in values if value is not None]
    return Decimal(1).scaleb(-min(max(places, default=0), 2))


def history(one: engine.Definition, units: Sequence[OrgUnit], year: int, snapshot: Snapshot) -> dict[int, engine.Past]:
    """Per unit id the actuals of the years before `year`, oldest first; units without last year's figure are left out."""
    labels = [str(y) for y in range(year - YEARS, year)]
    held = {label: facts.figures(snapshot, label, list(units), [one.id]) for label in labels}
    open_year = str(snapshot.as_of.year)
    if open_year in labels:  # a stock as of the data date, not as of a year's end that has not come
        held[open_year] |= facts.figures(snapshot, facts.Calendar(snapshot.as_of).this_year, list(units), [one.id])
    share = 1.0
    if open_year in labels and progress.is_flow(one):
        share = standing.profile_of(one, units, snapshot).at(snapshot.as_of, engine.Period.parse(open_year))
    out = {}
    for unit in units:
        line = []
        for label in labels:
            figure = held[label].get((one.id, unit.pk))
            value = figure.value if figure else None
            if value is not None:
                line.append(Fraction(value) / (Fraction(share) if label == open_year and share else 1))
            else:
                line.clear()  # growth is measured over years without a gap
        if line:
            out[unit.pk] = engine.Past(unit.code, tuple(line), max(line[-1] - line[0], Fraction(0)))
    return out


def split(
    total: Decimal,
    step: Decimal,
    method: str,
    units: Sequence[OrgUnit],
    past: Mapping[int, engine.Past],
    limits: Mapping[int, Limits],
) -> Split:
    """Parts that close on the total exactly. Raises IndexProblem (total no multiple of the step, floor above cap …)."""
    weights = _weights(method, units, past, limits)
    shares = []
    for unit in units:
        limit = limits.get(unit.pk, Limits())
        fixed = limit.amount if method == "manual" or limit.is_locked else None
        if method == "manual" and fixed is None:
            fixed = Decimal(0)
        shares.append(
            engine.Share(
                unit.code,
                weights[unit.pk],
                engine.exact(limit.floor) if limit.floor is not None else Fraction(0),
                None if limit.cap is None else engine.exact(limit.cap),
                None if fixed is None else engine.exact(fixed),
            )
        )
    found = engine.decompose(total, step, shares)
    parts = []
    for unit in units:
        amount = found.amounts.get(unit.code)
        before = past.get(unit.pk)
        parts.append(
            Part(
                unit,
                None if amount is None else _decimal(amount),
                limits.get(unit.pk, Limits()),
                None if before is None else _decimal(before.base).quantize(Decimal("0.01")),
                None if amount is None or before is None else engine.pressure(before, amount),
            )
        )
    return Split(total, found.feasible, _decimal(found.shortfall), parts)


def _weights(
    method: str, units: Sequence[OrgUnit], past: Mapping[int, engine.Past], limits: Mapping[int, Limits]
) -> dict[int, Fraction]:
    if method == "weights":
        return {u.pk: engine.exact(limits.get(u.pk, Limits()).weight or 0) for u in units}
    known = [past.get(u.pk, engine.Past(u.code, (Fraction(0),))) for u in units]
    by_code = engine.weights_mixed(known) if method == "mixed" else engine.weights_proportional(known)
    return {u.pk: max(by_code[u.code], Fraction(0)) for u in units}


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def next_year(one: engine.Definition, past: engine.Past, step: Decimal) -> Decimal:
    """The level a unit reaches if it keeps its usual growth: never below what it has, nor above for what should go down. Ratios grow by
    points, the others by percent; without a history the base stays."""
    years = len(past.actuals) - 1
    base, first = past.base, past.actuals[0]
    if not years:
        level = base
    elif is_additive(one) and first > 0 and base > 0:
        level = base * Fraction(float(base / first) ** (1 / years))
    else:
        level = base + (base - first) / years
    level = min(level, base) if one.direction == "down" else max(level, base)
    return (_decimal(level) / step).to_integral_value(ROUND_CEILING) * step
