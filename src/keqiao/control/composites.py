"""Composites over stored figures: who stands where, how firm that is, why it moved, and what would lift a unit most cheaply.

Hides which indicators can be used in a period (one without any figure is left out and named) and how old rankings are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from django.utils.translation import get_language

from keqiao.control import facts
from keqiao.control.models import IndicatorFigure
from keqiao.core import packs
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine

DRAWS, SEED = 300, 1
LEVELS = (("county",), ("town", "street"), ("park",))
"""Levels whose units are peers of each other."""


@cache
def specs() -> dict[str, engine.IndexSpec]:
    """Composites of the packs that rank units of the tree (those over other things, such as platforms, have no level)."""
    found = [engine.read_spec(path) for path in packs.files("composites")]
    return {spec.id: spec for spec in found if spec.level}


def name_of(spec: engine.IndexSpec) -> str:
    return spec.names.get("en" if (get_language() or "").startswith("en") else "zh") or spec.id


def peers(spec: engine.IndexSpec, units: Sequence[OrgUnit]) -> list[OrgUnit]:
    """The highest group of peers among the units that the composite is made for; at least two are needed for a ranking."""
    wanted = set(spec.level.split())
    for group in LEVELS:
        found = [unit for unit in units if unit.level in group and unit.level in wanted]
        if len(found) > 1:
            return found
    return []


@dataclass(frozen=True)
class League:
    """One ranking. `units` by code; `left_out`: indicators without any figure in the period; `before` is the ranking of the period before."""

    spec: engine.IndexSpec
    pipeline: engine.Pipeline
    period: str
    table: engine.Table
    composite: engine.Composite
    left_out: tuple[str, ...]
    coverage: float
    before: "League | None" = None
    uncertainty: engine.Uncertainty | None = None

    def rank(self, code: str) -> int | None:
        rank = self.composite.rank(code) if code in self.composite.units else float("nan")
        return None if np.isnan(rank) else int(rank)


@dataclass(frozen=True)
class Row:
    unit: str
    score: float
    rank: int
    before: int | None
    low: int | None
    high: int | None
    pillars: list[float | None]

    @property
    def change(self) -> int | None:
        """Places gained."""
        return None if self.before is None else self.before - self.rank

    @property
    def places(self) -> int:
        return abs(self.change or 0)


def table_of(spec: engine.IndexSpec, snapshot: Snapshot, units: Sequence[OrgUnit], period: str) -> engine.Table:
    """Stored figures as the composite's input; what is missing stays missing."""
    columns = [one.code for one in spec.pipeline.framework.indicators]
    held = facts.figures(snapshot, period, list(units), columns)
    values = np.full((len(units), len(columns)), np.nan)
    for i, unit in enumerate(units):
        for j, code in enumerate(columns):
            figure = held.get((code, unit.pk))
            if figure is not None and figure.value is not None:
                values[i, j] = float(figure.value)
    return engine.Table(tuple(unit.code for unit in units), tuple(columns), values)


def _usable(pipeline: engine.Pipeline, table: engine.Table) -> tuple[engine.Pipeline, engine.Table, tuple[str, ...]]:
    """Without the indicators nobody has, and the pillars left empty by that; the weights of the others keep their proportions."""
    empty = {code for code, column in zip(table.columns, table.values.T, strict=True) if np.isnan(column).all()}
    if not empty:
        return pipeline, table, ()
    gone = set(empty)
    framework = pipeline.framework
    for level in range(2, framework.height + 1):
        gone |= {e.code for e in framework.at_level(level) if all(c.code in gone for c in framework.children(e.code))}
    kept = replace(framework, elements=tuple(e for e in framework.elements if e.code not in gone))
    settings = {step: _without(value, gone) for step, value in pipeline.settings.items()}
    weights = settings.get("weights")
    if isinstance(weights, Mapping) and (groups := weights.get("groups")):  # percentages must sum to 100 again
        settings["weights"] = {
            **weights,
            "groups": {code: w * 100 / sum(groups.values()) for code, w in groups.items()},
        }
    sets = {name: {c: w for c, w in one.items() if c not in gone} for name, one in pipeline.weight_sets.items()}
    columns = [i for i, code in enumerate(table.columns) if code not in empty]
    smaller = engine.Table(table.units, tuple(table.columns[i] for i in columns), table.values[:, columns])
    return engine.Pipeline(kept, settings, sets), smaller, tuple(c for c in table.columns if c in empty)


def _without(value: Any, gone: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item, gone) for key, item in value.items() if key not in gone}
    return value


def league(
    spec: engine.IndexSpec, snapshot: Snapshot, units: Sequence[OrgUnit], period: str, before: str
) -> League | None:
    """The ranking of a period beside the one before; None where no unit has a figure."""
    return _league(spec.id, snapshot.pk, snapshot.digest, tuple(unit.pk for unit in units), period, before)


