"""Why a rank moved: own change, peers' change, moved bounds, changed method; and which indicators caused it. Hides the recomputations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from keqiao.engines.indicators.columns import Array, rank_descending
from keqiao.engines.indicators.composite import Composite, Pipeline
from keqiao.engines.indicators.frozen import FrozenIndex, freeze
from keqiao.engines.indicators.prepare import Table
from keqiao.engines.indicators.problems import IndexProblem

MOST_EXACT = 12
"""Indicators that changed, up to which Shapley values are computed over all subsets; beyond, over sampled orders."""


@dataclass(frozen=True)
class RankMovement:
    """One unit between two periods. Causes are in the order own, peers, bounds, method; both splits add up exactly.

    `rank_by_cause`: places gained (+) or lost (-); `score_by_cause`: points. `by_indicator`: points of the own change.
    """

    unit: str
    rank_before: float
    rank_after: float
    score_before: float
    score_after: float
    rank_by_cause: Mapping[str, float]
    score_by_cause: Mapping[str, float]
    by_indicator: Mapping[str, float]

    def sentence(self, names: Mapping[str, str], language: str = "zh") -> str:
        """One sentence as the national monitoring report writes it, naming up to two movers each way."""
        up = sorted((c for c, v in self.by_indicator.items() if v > 1e-9), key=lambda c: -self.by_indicator[c])[:2]
        down = sorted((c for c, v in self.by_indicator.items() if v < -1e-9), key=lambda c: self.by_indicator[c])[:2]
        return (_chinese if language == "zh" else _english)(
            self, [names.get(c, c) for c in up], [names.get(c, c) for c in down]
        )


CAUSES = ("own", "peers", "bounds", "method")


def rank_movement(
    before: Pipeline, table_before: Table, after: Pipeline, table_after: Table, unit: str, seed: int = 0
) -> RankMovement:
    """Five states of the index, each changing one thing: before → own data → peers' data → bounds → method.

    Both pipelines must be over the same indicators and units (others are left out). Raises if `unit` is in only one period.
    """
    first = before.compute(table_before)
    second = after.compute(table_after)
    units = [u for u in first.units if u in second.units]
    if unit not in units:
        raise IndexProblem.single(
            "index.movement.unit", "movement", "unit", unit, "not in both periods", "compare units present in both"
        )
    still = freeze(before, first)
    old, new = _values(first, units), _values(second, units, first)
    mixed = old.copy()
    mixed[units.index(unit)] = new[units.index(unit)]
    same_method = Pipeline(before.framework, before.settings, before.weight_sets).compute(table_after)
    scores = [
        still.index(still.normalised(old)),
        still.index(still.normalised(mixed)),
        still.index(still.normalised(new)),
        _index(same_method, units),
        _index(second, units),
    ]
    at = units.index(unit)
    ranks = [float(rank_descending(s)[at]) for s in scores]
    return RankMovement(
        unit=unit,
        rank_before=ranks[0],
        rank_after=ranks[-1],
        score_before=float(scores[0][at]),
        score_after=float(scores[-1][at]),
        rank_by_cause={c: ranks[i] - ranks[i + 1] for i, c in enumerate(CAUSES)},
        score_by_cause={c: float(scores[i + 1][at] - scores[i][at]) for i, c in enumerate(CAUSES)},
        by_indicator=_own_change(still, old[at], new[at], seed),
    )


def _values(composite: Composite, units: list[str], like: Composite | None = None) -> Array:
    columns = (like or composite).prepared.columns
    rows = [composite.units.index(u) for u in units]
    return np.column_stack([composite.prepared.column(c)[rows] for c in columns])


def _index(composite: Composite, units: list[str]) -> Array:
    rows = [composite.units.index(u) for u in units]
    return composite.scores[composite.framework.root.code][rows]


def _own_change(still: FrozenIndex, old: Array, new: Array, seed: int) -> dict[str, float]:
    """Points of the index each indicator's own change brought, bounds and peers held still. Sums to the own change exactly."""
    codes = still.base.prepared.columns
    z_old, z_new = still.normalised(old[None, :])[0], still.normalised(new[None, :])[0]
    changed = [
        j for j in range(len(codes)) if not (z_old[j] == z_new[j] or (np.isnan(z_old[j]) and np.isnan(z_new[j])))
    ]

    def index_with(subsets: Sequence[frozenset[int]]) -> Array:
        z = np.tile(z_old, (len(subsets), 1))
        for row, moved in enumerate(subsets):
            z[row, list(moved)] = z_new[list(moved)]
        return still.index(z)

    shares = shapley(index_with, changed, seed)
    return {code: shares.get(j, 0.0) for j, code in enumerate(codes)}


