"""Bringing columns onto one scale. Hides directions: every method receives the column already turned so that more is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from keqiao.engines.indicators.columns import Array, rank_ascending
from keqiao.engines.indicators.framework import Element
from keqiao.engines.indicators.problems import IndexProblem
from keqiao.engines.indicators.treat import transform


@dataclass(frozen=True)
class NormaliseSpec:
    """A method with its parameters. Parameters that are positions on the indicator's own scale are in natural units only
    for `goalposts` with lower/upper and `standard`; the list forms (npara, gposts, targ) follow COINr: already turned."""

    method: str = "minmax"
    parameters: Mapping[str, object] = field(default_factory=dict)


def normalise_column(x: Array, element: Element, spec: NormaliseSpec) -> Array:
    """Missing stay missing; a column without spread gives missing throughout (min-max, z, distance to max)."""
    name = spec.method.removeprefix("n_")
    if name not in _METHODS:
        raise IndexProblem.single(
            "index.normalise.method",
            "normalise",
            element.code,
            spec.method,
            "unknown method",
            f"one of {', '.join(_METHODS)}",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return _METHODS[name](x, element, spec.parameters)


def _turned(x: Array, element: Element) -> Array:
    return x * element.direction


def _pair(p: Mapping[str, object], name: str, default: tuple[float, float]) -> tuple[float, float]:
    value = p.get(name)
    if value is None:
        return default
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return float(value[0]), float(value[1])
    raise IndexProblem.single(
        "index.normalise.parameter", "normalise", name, value, "needs two numbers", "write [lower, upper]"
    )


def _one(p: Mapping[str, object], name: str, element: Element, default: float | None = None) -> float:
    value = p.get(name, default)
    if isinstance(value, Mapping):
        value = value.get(element.code, default)
    if isinstance(value, (int, float, str)):
        return float(value)
    raise IndexProblem.single(
        "index.normalise.parameter",
        "normalise",
        element.code,
        name,
        "the parameter is missing",
        f"give {name} for this indicator",
    )


def _by_indicator(p: Mapping[str, object], name: str, element: Element) -> object:
    value = p.get(name)
    return value.get(element.code) if isinstance(value, Mapping) else value


def _min_max(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    t = _turned(x, e)
    low, high = np.nanmin(t), np.nanmax(t)
    floor, ceiling = _pair(p, "l_u", (0.0, 100.0))
    if low == high:
        return np.full(x.shape, np.nan)
    return (t - low) / (high - low) * (ceiling - floor) + floor


def _scaled(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    low, high = _pair(p, "npara", (0.0, 100.0))
    return (_turned(x, e) - low) / (high - low) * _one(p, "scale_factor", e, 100.0)


def _z(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    t = _turned(x, e)
    mean, deviation = _pair(p, "m_sd", (0.0, 1.0))
    spread = np.nanstd(t, ddof=1) if np.count_nonzero(~np.isnan(t)) > 1 else 0.0
    if spread == 0:
        return np.full(x.shape, np.nan)
    return (t - np.nanmean(t)) / spread * deviation + mean


def _distance_to_max(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    t = _turned(x, e)
    low, high = np.nanmin(t), np.nanmax(t)
    if low == high:
        return np.full(x.shape, np.nan)
    return 1 - (high - t) / (high - low)


def _capped(y: Array, p: Mapping[str, object]) -> Array:
    return np.where(y > 1, 1.0, y) if bool(p.get("cap_max", False)) else y


def _distance_to_reference(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    """Reference is the unit at position `iref` (1 = first)."""
    t = _turned(x, e)
    position = round(_one(p, "iref", e))
    if not 1 <= position <= t.size:
        raise IndexProblem.single(
            "index.normalise.reference",
            "normalise",
            e.code,
            position,
            "no unit at this position",
            f"give 1 to {t.size}",
        )
    reference = t[position - 1]
    return _capped(1 - (reference - t) / (reference - np.nanmin(t)), p)


def _distance_to_target(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    t = _turned(x, e)
    target = _one(p, "targ", e)
    if _one(p, "direction", e, 1.0) == -1:
        high = np.nanmax(t)
        return _capped((high - t) / (high - target), p)
    low = np.nanmin(t)
    return _capped((t - low) / (target - low), p)


def _fraction_of_max(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    t = _turned(x, e)
    return t / np.nanmax(t)


def _ties(p: Mapping[str, object]) -> str:
    return str(p.get("ties.method", p.get("ties", "min")))


def _rank(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    return rank_ascending(_turned(x, e), _ties(p))


def _borda(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    return _rank(x, e, p) - 1


def _percentile_rank(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    return (_rank(x, e, p) - 1) / (np.count_nonzero(~np.isnan(x)) - 1)


def _goalposts(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    """(x - lower) / (upper - lower), cut to 0..1 unless `trunc2posts` is false, times the scale.

    Either `lower`, `upper` (and `cap`: values beyond count as the cap; `transform`: log …) in natural units, which is what
    published tables give, or `gposts` = [lower, upper, scale] on the turned column as COINr takes it.
    """
    cut = p.get("trunc2posts", True)
    listed = _by_indicator(p, "gposts", e)
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        low, high, scale = (float(v) for v in listed)
        t = _turned(x, e)
        # COINr's own direction argument swaps the posts; its data arrive already turned.
        if p.get("direction", 1) == -1:
            low, high = high, low
    else:
        x = _cap_natural(x, e, p)
        low, high = _one(p, "lower", e), _one(p, "upper", e)
        scale, t = _one(p, "scale", e, 100.0), x
        move = _by_indicator(p, "transform", e)
        if move:
            t, (low, high) = transform(t, str(move)), transform(np.array([low, high]), str(move)).tolist()
        if e.direction == -1:
            t, low, high = -t, -high, -low
    y = (t - low) / (high - low)
    if cut:
        y = np.clip(y, 0.0, 1.0)
    return np.asarray(y * scale, dtype=np.float64)


def _cap_natural(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    cap = _by_indicator(p, "cap", e)
    if not isinstance(cap, (int, float)):
        return x
    return np.minimum(x, cap) if e.direction == 1 else np.maximum(x, cap)


def _standard(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    """Monitoring style: value / standard x 100, at most `cap` (100). For less-is-better: standard / value x 100.

    Source: 全国科技进步统计监测 (监测值 = 指标值 / 监测标准, over 100 counts as 100).
    """
    standard = _one(p, "standard", e)
    cap = _one(p, "cap", e, 100.0)
    ratio = np.where(x == 0, np.inf, standard / x) if e.direction == -1 else x / standard
    return np.where(np.isnan(x), np.nan, np.minimum(ratio * 100, cap))


def _none(x: Array, e: Element, p: Mapping[str, object]) -> Array:
    return _turned(x, e)


_METHODS: dict[str, Callable[[Array, Element, Mapping[str, object]], Array]] = {
    "minmax": _min_max,
    "scaled": _scaled,
    "zscore": _z,
    "dist2max": _distance_to_max,
    "dist2ref": _distance_to_reference,
    "dist2targ": _distance_to_target,
    "fracmax": _fraction_of_max,
    "prank": _percentile_rank,
    "rank": _rank,
    "borda": _borda,
    "goalposts": _goalposts,
    "standard": _standard,
    "none": _none,
}


def parameters_from_framework(method: str, element: Element) -> dict[str, object]:
    """`use_iMeta`: the method's parameters from the further columns of the framework, in natural units."""
    own, sign = element.parameters, float(element.direction)

    def need(name: str) -> float:
        if name not in own:
            raise IndexProblem.single(
                "index.normalise.framework",
                "framework",
                element.code,
                name,
                f"{method} with use_iMeta needs this column",
                "add the column to the framework file",
            )
        return own[name]

    name = method.removeprefix("n_")
    if name == "minmax":
        return {"l_u": [need("minmax_lower"), need("minmax_upper")]}
    if name == "zscore":
        return {"m_sd": [need("zscore_mean"), need("zscore_sd")]}
    if name == "scaled":
        posts = (
            [need("scaled_lower"), need("scaled_upper")] if sign > 0 else [-need("scaled_upper"), -need("scaled_lower")]
        )
        return {"npara": posts, "scale_factor": need("scale_factor")}
    if name == "dist2targ":
        return {"targ": need("Target") * sign, "cap_max": bool(own.get("dist2targ_cap_max", 0))}
    if name == "goalposts":
        return {
            "lower": need("goalpost_lower"),
            "upper": need("goalpost_upper"),
            "scale": need("goalpost_scale"),
            "trunc2posts": bool(need("goalpost_trunc2posts")),
        }
    if name == "standard":
        return {"standard": own["Standard"] if "Standard" in own else need("Target")}
    raise IndexProblem.single(
        "index.normalise.framework",
        "normalise",
        "f_n_para",
        method,
        "this method takes no parameters from the framework",
        "write the parameters in the spec",
    )