@lru_cache(maxsize=64)
def _league(key: str, snapshot: int, digest: str, units: tuple[int, ...], period: str, before: str) -> League | None:
    spec, shot = specs()[key], Snapshot.objects.get(pk=snapshot)
    places = list(OrgUnit.objects.filter(pk__in=units).order_by("code"))
    whole = table_of(spec, shot, places, period)
    pipeline, table, left_out = _usable(spec.pipeline, whole)
    if not table.columns:
        return None
    composite = pipeline.compute(table)
    coverage = 1 - float(np.isnan(whole.values).mean())
    draws = engine.draw_at_random(spec.parameters, DRAWS, SEED) if spec.parameters and not left_out else ()
    found = League(
        spec, pipeline, period, table, composite, left_out, coverage,
        uncertainty=engine.run_draws(pipeline, table, spec.parameters, draws, seed=SEED) if draws else None,
    )  # fmt: skip
    return replace(found, before=_like(found, shot, places, before)) if before else found


def _like(now: League, snapshot: Snapshot, units: Sequence[OrgUnit], period: str) -> League | None:
    """The same indicators a period earlier; None if one of them has no figure then, for such ranks cannot be compared."""
    whole = table_of(now.spec, snapshot, units, period)
    columns = [whole.columns.index(code) for code in now.table.columns]
    table = engine.Table(whole.units, now.table.columns, whole.values[:, columns])
    if np.isnan(table.values).all(axis=0).any():
        return None
    return League(now.spec, now.pipeline, period, table, now.pipeline.compute(table), now.left_out, 1.0)


def rows(found: League) -> list[Row]:
    """The league table, best first; units without a score are left out."""
    pillars = [e.code for e in found.composite.framework.children(found.composite.framework.root.code)]
    limits = found.uncertainty.statistics() if found.uncertainty else None
    out = []
    for code in found.composite.units:
        rank = found.rank(code)
        if rank is None:
            continue
        at = found.uncertainty.units.index(code) if found.uncertainty else 0
        values = [found.composite.score(code, pillar) for pillar in pillars]
        out.append(
            Row(
                code,
                found.composite.score(code),
                rank,
                found.before.rank(code) if found.before else None,
                _whole(limits["Q5"][at]) if limits else None,
                _whole(limits["Q95"][at]) if limits else None,
                [None if np.isnan(v) else v for v in values],
            )
        )
    return sorted(out, key=lambda row: (row.rank, row.unit))


def _whole(number: float) -> int | None:
    return None if np.isnan(number) else round(float(number))


def movement(found: League, code: str) -> engine.RankMovement | None:
    """Why the unit's rank moved since the period before."""
    if found.before is None or found.before.rank(code) is None or found.rank(code) is None:
        return None
    return engine.rank_movement(found.before.pipeline, found.before.table, found.pipeline, found.table, code)


@dataclass(frozen=True)
class Lever:
    """One indicator of a unit and how far it could be brought. `effort`: per spread of the peers (one standard deviation), the planner's own estimate."""

    code: str
    name: str
    value: float
    reach: float
    spread: float
    effort: float
    is_down: bool


def levers(
    found: League, code: str, given: Mapping[str, tuple[float | None, float | None]] | None = None
) -> list[Lever]:
    """Every indicator of the unit. Without the planner's own word the best peer's value is within reach, and one spread of the peers costs
    1 whatever the indicator. `given`: indicator -> (reach, effort)."""
    row, out = found.table.units.index(code), []
    names = {one.id: facts.label(one) for one in facts.current()}
    for j, column in enumerate(found.table.columns):
        values = found.table.values[:, j]
        if np.isnan(values[row]) or np.isnan(values).all():
            continue
        is_down = found.pipeline.framework[column].direction < 0
        reach, effort = (given or {}).get(column, (None, None))
        best = float(np.nanmin(values) if is_down else np.nanmax(values))
        out.append(
            Lever(
                column,
                names.get(column, column),
                float(values[row]),
                best if reach is None else reach,
                float(np.nanstd(values)),
                1.0 if effort is None else effort,
                is_down,
            )
        )
    return out


def lift(found: League, code: str, k: int, levers: Sequence[Lever]) -> engine.Lift:
    """The cheapest values that bring the unit to rank k. Raises IndexProblem where the index cannot be taken apart."""
    moved = {
        one.code: engine.Lever(one.reach, one.effort / one.spread)
        for one in levers
        if one.spread > 0 and one.effort > 0
    }
    previous = found.before.table if found.before and not np.isnan(found.before.table.values).any() else None
    draws = found.uncertainty.draws if found.uncertainty else ()
    return engine.lift(
        found.pipeline, found.table, code, k, moved, previous, found.spec.parameters if draws else (), draws
    )


def periods(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Periods a ranking can be asked for, each with the one it is compared to: this year so far, then whole years."""
    calendar = facts.Calendar(snapshot.as_of)
    year = snapshot.as_of.year
    return [(calendar.this_year, calendar.last_year_so_far), *((str(y), str(y - 1)) for y in (year - 1, year - 2))]


def figures_of(found: League, snapshot: Snapshot, unit: OrgUnit) -> dict[str, IndicatorFigure]:
    held = facts.figures(snapshot, found.period, [unit], list(found.table.columns))
    return {indicator: figure for (indicator, _unit), figure in held.items()}
