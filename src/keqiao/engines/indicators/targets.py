"""Splitting a target down to units so that the parts close exactly. Hides rounding: all sums are kept in minor units (steps).

Rule: shares proportional to weights; a share outside its floor or cap is put on it and the rest is shared again among the
others; rounding down to whole steps, the missing steps go to the largest remainders that still have room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from keqiao.engines.indicators.problems import IndexProblem

Number = Decimal | Fraction | int | float


@dataclass(frozen=True)
class Share:
    """What one child may be given. `locked` fixes its amount; missing floor is 0, missing cap is no limit."""

    code: str
    weight: Fraction
    floor: Fraction = Fraction(0)
    cap: Fraction | None = None
    locked: Fraction | None = None


@dataclass(frozen=True)
class Decomposition:
    """Amounts per child closing on `total`. Infeasible: no amounts; `shortfall` says by how much floors exceed the total
    (positive) or caps fall short of it (negative)."""

    total: Fraction
    amounts: Mapping[str, Fraction]
    feasible: bool
    shortfall: Fraction = Fraction(0)
    reason: str = ""


def exact(value: Number | str) -> Fraction:
    """A number as it is written: 0.1 is one tenth, not its binary neighbour."""
    if isinstance(value, Fraction):
        return value
    return Fraction(repr(value) if isinstance(value, float) else str(value))


def decompose(total: Number, step: Number, shares: Sequence[Share]) -> Decomposition:
    """Split `total` over `shares` in multiples of `step`; Σ amounts = total exactly.

    Floors are raised and caps lowered to whole steps. All weights zero: equal weights. Raises if the total or a locked
    amount is not a multiple of the step, or a floor exceeds its cap.
    """
    whole, unit = exact(total), exact(step)
    low, high = _limits(whole, unit, shares)
    units = int(whole / unit)
    lowest = sum(low.values())
    if lowest > units:
        return Decomposition(whole, {}, False, (lowest - units) * unit, "floors and locked amounts exceed the total")
    if all(h is not None for h in high.values()):
        most = sum(h for h in high.values() if h is not None)
        if most < units:
            return Decomposition(
                whole, {}, False, (most - units) * unit, "caps and locked amounts fall short of the total"
            )
    ideal = _proportional(units, shares, low, high)
    given = _round_to_total(units, ideal, shares, low, high)
    return Decomposition(whole, {s.code: given[s.code] * unit for s in shares}, True)


def _limits(whole: Fraction, unit: Fraction, shares: Sequence[Share]) -> tuple[dict[str, int], dict[str, int | None]]:
    if unit <= 0 or (whole / unit).denominator != 1:
        raise IndexProblem.single(
            "targets.step",
            "total",
            "step",
            f"{whole} / {unit}",
            "the total is not a whole number of steps",
            "round the total to the step first",
        )
    low: dict[str, int] = {}
    high: dict[str, int | None] = {}
    for s in shares:
        if s.weight < 0:
            raise IndexProblem.single(
                "targets.weight", s.code, "weight", s.weight, "a weight cannot be negative", "give 0 or more"
            )
        if s.locked is not None:
            if (s.locked / unit).denominator != 1:
                raise IndexProblem.single(
                    "targets.locked",
                    s.code,
                    "locked",
                    s.locked,
                    "not a whole number of steps",
                    f"lock a multiple of {unit}",
                )
            low[s.code] = high[s.code] = int(s.locked / unit)
            continue
        low[s.code] = ceil(s.floor / unit)
        high[s.code] = None if s.cap is None else floor(s.cap / unit)
        limit = high[s.code]
        if limit is not None and low[s.code] > limit:
            raise IndexProblem.single(
                "targets.limits",
                s.code,
                "floor",
                s.floor,
                f"the floor is above the cap {s.cap}",
                "lower the floor or raise the cap",
            )
    return low, high


def _clip(value: Fraction, low: int, high: int | None) -> Fraction:
    return max(Fraction(low), value if high is None else min(value, Fraction(high)))


def _proportional(
    units: int, shares: Sequence[Share], low: Mapping[str, int], high: Mapping[str, int | None]
) -> dict[str, Fraction]:
    """Clipped proportional shares with Σ = units: clip(r w, floor, cap) at the one rate r that closes. Exact."""
    weights = {s.code: s.weight for s in shares}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Fraction(1))
    turning = sorted(
        {Fraction(b) / weights[c] for c in weights if weights[c] for b in (low[c], high[c]) if b is not None}
    )

    def at(rate: Fraction) -> dict[str, Fraction]:
        return {c: _clip(rate * w, low[c], high[c]) for c, w in weights.items()}

    below = Fraction(0)
    for point in turning:
        if sum(at(point).values()) > units:
            break
        below = point
    base = at(below)
    moving = [
        c
        for c, w in weights.items()
        if w and below * w >= low[c] and not ((h := high[c]) is not None and below * w >= h)
    ]
    missing = Fraction(units) - sum(base.values(), Fraction(0))
    pull = sum((weights[c] for c in moving), Fraction(0))
    if missing and not pull:
        return _spill(base, missing, weights, high)
    return {c: v + (missing * weights[c] / pull if c in moving else 0) for c, v in base.items()}


def _spill(
    base: dict[str, Fraction], missing: Fraction, weights: Mapping[str, Fraction], high: Mapping[str, int | None]
) -> dict[str, Fraction]:
    """Every weighted child is at its cap: what is left goes to the children without weight, evenly as their caps allow."""
    out = dict(base)
    open_codes = [c for c in out if (h := high[c]) is None or out[c] < h]
    while missing > 0 and open_codes:
        part = missing / len(open_codes)
        for c in list(open_codes):
            limit = high[c]
            room = part if limit is None else min(part, limit - out[c])
            out[c] += room
            missing -= room
            if limit is not None and out[c] >= limit:
                open_codes.remove(c)
    return out


def _round_to_total(
    units: int,
    ideal: Mapping[str, Fraction],
    shares: Sequence[Share],
    low: Mapping[str, int],
    high: Mapping[str, int | None],
) -> dict[str, int]:
    """Largest remainder; equal remainders in the order of the shares."""
    given = {c: floor(v) for c, v in ideal.items()}
    left = units - sum(given.values())
    order = sorted((s.code for s in shares), key=lambda c: -(ideal[c] - given[c]))
    while left:
        for c in order:
            limit = high[c]
            if left and (limit is None or given[c] < limit):
                given[c] += 1
                left -= 1
    return given


@dataclass(frozen=True)
class Past:
    """What a child did: actuals of past years, oldest first; the last is the base its target grows from."""

    code: str
    actuals: tuple[Fraction, ...]
    growth_room: Fraction = Fraction(0)

    @property
    def base(self) -> Fraction:
        return self.actuals[-1]


def weights_proportional(children: Sequence[Past]) -> dict[str, Fraction]:
    """Weights by last actual."""
    return {c.code: c.base for c in children}


def weights_mixed(children: Sequence[Past], base_share: Fraction = Fraction(3, 5)) -> dict[str, Fraction]:
    """k-factor mix: `base_share` (60 %) by share of last actuals, the rest by share of growth room. Groups without data weigh nothing."""
    base = sum((c.base for c in children), Fraction(0))
    room = sum((c.growth_room for c in children), Fraction(0))
    return {
        c.code: (base_share * c.base / base if base else Fraction(0))
        + ((1 - base_share) * c.growth_room / room if room else Fraction(0))
        for c in children
    }


def weights_equal_growth(children: Sequence[Past]) -> dict[str, Fraction]:
    """Every child grows at the one rate that closes: the same weights as last actuals."""
    return weights_proportional(children)


@dataclass(frozen=True)
class Pressure:
    """Growth a target asks of a child beside its own mean yearly growth over its history. `coefficient` (压力系数) =
    (1 + asked) / (1 + usual): above 1, more than usual. None where there is no base or no history."""

    code: str
    growth: Fraction | None
    usual_growth: float | None
    coefficient: float | None


def pressure(child: Past, target: Fraction) -> Pressure:
    growth = target / child.base - 1 if child.base else None
    first, years = child.actuals[0], len(child.actuals) - 1
    usual = float(child.base / first) ** (1 / years) - 1 if years and first > 0 and child.base >= 0 else None
    coefficient = (1 + float(growth)) / (1 + usual) if growth is not None and usual is not None and usual > -1 else None
    return Pressure(child.code, growth, usual, coefficient)


def over_allocation(total: Number, amounts: Mapping[str, Fraction], reserve: Number = 0) -> Fraction:
    """Σ children + reserve - parent: above 0, 层层加码 (a flag, not an error); below 0, not all is handed out."""
    return sum(amounts.values(), Fraction(0)) + exact(reserve) - exact(total)


@dataclass(frozen=True)
class RatioDecomposition:
    """A ratio target split as numerator and denominator, with the ratio each child is thereby asked for."""

    numerator: Decomposition
    denominator: Decomposition
    ratios: Mapping[str, Fraction | None]


def decompose_ratio(
    numerator: tuple[Number, Number, Sequence[Share]], denominator: tuple[Number, Number, Sequence[Share]]
) -> RatioDecomposition:
    """Both parts close on their own totals (total, step, shares); ratios never are averaged."""
    top, bottom = decompose(*numerator), decompose(*denominator)
    ratios = {c: (v / bottom.amounts[c] if bottom.amounts.get(c) else None) for c, v in top.amounts.items()}
    return RatioDecomposition(top, bottom, ratios)


@dataclass(frozen=True)
class Round:
    """One round of negotiation: what children bid, what was given, how far bids fall short of the parent's target."""

    number: int
    bids: Mapping[str, Fraction]
    gap: Fraction
    decomposition: Decomposition


