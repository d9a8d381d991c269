"""An index with its yardsticks held still: one period's treatment and normalisation applied to other values.

Needed wherever the question is "what if only this changed": short-boards, and rank movements split by cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.composite import Composite, Pipeline
from keqiao.engines.indicators.normalise import normalise_column
from keqiao.engines.indicators.treat import ColumnTreatment

_STILL = ("goalposts", "standard", "scaled", "none")
_LINEAR = ("minmax", "zscore", "dist2max", "dist2ref", "dist2targ", "fracmax")
_STEPS = ("rank", "prank", "borda")

Curve = Callable[[Array], Array]


@dataclass(frozen=True)
class FrozenColumn:
    """Score of an indicator as a function of its (prepared) value, all other units as they were. `is_stepwise`: by ranks."""

    code: str
    curve: Curve
    is_stepwise: bool

    def slope(self, at: float, towards: float) -> float:
        """Points gained per unit of value from `at` to `towards`."""
        low, high = self.curve(np.array([at, towards]))
        return float((high - low) / (towards - at)) if towards != at else 0.0


@dataclass(frozen=True)
class FrozenIndex:
    """A composite whose bounds no longer move."""

    pipeline: Pipeline
    base: Composite
    columns: Mapping[str, FrozenColumn]

    def normalised(self, values: Array) -> Array:
        """Scores of prepared values, units x indicators (order of the base's columns)."""
        codes = self.base.prepared.columns
        scores = np.column_stack([self.columns[c].curve(values[:, j]) for j, c in enumerate(codes)])
        if not self._needs_positive:
            return scores
        # Below the old worst a geometric or harmonic mean has no value: worse than the worst counts as the worst.
        worst = np.nanmin(self.base.normalised.values, axis=0)
        return np.asarray(np.maximum(scores, worst), dtype=np.float64)

    @property
    def _needs_positive(self) -> bool:
        return not self.pipeline.methods() <= {"amean", "median", "min", "max", "sum", "copeland"}

    def scores(self, normalised: Array) -> dict[str, Array]:
        """All elements' scores from normalised values."""
        table = self.base.normalised.with_values(normalised)
        return {code: s[0] for code, s in self.pipeline.aggregate(table, self.pipeline.level_weights()).items()}

    def index(self, normalised: Array) -> Array:
        return self.scores(normalised)[self.pipeline.framework.root.code]


def freeze(pipeline: Pipeline, base: Composite) -> FrozenIndex:
    """Hold the base's bounds, means, transforms and peers still."""
    columns = {}
    for code in base.prepared.columns:
        method = pipeline.normalise_spec(pipeline.framework[code]).method.removeprefix("n_")
        treated = _treated_curve(base.treatments[code], base.prepared.column(code))
        columns[code] = FrozenColumn(code, _score_curve(pipeline, base, code, method, treated), method in _STEPS)
    return FrozenIndex(pipeline, base, columns)


def _treated_curve(done: ColumnTreatment, before: Array) -> Curve:
    if done.step == "none":
        # A fixed transform (settings `transform`) leaves step none but changes the values.
        return (lambda x: x) if np.array_equal(done.values, before, equal_nan=True) else _through(before, done.values)
    if done.step.startswith("winsorise") and "+" not in done.step:
        low, high = np.nanmin(done.values), np.nanmax(done.values)
        return lambda x: np.clip(x, low, high)
    return _through(before, done.values)


def _through(before: Array, after: Array) -> Curve:
    """The transform between known points, straight between neighbours and beyond the ends along the last piece."""
    known = ~(np.isnan(before) | np.isnan(after))
    xs, first = np.unique(before[known], return_index=True)
    ys = after[known][first]

    def curve(x: Array) -> Array:
        y = np.interp(x, xs, ys)
        if xs.size > 1:
            y = np.where(x > xs[-1], ys[-1] + (x - xs[-1]) * (ys[-1] - ys[-2]) / (xs[-1] - xs[-2]), y)
            y = np.where(x < xs[0], ys[0] + (x - xs[0]) * (ys[1] - ys[0]) / (xs[1] - xs[0]), y)
        return np.where(np.isnan(x), np.nan, y)

    return curve


def _score_curve(pipeline: Pipeline, base: Composite, code: str, method: str, treated: Curve) -> Curve:
    element = pipeline.framework[code]
    spec = pipeline.normalise_spec(element)
    if not pipeline.settings.get("normalise"):
        return lambda x: treated(x) * element.direction
    if method in _STILL:
        return lambda x: normalise_column(treated(x), element, spec)
    t, z = base.treated.column(code), base.normalised.column(code)
    if method in _STEPS:
        return _by_rank(t * element.direction, treated, element.direction, method)
    slope, offset = _line(t, z, bool(spec.parameters.get("cap_max", False)))
    cap = 1.0 if spec.parameters.get("cap_max", False) else np.inf
    return lambda x: np.where(np.isnan(x), np.nan, np.minimum(offset + slope * treated(x), cap))


def _line(t: Array, z: Array, capped: bool) -> tuple[float, float]:
    usable = ~(np.isnan(t) | np.isnan(z)) & ((z < 1) if capped else True)
    low, high = np.flatnonzero(usable)[[np.argmin(t[usable]), np.argmax(t[usable])]]
    slope = (z[high] - z[low]) / (t[high] - t[low])
    return float(slope), float(z[low] - slope * t[low])


def _by_rank(peers: Array, treated: Curve, direction: int, method: str) -> Curve:
    ordered = np.sort(peers[~np.isnan(peers)])

    def curve(x: Array) -> Array:
        below = np.searchsorted(ordered, treated(x) * direction, side="left").astype(np.float64)
        score = {"rank": below + 1, "borda": below, "prank": below / max(ordered.size - 1, 1)}[method]
        return np.where(np.isnan(x), np.nan, score)

    return curve
