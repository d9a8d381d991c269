"""Checks on figures: jumps, sums, parts and wholes, outliers among peers and seasons. Hides the statistics; every finding says why.

Checks are data: the `validate` list of a definition, one mapping each with a `rule`:
  range {low, high} · yoy {max, min_base} · sum_children {tolerance} · not_above {other} · not_below {other} ·
  repeated {times} · peers {limit} · seasonal {limit} · reconcile {other, tolerance}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.definition import Definition
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.rollup import RollUp

MAD_TO_SIGMA = 1.4826
"""Median absolute deviation times this estimates a normal's standard deviation."""


@dataclass(frozen=True)
class FigureFinding:
    """One check that failed on one figure. `key` stays the same while indicator, unit, period and rule do: findings are reopened by it."""

    key: str
    indicator: str
    org: str
    period: str
    rule: str
    severity: str
    value: float | None
    expected: str
    reason: str
    remedy: str


Values = Mapping[tuple[str, str, str], float]


def check_figures(roll: RollUp) -> tuple[FigureFinding, ...]:
    """All checks of all definitions over one roll-up. Withheld and missing figures are not judged."""
    rows = roll.table.select(["indicator", "org", "period", "value"]).to_pylist()
    values = {(r["indicator"], r["org"], r["period"]): r["value"] for r in rows if r["value"] is not None}
    findings: list[FigureFinding] = []
    for definition in roll.definitions:
        own = [(org, period, v) for (i, org, period), v in values.items() if i == definition.id]
        for check in definition.checks:
            findings.extend(_RULES[str(check["rule"])](definition, check, own, values, roll))
    return tuple(sorted(findings, key=lambda f: (f.indicator, f.period, f.org, f.rule)))


Own = Sequence[tuple[str, str, float]]
Rule = Callable[[Definition, Mapping[str, object], Own, Values, RollUp], list[FigureFinding]]


def _finding(
    d: Definition,
    check: Mapping[str, object],
    org: str,
    period: str,
    value: float,
    expected: str,
    reason: str,
    remedy: str,
) -> FigureFinding:
    rule = str(check["rule"])
    return FigureFinding(
        f"{d.key}:{org}:{period}:{rule}",
        d.id,
        org,
        period,
        rule,
        str(check.get("severity", "warning")),
        value,
        expected,
        reason,
        remedy,
    )


def _number(check: Mapping[str, object], name: str, default: float) -> float:
    value = check.get(name)
    return default if value is None else float(str(value))


def _range(d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp) -> list[FigureFinding]:
    low, high = _number(check, "low", -np.inf), _number(check, "high", np.inf)
    return [
        _finding(d, check, org, period, v, f"{low:g}—{high:g}", f"{v:g} 超出合理范围", "核对分子分母和计量单位")
        for org, period, v in own
        if not low <= v <= high
    ]


def _year_on_year(
    d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp
) -> list[FigureFinding]:
    """Change against the same period a year earlier, on the log scale so that doubling and halving weigh the same."""
    limit, smallest = _number(check, "max", 0.5), _number(check, "min_base", 0.0)
    out = []
    for org, period, v in own:
        before = values.get((d.id, org, Period.parse(period).a_year_earlier().label))
        if before is None or before <= smallest:
            continue
        change = v / before - 1
        if v <= 0 or abs(np.log(v / before)) > np.log1p(limit):
            out.append(
                _finding(
                    d,
                    check,
                    org,
                    period,
                    v,
                    f"同比变化不超过 {limit:.0%}",
                    f"同比 {change:+.1%}，上年同期为 {before:g}",
                    "核对口径是否变化,属实请说明原因",
                )
            )
    return out


def _sum_children(
    d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp
) -> list[FigureFinding]:
    tolerance = _number(check, "tolerance", 0.0)
    out = []
    for org, period, v in own:
        children = roll.tree.children_on(org, Period.parse(period).last_day)
        parts = [values.get((d.id, c.code, period)) for c in children]
        known = [p for p in parts if p is not None]
        if known and len(known) == len(parts) and abs(sum(known) - v) > tolerance * max(abs(v), 1e-12) + 1e-9:
            out.append(
                _finding(
                    d,
                    check,
                    org,
                    period,
                    v,
                    f"下级合计 {sum(known):g}",
                    f"与下级合计相差 {v - sum(known):g}",
                    "补齐下级,或在本级直属中说明差额",
                )
            )
    return out


def _against_other(sign: int) -> Rule:
    def run(d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp) -> list[FigureFinding]:
        other = str(check.get("other"))
        out = []
        for org, period, v in own:
            limit = values.get((other, org, period))
            if limit is not None and sign * (v - limit) > 1e-9 * max(1.0, abs(limit)):
                word = "大于" if sign > 0 else "小于"
                out.append(
                    _finding(
                        d,
                        check,
                        org,
                        period,
                        v,
                        f"{'不大于' if sign > 0 else '不小于'} {other} 的 {limit:g}",
                        f"{v:g} {word}{limit:g}",
                        "部分不能超过总体,核对两个数的口径",
                    )
                )
        return out

    return run


