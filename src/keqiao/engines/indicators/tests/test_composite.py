"""Composites: traps of treatment and normalisation, published methods, and properties that must hold for any data."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from keqiao.engines.indicators import (
    IndexProblem,
    Table,
    compute,
    copeland,
    framework_from_rows,
    kemeny_orders,
    outranking_matrix,
)
from keqiao.engines.indicators.aggregate import aggregate_children
from keqiao.engines.indicators.columns import kurtosis, rank_rows_descending, skewness
from keqiao.engines.indicators.framework import Element
from keqiao.engines.indicators.normalise import NormaliseSpec, normalise_column
from keqiao.engines.indicators.outranking import copeland_as_coinr, support
from keqiao.engines.indicators.treat import TreatmentSpec, treat_column, winsorise

E = Element("x", 1, None)
DOWN = Element("x", 1, None, direction=-1)


def table_of(values: list[list[float]], columns: str = "ab") -> Table:
    return Table(tuple(f"u{i}" for i in range(len(values))), tuple(columns), np.array(values, dtype=float))


def framework(columns: str = "ab", **weights: float):
    rows = [
        {"iCode": c, "Level": 1, "Parent": "index", "Direction": 1, "Weight": weights.get(c, 1), "Type": "Indicator"}
        for c in columns
    ]
    return framework_from_rows([*rows, {"iCode": "index", "Level": 2, "Parent": "", "Type": "Aggregate"}])


def test_moments_are_the_bias_corrected_ones() -> None:
    x = np.array([1.0, 2, 2, 3, 9, np.nan])
    known = x[:5]
    assert skewness(x) == pytest.approx(stats.skew(known, bias=False), rel=1e-14)
    assert kurtosis(x) == pytest.approx(stats.kurtosis(known, bias=False), rel=1e-14)


def test_tied_points_are_winsorised_together_and_all_count() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10] * 3 + [500.0, 500.0])
    treated, points = winsorise(x, winmax=1)
    assert points == 2
    assert treated.max() == 10


def test_a_failed_winsorisation_gives_way_to_a_log_of_the_original() -> None:
    x = np.exp(np.linspace(0, 30, 40))
    done = treat_column(x, TreatmentSpec(f1_parameters={"winmax": 2}))
    assert done.step == "log_CT"
    assert done.values == pytest.approx(np.log(x - x.min() + 0.01 * (x.max() - x.min())))


def test_either_low_skewness_or_low_kurtosis_passes() -> None:
    x = np.array([0.0] * 20 + [1.0] * 20 + [-30, 30.0])
    assert abs(skewness(x)) < 2
    assert kurtosis(x) > 3.5
    assert treat_column(x, TreatmentSpec()).step == "none"


def test_a_constant_column_stays_untreated() -> None:
    assert treat_column(np.ones(10), TreatmentSpec()).step == "none"


def test_direction_comes_before_normalising() -> None:
    x = np.array([1.0, 2, 4])
    assert normalise_column(x, DOWN, NormaliseSpec("minmax")).tolist() == pytest.approx([100, 200 / 3, 0])
    assert normalise_column(x, DOWN, NormaliseSpec("rank")).tolist() == [3, 2, 1]


def test_goalposts_of_published_tables() -> None:
    """Human Development Index, technical notes: life expectancy 20-85; income in logs 100-75,000; schooling capped at 15."""
    life = normalise_column(np.array([70.0]), E, NormaliseSpec("goalposts", {"lower": 20, "upper": 85, "scale": 1}))
    income = normalise_column(
        np.array([10_000.0]),
        E,
        NormaliseSpec("goalposts", {"lower": 100, "upper": 75_000, "scale": 1, "transform": "log"}),
    )
    school = normalise_column(
        np.array([16.0]), E, NormaliseSpec("goalposts", {"lower": 0, "upper": 15, "scale": 1, "cap": 15})
    )
    assert life[0] == pytest.approx(50 / 65)
    assert income[0] == pytest.approx(np.log(100) / np.log(750))
    assert school[0] == 1


def test_a_cap_below_the_upper_goalpost_limits_the_score() -> None:
    """Technology Achievement Index: electricity counts only up to the OECD average."""
    spec = NormaliseSpec("goalposts", {"lower": 0, "upper": 10, "cap": 7, "scale": 100})
    assert normalise_column(np.array([5.0, 7, 9]), E, spec).tolist() == [50, 70, 70]


def test_less_is_better_goalposts_in_natural_units() -> None:
    spec = NormaliseSpec("goalposts", {"lower": 2, "upper": 12, "scale": 100})
    assert normalise_column(np.array([2.0, 7, 12, 20]), DOWN, spec).tolist() == [100, 50, 0, 0]


def test_a_standard_caps_at_100() -> None:
    spec = NormaliseSpec("standard", {"standard": 2.5})
    assert normalise_column(np.array([1.25, 2.5, 5, np.nan]), E, spec)[:3].tolist() == [50, 100, 100]
    assert normalise_column(np.array([5.0, 2.5, 1]), DOWN, spec).tolist() == [50, 100, 100]


@pytest.mark.parametrize(
    ("method", "expected"), [("amean", 2.5), ("gmean", 2.0), ("hmean", 1.6), ("min", 1.0), ("max", 4.0), ("sum", 5.0)]
)
def test_means(method: str, expected: float) -> None:
    assert aggregate_children(np.array([[[1.0, 4.0]]]), np.ones((1, 2)), method)[0, 0] == pytest.approx(expected)


def test_generalised_mean_runs_through_the_others() -> None:
    x, w = np.array([[[1.0, 4.0, 9.0]]]), np.array([[1.0, 2, 3]])
    for p, method in ((1, "amean"), (-1, "hmean"), (1e-9, "gmean")):
        assert aggregate_children(x, w, "genmean", p)[0, 0] == pytest.approx(
            aggregate_children(x, w, method)[0, 0], rel=1e-6
        )


def test_missing_children_rescale_weights_and_thresholds_bite() -> None:
    x, w = np.array([[[1.0, np.nan, 3.0], [np.nan, np.nan, 3.0]]]), np.array([[1.0, 5, 1]])
    assert aggregate_children(x, w, "amean")[0].tolist() == [2, 3]
    limited = aggregate_children(x, w, "amean", data_threshold=0.5)[0]
    assert limited[0] == 2
    assert np.isnan(limited[1])


def test_a_geometric_mean_over_zero_says_what_to_do() -> None:
    settings_ = {"normalise": {"global_specs": {"f_n": "n_minmax"}}, "aggregate": {"f_ag": "a_gmean"}}
    with pytest.raises(IndexProblem, match=r"l_u: \[1, 100\]"):
        compute(framework(), table_of([[1, 2], [2, 3], [3, 1]]), settings_)


def test_group_weights_must_sum_to_100() -> None:
    with pytest.raises(IndexProblem, match="100"):
        compute(framework(), table_of([[1, 2], [2, 3]]), {"weights": {"groups": {"index": 90}}})


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(IndexProblem, match="f_agg"):
        compute(framework(), table_of([[1, 2]]), {"aggregate": {"f_agg": "a_amean"}})


def test_steps_are_pinned_by_data_and_settings() -> None:
    a = compute(framework(), table_of([[1, 2], [2, 3]]), {"normalise": True})
    again = compute(framework(), table_of([[1, 2], [2, 3]]), {"normalise": True})
    other_data = compute(framework(), table_of([[1, 2], [2, 4]]), {"normalise": True})
    other_weights = compute(framework(a=2), table_of([[1, 2], [2, 3]]), {"normalise": True})
    assert a.digest == again.digest
    assert len({a.digest, other_data.digest, other_weights.digest}) == 3


VALUES = st.lists(st.lists(st.integers(0, 50).map(float), min_size=3, max_size=3), min_size=4, max_size=9)
SETTINGS = {"treat": True, "normalise": {"global_specs": {"f_n": "n_zscore"}}, "aggregate": {"f_ag": "a_amean"}}


@settings(max_examples=40, deadline=None)
@given(values=VALUES, order=st.randoms())
def test_the_order_of_rows_does_not_matter(values: list[list[float]], order) -> None:
    units = [f"u{i}" for i in range(len(values))]
    shuffled = list(range(len(values)))
    order.shuffle(shuffled)
    first = compute(framework("abc"), Table(tuple(units), tuple("abc"), np.array(values)), SETTINGS)
    second = compute(
        framework("abc"), Table(tuple(units[i] for i in shuffled), tuple("abc"), np.array(values)[shuffled]), SETTINGS
    )
    assert first.units == second.units
    np.testing.assert_array_equal(first.ranks["index"], second.ranks["index"])


@settings(max_examples=40, deadline=None)
@given(values=VALUES, factor=st.floats(0.1, 100), shift=st.floats(-50, 50))
def test_units_of_measure_do_not_matter_to_min_max(values: list[list[float]], factor: float, shift: float) -> None:
    settings_ = {"normalise": {"global_specs": {"f_n": "n_minmax"}}}
    first = compute(framework("abc"), table_of(values, "abc"), settings_)
    changed = np.array(values)
    changed[:, 0] = changed[:, 0] * factor + shift
    second = compute(framework("abc"), table_of(changed.tolist(), "abc"), settings_)
    np.testing.assert_allclose(first.scores["index"], second.scores["index"], rtol=1e-6, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5).map(float), min_size=4, max_size=4), min_size=1, max_size=4))
def test_ranks_of_many_replications_equal_ranks_one_by_one(rows: list[list[float]]) -> None:
    expected = [[1 + sum(o > v for o in row) for v in row] for row in rows]
    assert rank_rows_descending(np.array(rows)).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4).map(float), min_size=3, max_size=3), min_size=2, max_size=6))
def test_kemeny_finds_all_best_orders(values: list[list[float]]) -> None:
    votes = outranking_matrix(np.array(values), np.array([0.5, 0.3, 0.2]))
    every = {o: support(votes, o) for o in itertools.permutations(range(len(values)))}
    best = max(every.values())
    score, orders = kemeny_orders(votes)
    assert score == pytest.approx(best)
    assert set(orders) == {o for o, s in every.items() if s > best - 1e-9}


def test_kemeny_by_programme_reaches_the_support_of_the_exact_search(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(4).integers(0, 9, (9, 5)).astype(float)
    votes = outranking_matrix(values, np.ones(5))
    exact, orders = kemeny_orders(votes)
    monkeypatch.setattr("keqiao.engines.indicators.outranking.ENUMERATED_UNITS", 3)
    score, (one,) = kemeny_orders(votes)
    assert score == pytest.approx(exact)
    assert one in orders


def test_copeland_draws_are_draws() -> None:
    x = np.array([[1.0, 2], [2.0, 1], [0, 0]])
    assert copeland(x, np.ones(2)).tolist() == [1, 1, -2]
    assert copeland_as_coinr(x, np.ones(2)).tolist() == [1, 1, -2]
