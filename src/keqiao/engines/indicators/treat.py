"""Taming outliers column by column: winsorise, else transform, with the test that decides. Hides the order of attempts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from keqiao.engines.indicators.columns import Array, moments, skewness
from keqiao.engines.indicators.problems import IndexProblem


@dataclass(frozen=True)
class ColumnTreatment:
    """What happened to one column: points winsorised, step taken (none, winsorise, a transform), moments before and after."""

    values: Array
    step: str = "none"
    winsorised: int = 0
    passed: bool | None = None
    skewness: tuple[float, ...] = ()
    kurtosis: tuple[float, ...] = ()


@dataclass(frozen=True)
class TreatmentSpec:
    """First `f1`; if the column still fails `test`, `f2` on the ORIGINAL column (on the treated one if `combine`).

    Source of the default: OECD/JRC Handbook (2008) and the JRC's COIN practice: |skewness| < 2 or kurtosis < 3.5 passes.
    """

    f1: str = "winsorise"
    f1_parameters: Mapping[str, object] = field(default_factory=dict)
    f2: str | None = "log_CT"
    f2_parameters: Mapping[str, object] = field(default_factory=dict)
    test: str = "check_SkewKurt"
    pass_parameters: Mapping[str, object] = field(default_factory=dict)
    combine: bool = False


def treat_column(x: Array, spec: TreatmentSpec) -> ColumnTreatment:
    """Missing stay missing. A column whose moments do not exist (constant, under 4 points) is returned as it was."""
    seen: list[tuple[float, float]] = []
    passes = _passing(x, spec, seen)
    step, value, count = "none", x, 0
    if passes is False:
        value, count = _apply(spec.f1, x, spec.f1_parameters)
        step = spec.f1
        passes = _passing(value, spec, seen)
        if passes is False and spec.f2 is not None:
            value, more = _apply(spec.f2, value if spec.combine else x, spec.f2_parameters)
            step = f"{spec.f1}+{spec.f2}" if spec.combine else spec.f2
            count = count + more if spec.combine else more
            passes = _passing(value, spec, seen)
    if passes is None:
        value, step, count = x, "none", 0
    return ColumnTreatment(value, step, count, passes, tuple(m[0] for m in seen), tuple(m[1] for m in seen))


def _passing(x: Array, spec: TreatmentSpec, seen: list[tuple[float, float]]) -> bool | None:
    if spec.test not in ("check_SkewKurt", "always_fail"):
        raise IndexProblem.single(
            "index.treat.pass", "treat", "f_pass", spec.test, "unknown test", "check_SkewKurt or always_fail"
        )
    seen.append(moments(x))
    if spec.test == "always_fail":
        return False
    skew, kurt = _float(spec.pass_parameters, "skew_thresh", 2.0), _float(spec.pass_parameters, "kurt_thresh", 3.5)
    return within_moments(seen[-1], skew, kurt)


def within_moments(
    found: tuple[float, float], skew_threshold: float = 2.0, kurtosis_threshold: float = 3.5
) -> bool | None:
    """True if |skewness| OR kurtosis is below its threshold; None where that cannot be said."""
    skew, kurt = found
    if abs(skew) < skew_threshold or kurt < kurtosis_threshold:
        return True
    return None if np.isnan(skew) or np.isnan(kurt) else False


def winsorise(
    x: Array,
    winmax: int | None = 5,
    skew_threshold: float = 2.0,
    kurtosis_threshold: float = 3.5,
    force: bool = False,
) -> tuple[Array, int]:
    """Pull the most extreme points in, one value at a time, until the moments pass or `winmax` points are pulled.

    Points tied at the extreme move together and all count, so the count can pass `winmax`. Returns (column, points).
    `winmax` None sets no limit.
    """
    known = ~np.isnan(x)
    y = x[known]
    high = low = count = 0
    found = moments(y)
    while (force or within_moments(found, skew_threshold, kurtosis_threshold) is False) and (
        winmax is None or count < winmax
    ):
        if found[0] >= 0:
            extreme = y == y.max()
        elif found[0] < 0:
            extreme = y == y.min()
        else:
            break
        if extreme.all():
            break
        y[extreme] = y[~extreme].max() if found[0] >= 0 else y[~extreme].min()
        if found[0] >= 0:
            high = int(np.count_nonzero(extreme))
        else:
            low = int(np.count_nonzero(extreme))
        count = high + low
        found = moments(y)
    out = x.copy()
    out[known] = y
    return out, count


def _range(x: Array) -> tuple[float, float]:
    return float(np.nanmin(x)), float(np.nanmax(x))


def _log_ct(x: Array) -> Array:
    low, high = _range(x)
    return np.log(x - low + 0.01 * (high - low))


def _log_ct_plus(x: Array) -> Array:
    low, high = _range(x)
    shift = 0.01 * (high - low)
    return np.log(x - low + shift) if skewness(x) > 0 else -np.log(high + shift - x)


def _log_ct_original(x: Array) -> Array:
    return np.log(x - _range(x)[0] + 1)


def _log_gii(x: Array) -> Array:
    low, high = _range(x)
    return np.log((high - 1) * (x - low) / (high - low) + 1)


def _boxcox(x: Array, parameter: float, shift: bool) -> Array:
    x = x - np.nanmin(x) + 1 if shift else x
    return np.log(x) if parameter == 0 else (x**parameter - 1) / parameter


def _float(parameters: Mapping[str, object], name: str, default: float) -> float:
    value = parameters.get(name, default)
    return float(value) if isinstance(value, (int, float, str)) else default


def _apply(step: str, x: Array, p: Mapping[str, object]) -> tuple[Array, int]:
    if step == "winsorise":
        limit = p.get("winmax", 5)
        winmax = None if limit is None else round(float(str(limit)))
        return winsorise(
            x, winmax, _float(p, "skew_thresh", 2.0), _float(p, "kurt_thresh", 3.5), bool(p.get("force_win", False))
        )
    if step == "winsorise_quantiles":
        low, high = np.nanquantile(x, [_float(p, "low", 0.05), _float(p, "high", 0.95)])
        return np.clip(x, low, high), int(np.nansum((x < low) | (x > high)))
    if step == "boxcox":
        return _boxcox(x, _float(p, "lambda", 0.0), bool(p.get("makepos", True))), 0
    if step not in _TRANSFORMS:
        known = ", ".join(["winsorise", "winsorise_quantiles", "boxcox", *_TRANSFORMS])
        raise IndexProblem.single(
            "index.treat.function", "treat", "function", step, "unknown treatment", f"one of {known}"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        out = _TRANSFORMS[step](x)
    return np.where(np.isinf(out), np.nan, out), 0


_TRANSFORMS: dict[str, Callable[[Array], Array]] = {
    "log_CT": _log_ct,
    "log_CT_plus": _log_ct_plus,
    "log_CT_orig": _log_ct_original,
    "log_GII": _log_gii,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "none": lambda x: x,
}


def transform(x: Array, name: str) -> Array:
    """A fixed transform applied whatever the moments (log, log10, log1p, sqrt, log_CT …): undefined points go missing."""
    return _apply(name, x, {})[0]