def shapley(
    worth: Callable[[Sequence[frozenset[int]]], Array], players: Sequence[int], seed: int = 0, orders: int = 200
) -> dict[int, float]:
    """Each player's mean marginal contribution; `worth` values many subsets at once. Exact up to 12 players (2^n subsets);
    beyond, over random orders taken both ways, whose sum is still the whole change exactly. For a linear index one order is exact."""
    n = len(players)
    if n == 0:
        return {}
    if n <= MOST_EXACT:
        return _exact_shapley(worth, players)
    random = np.random.default_rng(seed)
    lines = [
        line for _ in range(orders // 2) for p in [[players[i] for i in random.permutation(n)]] for line in (p, p[::-1])
    ]
    total = dict.fromkeys(players, 0.0)
    for line in lines:
        values = worth([frozenset(line[:size]) for size in range(n + 1)])
        for player, gain in zip(line, np.diff(values), strict=True):
            total[player] += float(gain) / len(lines)
    return total


def _exact_shapley(worth: Callable[[Sequence[frozenset[int]]], Array], players: Sequence[int]) -> dict[int, float]:
    n = len(players)
    subsets = [frozenset(s) for size in range(n + 1) for s in combinations(players, size)]
    value = dict(zip(subsets, worth(subsets).tolist(), strict=True))
    weight = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    return {p: sum(weight[len(s)] * (value[s | {p}] - v) for s, v in value.items() if p not in s) for p in players}


def _chinese(m: RankMovement, up: list[str], down: list[str]) -> str:
    places = m.rank_before - m.rank_after
    moved = (
        f"由第 {m.rank_before:.0f} 位{'升' if places > 0 else '降'}至第 {m.rank_after:.0f} 位"
        if places
        else f"位次保持第 {m.rank_after:.0f} 位"
    )
    labels = {"own": "自身变化", "peers": "同类单位变化", "bounds": "标尺变化", "method": "方法调整"}
    parts = [f"{labels[c]}影响 {v:+.0f} 位" for c, v in m.rank_by_cause.items() if v]
    text = f"{moved}，得分{m.score_after - m.score_before:+.2f} 分"
    text += f"（{'，'.join(parts)}）" if parts else ""
    text += f"；上拉主要由于{'、'.join(up)}" if up else ""
    text += f"；下拉主要由于{'、'.join(down)}" if down else ""
    return text + "。"


def _english(m: RankMovement, up: list[str], down: list[str]) -> str:
    places = m.rank_before - m.rank_after
    moved = (
        f"{'Up' if places > 0 else 'Down'} from place {m.rank_before:.0f} to {m.rank_after:.0f}"
        if places
        else f"Still in place {m.rank_after:.0f}"
    )
    labels = {"own": "own change", "peers": "peers", "bounds": "bounds", "method": "method"}
    parts = [f"{labels[c]} {v:+.0f}" for c, v in m.rank_by_cause.items() if v]
    text = f"{moved}, score {m.score_after - m.score_before:+.2f}"
    text += f" (places: {', '.join(parts)})" if parts else ""
    text += f"; lifted by {', '.join(up)}" if up else ""
    text += f"; held back by {', '.join(down)}" if down else ""
    return text + "."
