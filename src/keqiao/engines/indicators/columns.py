"""Moments and ranks of one column of numbers; hides how missing values (NaN) and ties are counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def moments(x: Array) -> tuple[float, float]:
    """Bias-corrected skewness G1 and excess kurtosis G2 (Joanes & Gill 1998). Missing are left out.

    Fewer than 3 (skewness) or 4 (kurtosis) points, or no spread: NaN.
    """
    x = x[~np.isnan(x)]
    n = x.size
    d = x - x.mean() if n else x
    squares = d * d
    spread = float(squares.sum())
    if n < 3 or spread == 0:
        return float("nan"), float("nan")
    g1 = n**0.5 * float(squares @ d) / spread**1.5
    skew = g1 * (n * (n - 1)) ** 0.5 / (n - 2)
    if n < 4:
        return skew, float("nan")
    b2 = n * float(squares @ squares) / spread**2
    return skew, ((n + 1) * (b2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def skewness(x: Array) -> float:
    return moments(x)[0]


def kurtosis(x: Array) -> float:
    return moments(x)[1]


def rank_ascending(x: Array, ties: str = "min") -> Array:
    """Rank 1 = smallest. `ties`: min, max, average or dense. Missing stay missing."""
    from scipy.stats import rankdata  # takes a second to import: not when the program starts

    out = np.full(x.shape, np.nan)
    known = ~np.isnan(x)
    out[known] = rankdata(x[known], method=ties)
    return out


def rank_descending(x: Array, ties: str = "min") -> Array:
    """Rank 1 = largest score: the rank of a league table. Tied units share the better rank."""
    return rank_ascending(-x, ties)


def rank_rows_descending(scores: Array) -> Array:
    """League ranks of many replications at once: `scores` is replications x units; ties share the better rank."""
    if not np.isnan(scores).any():
        order = np.argsort(-scores, axis=1, kind="stable")
        ordered = np.take_along_axis(scores, order, axis=1)
        fresh = np.ones(scores.shape, dtype=bool)
        fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        positions = np.broadcast_to(np.arange(1, scores.shape[1] + 1), scores.shape)
        first = np.maximum.accumulate(np.where(fresh, positions, 0), axis=1)
        ranks = np.empty(scores.shape)
        np.put_along_axis(ranks, order, first.astype(np.float64), axis=1)
        return ranks
    return np.vstack([rank_descending(row) for row in scores])