def negotiate(
    total: Number, step: Number, shares: Sequence[Share], bids: Mapping[str, Number], rounds: Sequence[Round] = ()
) -> Round:
    """A bottom-up round: bids become floors (rounded up to steps, within caps), what is missing is shared by weight above them.

    Bids that exceed the total are scaled down in proportion instead. Append the returned round to `rounds`: the log.
    """
    unit, whole = exact(step), exact(total)
    asked = {s.code: exact(bids.get(s.code, 0)) for s in shares}
    gap = whole - sum(asked.values(), Fraction(0))
    if gap >= 0:
        split = [
            Share(s.code, s.weight, max(s.floor, _within(ceil(asked[s.code] / unit) * unit, s.cap)), s.cap, s.locked)
            for s in shares
        ]
        result = decompose(whole, unit, split)
        if not result.feasible:  # rounding bids up can overshoot by a few steps
            split = [
                Share(
                    s.code, s.weight, max(s.floor, _within(floor(asked[s.code] / unit) * unit, s.cap)), s.cap, s.locked
                )
                for s in shares
            ]
            result = decompose(whole, unit, split)
    else:
        result = decompose(whole, unit, [Share(s.code, asked[s.code], s.floor, s.cap, s.locked) for s in shares])
    return Round(len(rounds) + 1, asked, gap, result)


def _within(value: Fraction, cap: Fraction | None) -> Fraction:
    return value if cap is None else min(value, cap)
