"""Children's scores to the parent's score. Hides missing children (weights are rescaled over the known ones) and batching."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.outranking import copeland, copeland_as_coinr
from keqiao.engines.indicators.problems import IndexProblem


def aggregate_children(
    values: Array, weights: Array, method: str = "amean", p: float = 1.0, data_threshold: float | None = None
) -> Array:
    """Scores of one parent.

    Shape: values [replications or 1, units, children], weights [replications or 1, children] -> [replications, units].
    Missing children are left out and weights rescaled; none known, or a smaller share known than `data_threshold`: NaN.
    Methods: amean, gmean, hmean, genmean (exponent `p`), copeland (draws are draws; `a_copeland`: COINr's arithmetic),
    median, min, max, sum.
    Raises for values a mean cannot take (geometric: 0 or less; harmonic: 0).
    """
    name = method if method == "a_copeland" else method.removeprefix("a_")
    if name not in _METHODS:
        raise IndexProblem.single(
            "index.aggregate.method",
            "aggregate",
            "f_ag",
            method,
            "unknown aggregation",
            f"one of {', '.join(_METHODS)}",
        )
    known = ~np.isnan(values)
    w = np.where(known, weights[:, None, :], 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = _METHODS[name](values, known, w, p)
    out = np.where(w.sum(axis=-1) > 0, out, np.nan)
    if data_threshold is not None:
        out = np.where(known.mean(axis=-1) < data_threshold, np.nan, out)
    return out


def _array(x: npt.ArrayLike) -> Array:
    return np.asarray(x, dtype=np.float64)


def _sum(values: Array, w: Array) -> Array:
    return _array(np.nansum(values * w, axis=-1))


def _arithmetic(x: Array, known: Array, w: Array, p: float) -> Array:
    return _array(_sum(x, w) / w.sum(axis=-1))


def _geometric(x: Array, known: Array, w: Array, p: float) -> Array:
    if np.any(x <= 0):
        raise IndexProblem.single(
            "index.aggregate.positive",
            "aggregate",
            "a_gmean",
            float(np.nanmin(x)),
            "the geometric mean needs values above 0",
            "normalise to a positive range, e.g. l_u: [1, 100]",
        )
    return _array(np.exp(_sum(np.log(x), w) / w.sum(axis=-1)))


def _harmonic(x: Array, known: Array, w: Array, p: float) -> Array:
    if np.any(x == 0):
        raise IndexProblem.single(
            "index.aggregate.zero",
            "aggregate",
            "a_hmean",
            0,
            "the harmonic mean takes no zero",
            "normalise to a range without 0, e.g. l_u: [1, 100]",
        )
    return _array(w.sum(axis=-1) / _sum(1 / x, w))


def _generalised(x: Array, known: Array, w: Array, p: float) -> Array:
    if p == 0:
        return _geometric(x, known, w, p)
    if p < 0 and np.any(x <= 0):
        raise IndexProblem.single(
            "index.aggregate.positive",
            "aggregate",
            "a_genmean",
            float(np.nanmin(x)),
            "a negative exponent needs values above 0",
            "normalise to a positive range",
        )
    return _array(np.power(_sum(np.power(x, p), w) / w.sum(axis=-1), 1 / p))


def _copeland(x: Array, known: Array, w: Array, p: float) -> Array:
    return _each_replication(copeland, x, w)


def _copeland_as_coinr(x: Array, known: Array, w: Array, p: float) -> Array:
    return _each_replication(copeland_as_coinr, x, w)


def _each_replication(score: Callable[[Array, Array], Array], x: Array, w: Array) -> Array:
    replications = max(x.shape[0], w.shape[0])
    scores = []
    for r in range(replications):
        # Weights are the same for every unit; a unit's own missing values are handled pair by pair.
        weights = np.nanmax(w[r % w.shape[0]], axis=0)
        scores.append(score(x[r % x.shape[0]], weights))
    return np.stack(scores)


def _median(x: Array, known: Array, w: Array, p: float) -> Array:
    return _array(np.nanmedian(x, axis=-1))


def _smallest(x: Array, known: Array, w: Array, p: float) -> Array:
    return _array(np.nanmin(x, axis=-1))


def _largest(x: Array, known: Array, w: Array, p: float) -> Array:
    return _array(np.nanmax(x, axis=-1))


def _weighted_sum(x: Array, known: Array, w: Array, p: float) -> Array:
    """Scores and deductions of a scorecard: weights are not rescaled."""
    return _sum(x, w)


_METHODS: dict[str, Callable[[Array, Array, Array, float], Array]] = {
    "amean": _arithmetic,
    "gmean": _geometric,
    "hmean": _harmonic,
    "genmean": _generalised,
    "copeland": _copeland,
    "a_copeland": _copeland_as_coinr,
    "median": _median,
    "min": _smallest,
    "max": _largest,
    "sum": _weighted_sum,
}
