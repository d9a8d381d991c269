"""The cheapest set of improvements that brings a unit to rank k. Hides the solvers; never equates cost with points.

Scores are normalised indicator scores; costs are declared effort per point (万元, months), caps the highest level within
reach. Linear indices: fractional knapsack; geometric: water-filling; whole steps and fixed costs: integer programming.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.problems import IndexProblem

Indices: TypeAlias = npt.NDArray[np.int64]

MOST_SUBSETS = 200_000
"""Subsets tried for 'at most q indicators' in a geometric index before we refuse rather than keep the user waiting."""


@dataclass(frozen=True)
class ShortBoardCase:
    """One unit's question. `scores`: units x indicators; `unit`: its row; `caps`: highest reachable score per indicator
    (below the present one: no change); `steps`: smallest whole increment in points (0 = any); `fixed_costs`: paid once if touched."""

    scores: Array
    weights: Array
    unit: int
    k: int
    unit_costs: Array
    caps: Array
    aggregation: str = "linear"
    steps: Array | None = None
    fixed_costs: Array | None = None

    def __post_init__(self) -> None:
        n, m = self.scores.shape
        bad = [
            (self.aggregation not in ("linear", "geometric"), "agg", self.aggregation, "linear or geometric"),
            (not 0 <= self.unit < n, "unit", self.unit, f"0 to {n - 1}"),
            (not 1 <= self.k <= n, "k", self.k, f"1 to {n}"),
            (
                any(a.shape != (m,) for a in (self.weights, self.unit_costs, self.caps)),
                "w, unit_cost, cap",
                m,
                f"{m} numbers each",
            ),
            (bool(np.any(self.weights < 0) or np.any(self.unit_costs < 0)), "w, unit_cost", "negative", "0 or more"),
            (bool(np.isnan(self.scores).any()), "Z", "missing", "impute missing scores first"),
            (
                self.aggregation == "geometric" and bool(np.any(self.scores <= 0)),
                "Z",
                "0 or less",
                "a geometric index needs scores above 0",
            ),
        ]
        for wrong, name, value, remedy in bad:
            if wrong:
                raise IndexProblem.single("shortboard.case", "case", name, value, "not a valid case", remedy)


@dataclass(frozen=True)
class Plan:
    """Levels to reach per indicator, what it costs, and which indicators move."""

    cost: float
    levels: Array
    moved: tuple[int, ...]


@dataclass(frozen=True)
class ShortBoardAdvice:
    """The answer. Infeasible: `plan` is None and `best_rank` says how far the caps allow. Already there: cost 0.

    `at_most[q]`: cheapest plan touching at most q indicators, None if there is none. `by_points`: indicators by points
    to gain up to the best unit; `by_price`: by points gained per cost. The two orders differ; both are shown.
    """

    current_rank: int
    threshold: float
    score: float
    feasible: bool
    highest_score: float
    best_rank: int
    plan: Plan | None
    at_most: Mapping[int, Plan | None] = field(default_factory=dict)
    by_points: tuple[int, ...] = ()
    by_price: tuple[int, ...] = ()
    points_to_next: float | None = None
    points_of_safety: float | None = None


def index_score(levels: Array, weights: Array, aggregation: str) -> Array:
    """Weighted sum, or product of powers; weights are used as given. Shape: [..., indicators] -> [...]."""
    if aggregation == "geometric":
        return np.asarray(np.exp((weights * np.log(levels)).sum(axis=-1)), dtype=np.float64)
    return np.asarray((weights * levels).sum(axis=-1), dtype=np.float64)


def short_board(case: ShortBoardCase, at_most: Sequence[int] = ()) -> ShortBoardAdvice:
    """Exact minimum cost to stand at rank k or better, others unchanged (ties share the better rank)."""
    scores = index_score(case.scores, case.weights, case.aggregation)
    own, others = float(scores[case.unit]), np.delete(scores, case.unit)
    threshold = float(np.sort(others)[::-1][case.k - 1]) if case.k <= others.size else -np.inf
    ceiling = np.maximum(case.caps, case.scores[case.unit])
    highest = float(index_score(ceiling, case.weights, case.aggregation))
    plan = cheapest_plan(case, threshold)
    return ShortBoardAdvice(
        current_rank=_rank(own, others),
        threshold=threshold,
        score=own,
        feasible=plan is not None,
        highest_score=highest,
        best_rank=_rank(highest, others),
        plan=plan,
        at_most={q: cheapest_plan(case, threshold, q) for q in at_most},
        by_points=_order(case.weights * (case.scores.max(axis=0) - case.scores[case.unit])),
        by_price=_order(_gain_per_cost(case)),
        points_to_next=_gap(others[others > own], own),
        points_of_safety=_gap(-others[others <= own], -own),
    )


def _rank(score: float, others: Array) -> int:
    return 1 + int(np.count_nonzero(others > score))


def _gap(beyond: Array, own: float) -> float | None:
    return float(beyond.min() - own) if beyond.size else None


def _order(keys: Array) -> tuple[int, ...]:
    return tuple(int(j) for j in np.argsort(-keys, kind="stable"))


def _gain_per_cost(case: ShortBoardCase) -> Array:
    now = case.scores[case.unit]
    slope = case.weights / now if case.aggregation == "geometric" else case.weights
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.where(case.caps > now, slope / case.unit_costs, 0.0), posinf=1e300)


def cheapest_plan(case: ShortBoardCase, target: float, at_most: int | None = None) -> Plan | None:
    """Cheapest levels whose index is at least `target`; None if the caps do not reach it."""
    whole = case.steps is not None and bool(np.any(case.steps > 0))
    if whole or (case.fixed_costs is not None and bool(np.any(case.fixed_costs > 0))):
        return _by_programme(case, target, at_most)
    if at_most is None or at_most >= case.scores.shape[1]:
        return _fill(case, target, range(case.scores.shape[1]))
    if case.aggregation == "linear" and comb(case.scores.shape[1], at_most) > 2_000:
        return _by_programme(case, target, at_most)
    if comb(case.scores.shape[1], at_most) > MOST_SUBSETS:
        raise IndexProblem.single(
            "shortboard.subsets", "case", "at_most", at_most, "too many subsets to try", "ask for fewer indicators"
        )
    movable = [
        j for j in range(case.scores.shape[1]) if case.caps[j] > case.scores[case.unit, j] and case.weights[j] > 0
    ]
    plans = [_fill(case, target, subset) for subset in combinations(movable, min(at_most, len(movable)))]
    return min((p for p in plans if p is not None), key=lambda p: p.cost, default=None)


def _fill(case: ShortBoardCase, target: float, allowed: Sequence[int]) -> Plan | None:
    now = case.scores[case.unit].astype(np.float64)
    if float(index_score(now, case.weights, case.aggregation)) >= target:
        return _plan(case, now)
    movable = np.array([j for j in allowed if case.caps[j] > now[j] and case.weights[j] > 0], dtype=np.int64)
    ceiling = now.copy()
    ceiling[movable] = case.caps[movable]
    reach = float(index_score(ceiling, case.weights, case.aggregation))
    # A target met only by every cap at once may miss by rounding; 1e-12 relative is not a shortfall.
    if reach < target and not np.isclose(reach, target, rtol=1e-12, atol=0):
        return None
    fill = _fill_geometric if case.aggregation == "geometric" else _fill_linear
    return _plan(case, fill(case, now, ceiling, movable, target))


def _fill_linear(case: ShortBoardCase, now: Array, ceiling: Array, movable: Indices, target: float) -> Array:
    """Fractional knapsack: the cheapest points first; the last one only as far as needed."""
    levels = now.copy()
    order = sorted(movable.tolist(), key=lambda j: case.unit_costs[j] / case.weights[j])
    for j in order:
        missing = target - float((case.weights * levels).sum())
        if missing <= 0:
            break
        levels[j] = min(ceiling[j], levels[j] + missing / case.weights[j])
    return levels


def _fill_geometric(case: ShortBoardCase, now: Array, ceiling: Array, movable: Indices, target: float) -> Array:
    """Water-filling: level_j = clip(price x w_j / c_j, now, cap) at one price for all, solved exactly between breakpoints."""
    levels = now.copy()
    free = movable[case.unit_costs[movable] == 0]
    levels[free] = ceiling[free]
    paid = movable[case.unit_costs[movable] > 0]
    pull = case.weights[paid] / case.unit_costs[paid]
    low, high = now[paid] / pull, ceiling[paid] / pull
    need = np.log(target) - (case.weights * np.log(levels)).sum() + (case.weights[paid] * np.log(now[paid])).sum()

    def reached(price: float) -> float:
        return float((case.weights[paid] * np.log(np.clip(price * pull, now[paid], ceiling[paid]))).sum())

    points = np.unique(np.concatenate([low, high]))
    if not points.size or reached(float(points[0])) >= need:
        return levels
    upper = next((p for p in points if reached(float(p)) >= need), float(points[-1]))
    lower = float(points[points < upper].max())
    active = (low <= lower) & (high >= upper)
    settled = np.clip(lower * pull, now[paid], ceiling[paid])
    w = case.weights[paid][active]
    fixed = (case.weights[paid][~active] * np.log(settled[~active])).sum()
    log_price = (need - fixed - (w * np.log(pull[active])).sum()) / w.sum()
    levels[paid] = np.clip(np.exp(log_price) * pull, now[paid], ceiling[paid])
    levels[paid[~active]] = settled[~active]
    return levels


def _plan(case: ShortBoardCase, levels: Array) -> Plan:
    rise = levels - case.scores[case.unit]
    moved = tuple(int(j) for j in np.flatnonzero(rise > 0))
    fixed = 0.0 if case.fixed_costs is None else float(case.fixed_costs[list(moved)].sum())
    return Plan(float((case.unit_costs * rise).sum()) + fixed, levels, moved)


def _by_programme(case: ShortBoardCase, target: float, at_most: int | None) -> Plan | None:
    """Integer programme (HiGHS): rise_j = step_j x whole number (or any), fixed cost if touched, at most q touched.

    A geometric index is concave in the rises; whole steps are offered one by one with their own gain in logs.
    """
    if case.aggregation == "geometric":
        if case.steps is None or np.any(case.steps <= 0):
            raise IndexProblem.single(
                "shortboard.geometric",
                "case",
                "steps",
                None,
                "a geometric index with fixed costs needs whole steps",
                "give a step for every indicator",
            )
        return _by_choices(case, target, at_most)
    now, m = case.scores[case.unit], case.scores.shape[1]
    room = np.maximum(case.caps - now, 0.0)
    steps = np.zeros(m) if case.steps is None else case.steps
    size = np.where(steps > 0, steps, 1.0)
    limit = np.where(steps > 0, np.floor(room / size + 1e-9), room)
    fixed = np.zeros(m) if case.fixed_costs is None else case.fixed_costs
    cost = np.concatenate([case.unit_costs * size, fixed])
    need = target - float((case.weights * now).sum())
    rows = [LinearConstraint(np.concatenate([case.weights * size, np.zeros(m)])[None, :], need, np.inf)]
    rows.append(LinearConstraint(np.hstack([np.eye(m), -np.diag(limit)]), -np.inf, 0.0))
    if at_most is not None:
        rows.append(LinearConstraint(np.concatenate([np.zeros(m), np.ones(m)])[None, :], 0, at_most))
    kinds = np.concatenate([(steps > 0).astype(np.int64), np.ones(m, dtype=np.int64)])
    bounds = Bounds(np.zeros(2 * m), np.concatenate([limit, np.ones(m)]))
    answer = milp(cost, constraints=rows, integrality=kinds, bounds=bounds, options={"mip_rel_gap": 0.0})
    if not answer.success:
        return None
    amounts = np.where(steps > 0, np.round(answer.x[:m]), answer.x[:m]) * size
    return _plan(case, now + np.where(amounts > 1e-9, amounts, 0.0))


def _by_choices(case: ShortBoardCase, target: float, at_most: int | None) -> Plan | None:
    now = case.scores[case.unit]
    assert case.steps is not None  # the caller has checked it
    fixed = np.zeros(now.size) if case.fixed_costs is None else case.fixed_costs
    choices: list[list[Choice]] = []
    for j in range(now.size):
        count = int(np.floor(max(case.caps[j] - now[j], 0.0) / case.steps[j] + 1e-9))
        rises = [n * case.steps[j] for n in range(1, count + 1)]
        choices.append(
            [
                Choice(
                    float(case.weights[j] * np.log1p(r / now[j])), float(r * case.unit_costs[j] + fixed[j]), float(r)
                )
                for r in rises
            ]
        )
    need = float(np.log(target) - (case.weights * np.log(now)).sum())
    picked = cheapest_choices(choices, need, at_most)
    if picked is None:
        return None
    levels = now.astype(np.float64).copy()
    for j, choice in picked.items():
        levels[j] += choice.rise
    return _plan(case, levels)


@dataclass(frozen=True)
class Choice:
    """One thing that could be done for an indicator: what it adds to the (linear or log) index, its cost, the rise itself."""

    gain: float
    cost: float
    rise: float


def cheapest_choices(
    choices: Sequence[Sequence[Choice]], need: float, at_most: int | None = None
) -> dict[int, Choice] | None:
    """Multiple-choice knapsack: at most one choice per indicator, gains adding to `need`, least cost. Exact (HiGHS).

    For step scores: ranks, percentiles, standards met or not. None if even the best choices fall short.
    """
    if need <= 0:
        return {}
    flat = [(j, c) for j, options in enumerate(choices) for c in options]
    if not flat:
        return None
    gains = np.array([c.gain for _, c in flat])
    cost = np.array([c.cost for _, c in flat])
    group = np.array([[1.0 if j == g else 0.0 for j, _ in flat] for g in range(len(choices))])
    rows = [LinearConstraint(gains[None, :], need, np.inf), LinearConstraint(group, 0, 1)]
    if at_most is not None:
        rows.append(LinearConstraint(np.ones((1, len(flat))), 0, at_most))
    answer = milp(
        cost, constraints=rows, integrality=np.ones(len(flat)), bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0}
    )
    if not answer.success:
        return None
    return {j: c for (j, c), taken in zip(flat, answer.x, strict=True) if taken > 0.5}