def _reconcile(
    d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp
) -> list[FigureFinding]:
    other, tolerance = str(check.get("other")), _number(check, "tolerance", 0.0)
    out = []
    for org, period, v in own:
        reported = values.get((other, org, period))
        if reported is not None and abs(v - reported) > tolerance * max(abs(reported), 1e-12) + 1e-9:
            out.append(
                _finding(
                    d,
                    check,
                    org,
                    period,
                    v,
                    f"与 {other} 一致（{reported:g}）",
                    f"库内数与上报数相差 {v - reported:g}",
                    "逐条核对,改正台账或上报数",
                )
            )
    return out


def _repeated(
    d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp
) -> list[FigureFinding]:
    """The same non-zero number several periods running: copied rather than counted."""
    times = round(_number(check, "times", 3))
    out = []
    for org in sorted({o for o, _p, _v in own}):
        line = sorted((Period.parse(p), v) for o, p, v in own if o == org and Period.parse(p).grain == d.grain)
        run = 1
        for (_before, a), (period, b) in pairwise(line):
            run = run + 1 if a == b and b != 0 else 1
            if run >= times:
                out.append(
                    _finding(
                        d, check, org, period.label, b, "各期有变化", f"连续 {run} 期都是 {b:g}", "确认是否照抄上期"
                    )
                )
    return out


def _peers(d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp) -> list[FigureFinding]:
    limit = _number(check, "limit", 3.5)
    out = []
    for period in sorted({p for _o, p, _v in own}):
        levels: dict[str, list[tuple[str, float]]] = {}
        for org, p, v in own:
            unit = roll.tree.on(org, Period.parse(period).last_day)
            if p == period and unit is not None:
                levels.setdefault(unit.level, []).append((org, v))
        for members in levels.values():
            scores = robust_scores(np.array([v for _org, v in members]))
            out += [
                _finding(
                    d,
                    check,
                    org,
                    period,
                    v,
                    f"与同级单位相差不超过 {limit:g} 倍离差",
                    f"稳健 z 值 {z:+.1f}",
                    "核对数值与单位,属实请说明",
                )
                for (org, v), z in zip(members, scores, strict=True)
                if abs(z) > limit
            ]
    return out


def _seasonal(
    d: Definition, check: Mapping[str, object], own: Own, values: Values, roll: RollUp
) -> list[FigureFinding]:
    limit = _number(check, "limit", 3.5)
    out = []
    for org in sorted({o for o, _p, _v in own}):
        line = sorted((Period.parse(p), v) for o, p, v in own if o == org)
        for grain in {p.grain for p, _v in line}:
            series = [(p, v) for p, v in line if p.grain == grain]
            scores = seasonal_scores(np.array([v for _p, v in series]), [p.start.month for p, _v in series])
            out += [
                _finding(
                    d,
                    check,
                    org,
                    p.label,
                    v,
                    "与往年同期相近",
                    f"去季节后稳健 z 值 {z:+.1f}",
                    "核对数值与单位,属实请说明",
                )
                for (p, v), z in zip(series, scores, strict=True)
                if abs(z) > limit
            ]
    return out


_RULES: dict[str, Rule] = {
    "range": _range,
    "yoy": _year_on_year,
    "sum_children": _sum_children,
    "not_above": _against_other(1),
    "not_below": _against_other(-1),
    "reconcile": _reconcile,
    "repeated": _repeated,
    "peers": _peers,
    "seasonal": _seasonal,
}


def robust_scores(x: Array, log: bool | None = None) -> Array:
    """Distance from the median in robust standard deviations; on logs where all values are positive and skewed (default: found out).

    Fewer than 5 values: zeros. Where more than half are equal the MAD is 0 and the mean absolute deviation stands in
    (Iglewicz & Hoaglin 1993).
    """
    known = x[~np.isnan(x)]
    if known.size < 5:
        return np.zeros(x.shape)
    if log is None:
        log = bool(np.all(known > 0) and known.max() / np.median(known) > 5)
    y = np.log(x) if log else x
    centre = np.nanmedian(y)
    spread = MAD_TO_SIGMA * np.nanmedian(np.abs(y - centre))
    if spread == 0:
        spread = 1.2533 * np.nanmean(np.abs(y - centre))
    if spread == 0:
        return np.zeros(x.shape)
    return np.asarray(np.nan_to_num((y - centre) / spread), dtype=np.float64)


def seasonal_scores(x: Array, months: Sequence[int]) -> Array:
    """Robust scores after taking out the median of each season and the median level of each run of seasons."""
    y = np.log1p(x) if np.all(x[~np.isnan(x)] >= 0) else x.astype(np.float64)
    seasons = np.array(months)
    if len(set(months)) < 2 or x.size < 2 * len(set(months)):
        return robust_scores(x)
    cycle = len(set(months))
    residual = y.copy()
    for _ in range(3):
        for start in range(0, y.size, cycle):
            residual[start : start + cycle] -= np.nanmedian(residual[start : start + cycle])
        for month in set(months):
            residual[seasons == month] -= np.nanmedian(residual[seasons == month])
    return robust_scores(residual, log=False)
