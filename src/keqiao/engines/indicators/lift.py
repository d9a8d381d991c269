"""What would lift a unit in a real index: the short-board question put to a whole pipeline, checked by recomputing all of it.

The cheapest plan is found with the yardsticks held still, then the pipeline runs again with the new values. If the unit's own
values move the bounds, the aim is tightened or loosened until the true rank holds. Hides which solver fits which aggregation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.composite import Composite, Pipeline
from keqiao.engines.indicators.frozen import FrozenColumn, FrozenIndex, freeze
from keqiao.engines.indicators.prepare import Table
from keqiao.engines.indicators.problems import IndexProblem
from keqiao.engines.indicators.sensitivity import Draw, Parameter, run_draws
from keqiao.engines.indicators.shortboard import Choice, ShortBoardCase, cheapest_choices, cheapest_plan

BISECTIONS = 40
AIM_TOLERANCE = 1e-6
"""Relative: how closely the aimed score is tightened when the unit's own values move the bounds."""


@dataclass(frozen=True)
class Lever:
    """What can be done about one indicator: `reach` the furthest value within reach, `cost` per unit of value (万元, months …)."""

    reach: float
    cost: float


@dataclass(frozen=True)
class Lift:
    """The answer for one unit. `values`: indicator → value to reach (only those that move). `rank`: after a full recomputation.

    `rank_if_peers_repeat`: if every other unit repeats last period's change. `probability`: share of Monte-Carlo draws with
    rank ≤ k. Infeasible: `values` are all levers at their reach and `rank` is the best there is.
    """

    unit: str
    k: int
    rank_now: int
    feasible: bool
    cost: float
    values: Mapping[str, float]
    rank: int
    score: float
    rank_if_peers_repeat: int | None = None
    probability: float | None = None


def lift(
    pipeline: Pipeline,
    table: Table,
    unit: str,
    k: int,
    levers: Mapping[str, Lever],
    previous: Table | None = None,
    parameters: Sequence[Parameter] = (),
    draws: Sequence[Draw] = (),
) -> Lift:
    """Cheapest values for the levered indicators so that `unit` truly ranks k or better.

    Values are those after preparation (denominated, imputed). Exact for all-arithmetic and all-geometric indices with bounds
    the unit does not move; mixed levels by a local solver on a convex region; ranks and percentiles by integer programming.
    Cost: some 50 recomputations, under a second for 50 units x 50 indicators.
    """
    base = pipeline.compute(table)
    if unit not in base.units:
        raise IndexProblem.single(
            "index.lift.unit", "lift", "unit", unit, "not in the index (or screened out)", "check the code"
        )
    rest = Pipeline(
        pipeline.framework,
        {s: v for s, v in pipeline.settings.items() if s not in ("denominate", "impute", "screen")},
        pipeline.weight_sets,
    )
    still = freeze(pipeline, base)
    problem = _Problem(still, rest, base, unit, k, levers)
    now = int(base.rank(unit))
    values, feasible = problem.solve()
    after = problem.recomputed(values)
    changed = problem.table_with(values)
    return Lift(
        unit=unit,
        k=k,
        rank_now=now,
        feasible=feasible,
        cost=problem.cost(values),
        values={c: float(v) for c, v in values.items() if not np.isclose(v, problem.value_now(c), rtol=1e-12, atol=0)},
        rank=int(after.rank(unit)),
        score=after.score(unit),
        rank_if_peers_repeat=None if previous is None else _if_peers_repeat(pipeline, rest, changed, previous, unit),
        probability=None if not draws else _probability(rest, changed, parameters, draws, unit, k),
    )


