"""How far a target is at the data date, by the engine's attainment. Hides what an indicator's kind means for its way to the target.

A flow (contracts signed this year) starts at nothing. A stock or a ratio (enterprises held, share of sales) starts at last year's end: at
mid-year 95 of 100 is behind if it was 95 in January. Where last year's end already meets the target, or is not known, the target is to
be kept all year round, so all of it is due on every day.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from keqiao.engines import indicators as engine

LINEAR = engine.TimeProfile()


def is_flow(one: engine.Definition) -> bool:
    """Every component is rows of the period by their date, added up."""
    return one.is_plain and all(c.date and c.time == "sum" and not c.indicator for c in one.components)


def is_stock(one: engine.Definition) -> bool:
    return one.is_plain and not is_flow(one)


def profile(quarters: Mapping[str, Decimal | None], year: int) -> engine.TimeProfile:
    """Seasonal from the quarters of the years before (label -> flow), each spread evenly over its months; linear without a whole year."""
    years = []
    for past in sorted({int(label[:4]) for label in quarters if int(label[:4]) < year}):
        flows = [quarters.get(f"{past}Q{quarter}") for quarter in (1, 2, 3, 4)]
        if all(flow is not None and flow >= 0 for flow in flows):
            years.append([float(flow or 0) / 3 for flow in flows for _month in range(3)])
    return engine.profile_from_history(years)


def attain(
    one: engine.Definition,
    target: Decimal,
    actual: Decimal | None,
    base: Decimal | None,
    day: datetime.date,
    profile: engine.TimeProfile = LINEAR,
    coverage: Decimal | None = None,
) -> engine.Attainment:
    """Status, pace and projection of one yearly target; `base` is the figure at last year's end."""
    year, last = engine.Period.parse(str(day.year)), datetime.date(day.year, 12, 31)
    value, known = None if actual is None else float(actual), 1.0 if coverage is None else float(coverage)
    goal = float(target)
    if one.direction == "band" and one.band:
        return engine.attainment(
            engine.Target(goal, direction="band", band=one.band), value, year, last, coverage=known
        )
    if one.direction == "down":
        if base is not None and float(base) > goal:
            plan = engine.Target(goal, direction="down", base=float(base))
            return engine.attainment(plan, value, year, day, coverage=known)
        # A ceiling that held before: like a rank, the smaller the better and due every day.
        return engine.attainment(engine.Target(goal, kind="rank"), value, year, last, coverage=known)
    if is_flow(one):
        return engine.attainment(engine.Target(goal, kind="cumulative"), value, year, day, profile, coverage=known)
    if base is None or float(base) >= goal:
        return _unprojected(engine.attainment(engine.Target(goal), value, year, last, coverage=known))
    start = float(base)
    way = engine.attainment(
        engine.Target(goal - start), None if value is None else value - start, year, day, coverage=known
    )
    way = replace(way, actual=value, level=goal)
    if not is_stock(one) or way.projected is None:
        return _unprojected(way)
    low, high = way.projected_range or (way.projected, way.projected)
    return replace(way, projected=way.projected + start, projected_range=(low + start, high + start))


def _unprojected(way: engine.Attainment) -> engine.Attainment:
    return replace(way, projected=None, projected_range=None)


def counted(ways: Sequence[engine.Attainment]) -> dict[str, int]:
    """How many targets stand at each status, in the engine's order; statuses nobody has are left out."""
    counts = {str(status): sum(way.status == status for way in ways) for status in engine.Status}
    return {status: n for status, n in counts.items() if n}
