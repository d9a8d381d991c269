"""Where a target stands: progress, pace against the calendar, one of seven statuses, projection. Hides direction and time profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.problems import IndexProblem


class Status(StrEnum):
    ACHIEVED = "achieved"
    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    FAR_BEHIND = "far_behind"
    NOT_DUE = "not_due"
    NO_DATA = "no_data"


STATUS_NAMES: Mapping[Status, str] = {
    Status.ACHIEVED: "已达成",
    Status.AHEAD: "超前",
    Status.ON_TRACK: "正常",
    Status.BEHIND: "滞后",
    Status.FAR_BEHIND: "严重滞后",
    Status.NOT_DUE: "未到期",
    Status.NO_DATA: "数据不足",
}


@dataclass(frozen=True)
class Thresholds:
    """Pace from which a target is ahead, on track, behind; below `behind` it is far behind. Set per indicator in the pack."""

    ahead: float = 1.05
    on_track: float = 0.95
    behind: float = 0.80
    min_coverage: float = 0.0


@dataclass(frozen=True)
class Target:
    """What is to be reached at the period's end, in the indicator's measure unit.

    kind level: `value` itself · growth: `base` grown by `value` (0.08 = 8 %) · cumulative: the sum of the period's flows is
    `value` · rank: league rank `value` or better. direction up, down (from `base` down to the level) or band (stay inside).
    """

    value: float
    kind: str = "level"
    direction: str = "up"
    base: float | None = None
    band: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("level", "growth", "cumulative", "rank") or self.direction not in ("up", "down", "band"):
            raise IndexProblem.single(
                "index.target.kind",
                "target",
                "kind",
                f"{self.kind} {self.direction}",
                "unknown kind of target",
                "level, growth, cumulative or rank; up, down or band",
            )
        if self.base is None and (self.kind == "growth" or (self.direction == "down" and self.kind != "rank")):
            raise IndexProblem.single(
                "index.target.base",
                "target",
                "base",
                None,
                "growth and downward targets start from a base",
                "give last period's value",
            )
        if self.direction == "band" and self.band is None:
            raise IndexProblem.single(
                "index.target.band", "target", "band", None, "a band target needs its range", "give [low, high]"
            )

    @property
    def level(self) -> float:
        """The value to reach: a growth target is turned into its level first."""
        if self.kind == "growth":
            assert self.base is not None  # checked above
            change = -abs(self.value) if self.direction == "down" else self.value
            return self.base * (1 + change)
        return self.value

    def is_met_by(self, actual: float) -> bool:
        if self.direction == "band":
            assert self.band is not None  # checked above
            return self.band[0] <= actual <= self.band[1]
        if self.direction == "down" or self.kind == "rank":
            return actual <= self.level
        return actual >= self.level

    def progress(self, actual: float) -> float:
        """Share of the way done: actual / target; downward: (base - actual) / (base - target); band and rank: see below.

        No way to go (base equals target, target 0): 1 when met, else 0. Band: 1 inside, else 1 minus the distance to the
        band by its half-width. Rank: (base - actual) / (base - target) if the starting rank is known, else target / actual.
        """
        met = 1.0 if self.is_met_by(actual) else 0.0
        if self.direction == "band":
            assert self.band is not None  # checked above
            low, high = self.band
            half, off = (high - low) / 2, max(low - actual, actual - high, 0.0)
            return met if half == 0 or met else max(0.0, 1 - off / half)
        if self.direction == "down" or self.kind == "rank":
            if self.base is None:
                return met if actual == 0 else self.level / actual
            return met if self.base == self.level else (self.base - actual) / (self.base - self.level)
        return met if self.level == 0 else actual / self.level


@dataclass(frozen=True)
class TimeProfile:
    """How much of a period's result is due by a day. linear: by days · seasonal: `shares`, the mean cumulative share at each
    month's end of past years · milestones: (day, share) steps, e.g. half by 30 June (双过半), straight between them."""

    kind: str = "linear"
    milestones: tuple[tuple[date, float], ...] = ()
    past_shares: tuple[tuple[float, ...], ...] = ()

    def at(self, day: date, period: Period) -> float:
        """Share of the period's result due by the end of `day`, 0 before the period, 1 from its last day on."""
        return self._along(day, period, self._points(period))

    def spread_at(self, day: date, period: Period) -> tuple[float, float]:
        """Lowest and highest share over the single past years (seasonal); else the one share twice."""
        if self.kind != "seasonal":
            return (self.at(day, period),) * 2
        each = [self._along(day, period, self._month_ends(period, shares)) for shares in self.past_shares]
        return min(each), max(each)

    def _points(self, period: Period) -> list[tuple[date, float]]:
        if self.kind == "milestones":
            return [p for p in sorted(self.milestones) if period.start <= p[0] < period.last_day]
        if self.kind == "seasonal":
            years = len(self.past_shares)
            if not years or len({len(s) for s in self.past_shares}) != 1:
                raise IndexProblem.single(
                    "index.profile.shares",
                    "profile",
                    "past_shares",
                    years,
                    "seasonal needs past years with the same number of months",
                    "give cumulative shares per month for each past year",
                )
            return self._month_ends(period, [sum(month) / years for month in zip(*self.past_shares, strict=True)])
        return []

    @staticmethod
    def _month_ends(period: Period, shares: Sequence[float]) -> list[tuple[date, float]]:
        months, day = [], period.start
        while day < period.stop:
            month = Period.containing(day, "month")
            months.append(month.last_day)
            day = month.stop
        return list(zip(months, shares, strict=False))

    @staticmethod
    def _along(day: date, period: Period, points: Sequence[tuple[date, float]]) -> float:
        if day < period.start:
            return 0.0
        if day >= period.last_day:
            return 1.0
        last, share = period.start.toordinal() - 1, 0.0
        for when, due in [*points, (period.last_day, 1.0)]:
            if day.toordinal() <= when.toordinal():
                width = when.toordinal() - last
                return share + (due - share) * (day.toordinal() - last) / width if width else due
            last, share = when.toordinal(), due
        return 1.0


