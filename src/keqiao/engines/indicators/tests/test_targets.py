"""Splits close exactly whatever the floors and caps; attainment follows its stated order."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.indicators import (
    IndexProblem,
    Past,
    Period,
    Share,
    Status,
    Target,
    Thresholds,
    TimeProfile,
    attainment,
    decompose,
    decompose_ratio,
    exact,
    negotiate,
    over_allocation,
    pressure,
    profile_from_history,
    weights_equal_growth,
    weights_mixed,
)

YEAR = Period.parse("2024")


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, list[Share]]:
    n = draw(st.integers(1, 9))
    shares = []
    for i in range(n):
        low = draw(st.integers(0, 20))
        cap = draw(st.none() | st.integers(low, 80))
        locked = draw(st.none() | st.none() | st.integers(low, 80 if cap is None else cap))
        shares.append(
            Share(
                str(i),
                Fraction(draw(st.integers(0, 50)), 7),
                Fraction(low),
                None if cap is None else Fraction(cap),
                None if locked is None else Fraction(locked),
            )
        )
    return draw(st.integers(0, 300)), shares


@settings(max_examples=300, deadline=None)
@given(splits())
def test_parts_close_exactly_within_their_limits(split: tuple[int, list[Share]]) -> None:
    total, shares = split
    result = decompose(total, 1, shares)
    lowest = sum(s.locked if s.locked is not None else s.floor for s in shares)
    caps = [s.locked if s.locked is not None else s.cap for s in shares]
    highest = None if None in caps else sum(c for c in caps if c is not None)
    if lowest > total:
        assert (result.feasible, result.shortfall) == (False, lowest - total)
        return
    if highest is not None and highest < total:
        assert (result.feasible, result.shortfall) == (False, highest - total)
        return
    assert result.feasible
    assert sum(result.amounts.values()) == total
    for s in shares:
        amount = result.amounts[s.code]
        assert amount.denominator == 1
        assert amount >= (s.locked if s.locked is not None else s.floor)
        assert s.cap is None or s.locked is not None or amount <= s.cap
        assert s.locked is None or amount == s.locked


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_without_limits_nobody_is_a_step_away_from_proportion(total: int, weights: list[int]) -> None:
    result = decompose(total, 1, [Share(str(i), Fraction(w)) for i, w in enumerate(weights)])
    for i, w in enumerate(weights):
        assert abs(result.amounts[str(i)] - Fraction(total * w, sum(weights))) < 1


def test_minor_units_are_exact() -> None:
    result = decompose(0.3, 0.1, [Share("a", Fraction(1)), Share("b", Fraction(1))])
    assert list(result.amounts.values()) == [Fraction(1, 5), Fraction(1, 10)]
    with pytest.raises(IndexProblem, match="whole number of steps"):
        decompose(0.35, 0.1, [Share("a", Fraction(1))])


def test_ratio_targets_split_both_parts() -> None:
    shares = [Share("a", Fraction(3)), Share("b", Fraction(1))]
    even = [Share("a", Fraction(1)), Share("b", Fraction(1))]
    result = decompose_ratio((8, 1, shares), (100, 1, even))
    assert result.ratios == {"a": Fraction(6, 50), "b": Fraction(2, 50)}


def test_pressure_and_over_allocation() -> None:
    child = Past("a", (Fraction(100), Fraction(110), Fraction(121)))
    found = pressure(child, Fraction(121) * Fraction(121, 100))
    assert found.growth == Fraction(21, 100)
    assert found.usual_growth == pytest.approx(0.1)
    assert found.coefficient == pytest.approx(1.1)
    assert over_allocation(100, {"a": Fraction(60), "b": Fraction(50)}) == 10
    assert weights_equal_growth([child])["a"] == 121
    assert sum(weights_mixed([child, Past("b", (Fraction(79),), Fraction(5))]).values()) == 1


def test_a_round_of_bids_closes_and_is_logged() -> None:
    shares = [Share("a", Fraction(1)), Share("b", Fraction(1))]
    first = negotiate(100, 1, shares, {"a": 30, "b": 40})
    assert (first.number, first.gap, dict(first.decomposition.amounts)) == (1, 30, {"a": 50, "b": 50})
    second = negotiate(100, 1, shares, {"a": 90, "b": 60}, [first])
    assert (second.number, second.gap, dict(second.decomposition.amounts)) == (2, -50, {"a": 60, "b": 40})


@pytest.mark.parametrize(
    ("actual", "day", "status"),
    [
        (100, "2024-03-01", Status.ACHIEVED),
        (53, "2024-06-30", Status.AHEAD),
        (49, "2024-06-30", Status.ON_TRACK),
        (42, "2024-06-30", Status.BEHIND),
        (30, "2024-06-30", Status.FAR_BEHIND),
        (0, "2023-12-01", Status.NOT_DUE),
        (None, "2024-06-30", Status.NO_DATA),
    ],
)
def test_the_seven_statuses(actual: float | None, day: str, status: Status) -> None:
    assert attainment(Target(100), actual, YEAR, datetime.date.fromisoformat(day)).status is status


def test_partial_or_withheld_data_are_said() -> None:
    day = datetime.date(2024, 6, 30)
    low = attainment(Target(100), 60, YEAR, day, thresholds=Thresholds(min_coverage=0.9), coverage=0.5)
    assert (low.status, low.is_partial) == (Status.NO_DATA, True)
    assert attainment(Target(100), 60, YEAR, day, is_withheld=True).status is Status.NO_DATA
    assert attainment(Target(100), 60, YEAR, day, coverage=0.95).is_partial


def test_half_by_midsummer() -> None:
    profile = TimeProfile(
        "milestones", milestones=((datetime.date(2024, 6, 30), 0.5), (datetime.date(2024, 9, 30), 0.6))
    )
    assert profile.at(datetime.date(2024, 6, 30), YEAR) == 0.5
    assert profile.at(datetime.date(2024, 9, 30), YEAR) == pytest.approx(0.6)
    assert profile.at(datetime.date(2024, 8, 15), YEAR) == pytest.approx(0.55, abs=0.001)
    assert profile.at(datetime.date(2024, 12, 31), YEAR) == 1
    assert profile.at(datetime.date(2023, 12, 31), YEAR) == 0


def test_a_seasonal_profile_projects_with_a_spread() -> None:
    late, early = [0] * 9 + [1, 2, 7], [3, 3, 3] + [0] * 8 + [1]
    profile = profile_from_history([late, early])
    found = attainment(Target(100), 30, YEAR, datetime.date(2024, 11, 30), profile)
    assert found.time_progress == pytest.approx((0.3 + 0.9) / 2)
    assert found.projected == pytest.approx(50)
    assert found.projected_range == (pytest.approx(30 / 0.9), pytest.approx(100))
    assert found.needed_per_month == pytest.approx(70 / (31 / (365.25 / 12)))


def test_downward_band_growth_and_rank_targets() -> None:
    day = datetime.date(2024, 6, 30)
    down = Target(20, direction="down", base=40)
    assert down.progress(30) == 0.5
    assert attainment(down, 18, YEAR, day).status is Status.ACHIEVED
    assert Target(20, direction="down", base=20).progress(25) == 0
    assert Target(0.08, kind="growth", base=50).level == pytest.approx(54)
    band = Target(0, direction="band", band=(2, 4))
    assert (band.progress(3), band.progress(4.5), band.progress(9)) == (1, 0.5, 0)
    rank = Target(5, kind="rank", base=9)
    assert (rank.progress(7), rank.progress(4), rank.is_met_by(5)) == (0.5, 1.25, True)
    with pytest.raises(IndexProblem, match="base"):
        Target(20, direction="down")


@given(
    st.dates(datetime.date(2023, 6, 1), datetime.date(2025, 6, 1)),
    st.dates(datetime.date(2023, 6, 1), datetime.date(2025, 6, 1)),
)
def test_time_never_runs_backwards(a: datetime.date, b: datetime.date) -> None:
    profile = profile_from_history([[1, 5, 2, 8, 1, 1, 9, 3, 3, 3, 3, 3], [2] * 12])
    first, second = sorted((a, b))
    assert profile.at(first, YEAR) <= profile.at(second, YEAR) + 1e-12


def test_periods_read_back() -> None:
    for label in ("2024", "2024H1", "2024H2", "2024Q3", "2024-02", "2024-01..09"):
        assert Period.parse(label).label == label
    assert Period.parse("2024-01..09").a_year_earlier().label == "2023-01..09"
    assert Period.parse("2024Q1").before().label == "2023Q4"
    for wrong in ("24", "2024-13", "2024Q5", "2024-02..09", ""):
        with pytest.raises(IndexProblem):
            Period.parse(wrong)


def test_exact_reads_decimals_as_written() -> None:
    assert exact(0.1) == Fraction(1, 10)
    assert exact("33.83") == Fraction(3383, 100)