class _Problem:
    def __init__(
        self, still: FrozenIndex, rest: Pipeline, base: Composite, unit: str, k: int, levers: Mapping[str, Lever]
    ) -> None:
        self.still, self.rest, self.base, self.unit, self.k = still, rest, base, unit, k
        self.row = base.units.index(unit)
        codes = base.prepared.columns
        unknown = sorted(set(levers) - set(codes))
        if unknown:
            raise IndexProblem.single(
                "index.lift.lever",
                "lift",
                "levers",
                ", ".join(unknown),
                "no such indicator",
                "use indicator codes of the framework",
            )
        self.z_now = base.normalised.values[self.row]
        self.levers = {c: v for c, v in levers.items() if self._gain(c, v) > 0}

    def value_now(self, code: str) -> float:
        return float(self.base.prepared.column(code)[self.row])

    def column(self, code: str) -> FrozenColumn:
        return self.still.columns[code]

    def _gain(self, code: str, lever: Lever) -> float:
        low, high = self.column(code).curve(np.array([self.value_now(code), lever.reach]))
        return float(high - low)

    def cost(self, values: Mapping[str, float]) -> float:
        return float(sum(self.levers[c].cost * abs(v - self.value_now(c)) for c, v in values.items()))

    def table_with(self, values: Mapping[str, float]) -> Table:
        changed = self.base.prepared.values.copy()
        for code, value in values.items():
            changed[self.row, self.base.prepared.columns.index(code)] = value
        return self.base.prepared.with_values(changed)

    def recomputed(self, values: Mapping[str, float]) -> Composite:
        return self.rest.compute(self.table_with(values))

    def holds(self, values: Mapping[str, float]) -> bool:
        return self.recomputed(values).rank(self.unit) <= self.k

    def solve(self) -> tuple[dict[str, float], bool]:
        if self.base.rank(self.unit) <= self.k:
            return {}, True
        root = self.still.pipeline.framework.root.code
        others = np.sort(np.delete(self.base.scores[root], self.row))[::-1]
        aim = float(others[self.k - 1])
        everything = {c: lever.reach for c, lever in self.levers.items()}
        if not self.holds(everything):
            return everything, False
        plan = self.cheapest(aim)
        if plan is not None and self.holds(plan):
            if self._leaves_others_alone(plan):
                return plan, True
            return self._loosen(float(self.base.scores[root][self.row]), aim, plan), True
        top = self.frozen_score(everything)
        return self._loosen(min(aim, top), max(aim, top), everything), True

    def _leaves_others_alone(self, plan: Mapping[str, float]) -> bool:
        """No bound moved: what is cheapest with still yardsticks is cheapest."""
        root = self.still.pipeline.framework.root.code
        again, before = (np.delete(c.scores[root], self.row) for c in (self.recomputed(plan), self.base))
        return np.allclose(again, before, rtol=1e-12, atol=0, equal_nan=True)

    def _loosen(self, low: float, high: float, best: dict[str, float]) -> dict[str, float]:
        """Bisect the aimed score between one that fails (or is not needed) and one that holds."""
        for _ in range(BISECTIONS):
            if high - low <= AIM_TOLERANCE * max(1.0, abs(high)):
                break
            middle = (low + high) / 2
            plan = self.cheapest(middle)
            if plan is not None and self.holds(plan):
                best, high = min(best, plan, key=self.cost), middle
            else:
                low = middle
        return best

    def frozen_score(self, values: Mapping[str, float]) -> float:
        z = self.z_now.copy()
        for c, v in values.items():
            z[self.base.prepared.columns.index(c)] = self.column(c).curve(np.array([v]))[0]
        return float(self.still.index(z[None, :])[0])

    def cheapest(self, aim: float) -> dict[str, float] | None:
        """Cheapest values whose frozen score reaches `aim`."""
        methods = self.still.pipeline.methods()
        if any(self.column(c).is_stepwise for c in self.levers):
            return self._by_steps(aim, methods)
        if methods <= {"amean"}:
            return self._closed_form(aim, "linear")
        if methods <= {"gmean"}:
            return self._closed_form(aim, "geometric")
        return self._locally(aim)

    def _weights(self) -> Array:
        shares = self.still.pipeline.framework.effective_weights(self.still.pipeline.weights())
        return np.array([shares[c] for c in self.base.prepared.columns])

    def _closed_form(self, aim: float, aggregation: str) -> dict[str, float] | None:
        codes = self.base.prepared.columns
        if np.isnan(self.z_now).any():
            return self._locally(aim)
        reach, price = self.z_now.copy(), np.zeros(len(codes))
        for c, lever in self.levers.items():
            j = codes.index(c)
            bend = self._saturation(c, lever)
            reach[j] = self.column(c).curve(np.array([bend]))[0]
            price[j] = lever.cost * abs(bend - self.value_now(c)) / (reach[j] - self.z_now[j])
        case = ShortBoardCase(self.z_now[None, :], self._weights(), 0, 1, price, reach, aggregation)
        plan = cheapest_plan(case, aim)
        return None if plan is None else self._values({codes[j]: plan.levels[j] for j in plan.moved})

    def _saturation(self, code: str, lever: Lever) -> float:
        """The nearest value that already scores as much as the reach: beyond a cap nothing is gained (已满分)."""
        curve, low, high = self.column(code).curve, self.value_now(code), lever.reach
        top = curve(np.array([high]))[0]
        if curve(np.array([low + (high - low) * (1 - 1e-9)]))[0] < top:
            return high
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if curve(np.array([middle]))[0] < top else (low, middle)
        return high

    def _values(self, levels: Mapping[str, float]) -> dict[str, float]:
        """Values for aimed scores: inverse of each column's curve, found by bisection (exact for straight ones)."""
        out = {}
        for code, level in levels.items():
            low, high = self.value_now(code), self._saturation(code, self.levers[code])
            curve = self.column(code).curve
            z = curve(np.array([low, high]))
            guess = low + (level - z[0]) / (z[1] - z[0]) * (high - low)
            out[code] = (
                float(guess)
                if np.isclose(curve(np.array([guess]))[0], level, rtol=1e-12, atol=1e-12)
                else _bisect(curve, low, high, level)
            )
        return out

    def _by_steps(self, aim: float, methods: set[str]) -> dict[str, float] | None:
        if not methods <= {"amean"} or not all(self.column(c).is_stepwise for c in self.levers):
            raise IndexProblem.single(
                "index.lift.steps",
                "lift",
                "normalise",
                sorted(methods),
                "ranks can be lifted only in an all-arithmetic index",
                "use an arithmetic mean, or another normalisation",
            )
        weights, codes = self._weights(), self.base.prepared.columns
        choices = []
        for c, lever in self.levers.items():
            j, now = codes.index(c), self.value_now(c)
            ahead = 1.0 if lever.reach > now else -1.0
            peers = [
                p
                for p in np.unique(self.base.prepared.column(c))
                if 0 < (p - now) * ahead <= (lever.reach - now) * ahead
            ]
            # A rank is gained by passing a peer, so each peer's value (and a hair beyond) and the reach are the choices.
            points = [v for p in peers for v in (p, np.nextafter(p, lever.reach))] + [lever.reach]
            gains = (self.column(c).curve(np.array(points)) - self.z_now[j]) * weights[j]
            choices.append(
                [
                    Choice(float(g), lever.cost * abs(v - now), float(v))
                    for v, g in zip(points, gains, strict=True)
                    if g > 0
                ]
            )
        picked = cheapest_choices(choices, aim - self.frozen_score({}))
        return None if picked is None else {c: picked[i].rise for i, c in enumerate(self.levers) if i in picked}

    def _locally(self, aim: float) -> dict[str, float] | None:
        """Mixed aggregations: a straight path to the reach gives a start, then sequential quadratic programming."""
        codes = list(self.levers)
        start = np.array([self.value_now(c) for c in codes])
        reach = np.array([self._saturation(c, self.levers[c]) for c in codes])
        if self.frozen_score(dict(zip(codes, reach, strict=True))) < aim:
            return None
        span = reach - start

        columns = [self.base.prepared.columns.index(c) for c in codes]

        def scores(shares: Array) -> Array:
            """Index for many sets of shares at once: rows of `shares`."""
            z = np.tile(self.z_now, (shares.shape[0], 1))
            for i, c in enumerate(codes):
                z[:, columns[i]] = self.column(c).curve(start[i] + shares[:, i] * span[i])
            return self.still.index(z)

        def score(share: Array) -> float:
            return float(scores(share[None, :])[0])

        def slope(share: Array) -> Array:
            up, down = np.minimum(share + 1e-6, 1.0), np.maximum(share - 1e-6, 0.0)
            n = len(codes)
            high_rows, low_rows = np.tile(share, (n, 1)), np.tile(share, (n, 1))
            np.fill_diagonal(high_rows, up)
            np.fill_diagonal(low_rows, down)
            values = scores(np.vstack([high_rows, low_rows]))
            return np.asarray((values[:n] - values[n:]) / (up - down), dtype=np.float64)

        low, high = 0.0, 1.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if score(np.full(len(codes), middle)) < aim else (low, middle)
        price = np.array([self.levers[c].cost for c in codes]) * np.abs(span)
        scale = max(float(price.max()), 1e-12)
        answer = minimize(
            lambda s: float(price @ s) / scale,
            np.full(len(codes), high),
            jac=lambda s: price / scale,
            bounds=[(0.0, 1.0)] * len(codes),
            constraints=[{"type": "ineq", "fun": lambda s: score(s) - aim, "jac": slope}],
            method="SLSQP",
            options={"maxiter": 300, "ftol": 1e-12},
        )
        share = np.clip(answer.x, 0.0, 1.0)
        if score(share) < aim - 1e-9:
            share = np.full(len(codes), high)
        return {c: float(start[i] + share[i] * span[i]) for i, c in enumerate(codes) if share[i] > 1e-9}


def _bisect(curve: object, low: float, high: float, level: float) -> float:
    assert callable(curve)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(np.array([middle]))[0] < level else (low, middle)
    return high


def _if_peers_repeat(pipeline: Pipeline, rest: Pipeline, changed: Table, previous: Table, unit: str) -> int:
    """Rank if every other unit changes again by what it changed since the previous period."""
    before = pipeline.prepare(previous)[0]
    values = changed.values.copy()
    for i, u in enumerate(changed.units):
        if u == unit or u not in before.units:
            continue
        old = np.array([before.column(c)[before.units.index(u)] for c in changed.columns])
        step = changed.values[i] - old
        values[i] += np.where(np.isnan(step), 0.0, step)
    return int(rest.compute(changed.with_values(values)).rank(unit))


def _probability(
    rest: Pipeline, changed: Table, parameters: Sequence[Parameter], draws: Sequence[Draw], unit: str, k: int
) -> float:
    usable = [replace(p) for p in parameters if p.path.partition(".")[0] not in ("denominate", "impute", "screen")]
    result = run_draws(rest, changed, usable, draws)
    return float(result.probability_within(k)[result.units.index(unit)])