def profile_from_history(monthly: Sequence[Sequence[float]]) -> TimeProfile:
    """Seasonal profile from monthly flows of past years (each 12 numbers, usually the last three years). Years without result are left out."""
    shares = []
    for year in monthly:
        total, so_far, line = sum(year), 0.0, []
        if total <= 0:
            continue
        for month in year:
            so_far += month
            line.append(so_far / total)
        shares.append(tuple(line))
    if not shares:
        return TimeProfile("linear")
    return TimeProfile("seasonal", past_shares=tuple(shares))


@dataclass(frozen=True)
class Attainment:
    """The state of one target at its data date. `pace` = progress / time progress. `projected`: level expected at the period's
    end at this pace, with its range over past years' profiles; `needed_per_month`: what each remaining month must bring;
    `is_partial`: the actual rests on incomplete or withheld data."""

    status: Status
    actual: float | None
    level: float
    progress: float | None
    time_progress: float
    pace: float | None
    projected: float | None
    projected_range: tuple[float, float] | None
    needed_per_month: float | None
    is_partial: bool

    @property
    def status_name(self) -> str:
        return STATUS_NAMES[self.status]


def attainment(
    target: Target,
    actual: float | None,
    period: Period,
    data_date: date,
    profile: TimeProfile = TimeProfile(),
    thresholds: Thresholds = Thresholds(),
    coverage: float = 1.0,
    is_withheld: bool = False,
) -> Attainment:
    """Status of one target. `data_date`: last day the actual covers, not today.

    Order: no or too little data → 数据不足; met → 已达成; nothing due yet → 未到期; else by pace. Rank, band and downward
    targets are states, not accumulations: their pace counts too, but they are not projected.
    """
    tau = profile.at(data_date, period)
    if actual is None or is_withheld or coverage < thresholds.min_coverage:
        return Attainment(
            Status.NO_DATA,
            None if is_withheld else actual,
            target.level,
            None,
            tau,
            None,
            None,
            None,
            None,
            is_withheld or coverage < 1,
        )
    progress = target.progress(actual)
    accumulates = target.kind in ("level", "growth", "cumulative") and target.direction == "up"
    pace = progress / tau if tau > 0 else None
    projected, spread = None, None
    if accumulates and tau > 0:
        low, high = profile.spread_at(data_date, period)
        projected = actual / tau
        spread = (actual / high if high else projected, actual / low if low else projected)
    return Attainment(
        status=_status(target, actual, pace, thresholds),
        actual=actual,
        level=target.level,
        progress=progress,
        time_progress=tau,
        pace=pace,
        projected=projected,
        projected_range=spread,
        needed_per_month=_needed(target, actual, period, data_date) if accumulates else None,
        is_partial=coverage < 1,
    )


def _status(target: Target, actual: float, pace: float | None, t: Thresholds) -> Status:
    if target.is_met_by(actual):
        return Status.ACHIEVED
    if pace is None:
        return Status.NOT_DUE
    pace = round(pace, 12)  # 0.84 of a way at 0.8 of the time is 1.05, whatever binary says
    if pace >= t.ahead:
        return Status.AHEAD
    if pace >= t.on_track:
        return Status.ON_TRACK
    return Status.BEHIND if pace >= t.behind else Status.FAR_BEHIND


def _needed(target: Target, actual: float, period: Period, data_date: date) -> float | None:
    """Per month of 30.4 days left after the data date; 0 when met, None when no time is left."""
    if target.is_met_by(actual):
        return 0.0
    days = (period.last_day - max(data_date, period.start)).days
    return (target.level - actual) / (days / (365.25 / 12)) if days > 0 else None
