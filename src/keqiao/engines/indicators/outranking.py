"""Ranking without compensation: pairwise votes, Copeland scores and the exact Kemeny order. Hides the search.

Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), multi-criteria approach.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import highspy
import numpy as np

from keqiao.engines.indicators.columns import Array

ENUMERATED_UNITS = 12
"""Up to here all best orders are listed by dynamic programming over subsets; beyond, one best order by integer programming."""


def outranking_matrix(x: Array, weights: Array) -> Array:
    """Share of weight by which row unit beats column unit; ties count half. Shape units x units, diagonal 0.

    A criterion missing for either unit is left out of that pair, and the rest rescaled.
    """
    n = x.shape[0]
    out = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        known = ~(np.isnan(x[i]) | np.isnan(x[j]))
        total = weights[known].sum()
        if total == 0:
            out[i, j] = out[j, i] = 0.5
            continue
        better = weights[known & (x[i] > x[j])].sum()
        equal = weights[known & (x[i] == x[j])].sum()
        out[i, j] = (better + equal / 2) / total
        out[j, i] = 1 - out[i, j]
    return out


def copeland(x: Array, weights: Array) -> Array:
    """Pairs won minus pairs lost. A share within 1e-12 of one half is a draw: sums of weights are not exact in binary."""
    votes = outranking_matrix(x, weights)
    margin = votes - 0.5
    wins = np.where(np.abs(margin) < 1e-12, 0.0, np.sign(margin))
    np.fill_diagonal(wins, 0.0)
    return np.asarray(wins.sum(axis=1), dtype=np.float64)


def copeland_as_coinr(x: Array, weights: Array) -> Array:
    """Copeland scores with COINr's arithmetic, bit for bit, for comparison with indices built in R.

    There a draw can be lost to rounding: shares are sums of rounded weights (in extended precision, as R sums), compared
    with one half exactly, and the lower triangle is one minus the upper, so the result can depend on the order of units.
    On 51 countries and 49 equal weights 10 scores differ by 1 or 2 from `copeland`, which should be used otherwise.
    """

    def total(a: Array) -> float:
        return float(np.sum(a.astype(np.longdouble)))

    w = weights / total(weights)
    n = x.shape[0]
    votes = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        votes[i, j] = float(np.longdouble(total(w[x[i] > x[j]])) + np.longdouble(total(w[x[i] == x[j]]) / 2))
        votes[j, i] = 1 - votes[i, j]
    wins = np.sign(votes - 0.5)
    np.fill_diagonal(wins, 0.0)
    return np.asarray(wins.sum(axis=1), dtype=np.float64)


def kemeny_orders(votes: Array) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """Support and order(s) of units, best first, with the largest sum of votes over all ordered pairs.

    Up to 12 units every tied best order is returned; for more, one. Exact in both cases.
    Cost: 2^n n for n up to 12; beyond, an integer programme with n(n-1)/2 variables (23 units: about a second).
    """
    n = votes.shape[0]
    return _kemeny_by_subsets(votes) if n <= ENUMERATED_UNITS else _kemeny_by_programme(votes)


def _kemeny_by_subsets(votes: Array) -> tuple[float, tuple[tuple[int, ...], ...]]:
    n = votes.shape[0]
    best = np.full(1 << n, -np.inf)
    best[0] = 0.0
    # best[s]: units of s already placed at the top; placing u next gains its votes over everybody not yet placed.
    gains = [[sum(votes[u, v] for v in range(n) if v != u and not s >> v & 1) for u in range(n)] for s in range(1 << n)]
    for s in range(1 << n):
        for u in range(n):
            if not s >> u & 1:
                best[s | 1 << u] = max(best[s | 1 << u], best[s] + gains[s][u])
    orders: list[tuple[int, ...]] = []

    def walk_back(s: int, tail: tuple[int, ...]) -> None:
        if s == 0:
            orders.append(tail)
            return
        for u in range(n):
            if s >> u & 1 and abs(best[s & ~(1 << u)] + gains[s & ~(1 << u)][u] - best[s]) < 1e-9:
                walk_back(s & ~(1 << u), (u, *tail))

    walk_back((1 << n) - 1, ())
    return float(best[-1]), tuple(sorted(orders))


def _kemeny_by_programme(votes: Array) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """Linear ordering: x[i,j] = 1 if i stands above j; no cycle of three. Triangle cuts are added as they are violated."""
    n = votes.shape[0]
    model: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # no stubs for the constructor
    model.silent()
    index = {pair: k for k, pair in enumerate(combinations(range(n), 2))}
    for i, j in index:
        model.addVar(0.0, 1.0)
        model.changeColCost(index[i, j], float(votes[j, i] - votes[i, j]))
        model.changeColIntegrality(index[i, j], highspy.HighsVarType.kInteger)
    while True:
        model.run()
        x = model.getSolution().col_value
        cuts = _violated_triangles(x, index, n)
        if not cuts:
            break
        for lower, upper, columns, signs in cuts:
            model.addRow(lower, upper, len(columns), np.array(columns, dtype=np.int32), np.array(signs))
    wins = [sum((x[index[i, j]] if i < j else 1 - x[index[j, i]]) > 0.5 for j in range(n) if j != i) for i in range(n)]
    order = tuple(sorted(range(n), key=lambda i: -wins[i]))
    return support(votes, order), (order,)


def _violated_triangles(
    x: Sequence[float], index: dict[tuple[int, int], int], n: int
) -> list[tuple[float, float, list[int], list[float]]]:
    cuts = []
    for i, j, k in combinations(range(n), 3):
        a, b, c = index[i, j], index[j, k], index[i, k]
        total = x[a] + x[b] - x[c]
        if total > 1 + 1e-6 or total < -1e-6:
            cuts.append((0.0, 1.0, [a, b, c], [1.0, 1.0, -1.0]))
    return cuts


def support(votes: Array, order: Sequence[int]) -> float:
    """Sum of votes of every unit over those placed below it."""
    return float(sum(votes[order[a], order[b]] for a, b in combinations(range(len(order)), 2)))
