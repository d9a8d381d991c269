"""Rank movements: causes and indicators add up exactly, and single causes are told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.indicators import Pipeline, Table, framework_from_rows, rank_movement, shapley

FRAMEWORK = framework_from_rows(
    [
        *(
            {"iCode": c, "Level": 1, "Parent": "index", "Direction": 1, "Weight": w, "Type": "Indicator"}
            for c, w in (("a", 1), ("b", 2), ("c", 3))
        ),
        {"iCode": "index", "Level": 2, "Parent": "", "Type": "Aggregate"},
    ]
)
POSTS = {"normalise": {"global_specs": {"f_n": "goalposts", "f_n_para": {"lower": 0, "upper": 100, "scale": 100}}}}
MIN_MAX = {"normalise": {"global_specs": {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 100]}}}}


def table_of(values: np.ndarray) -> Table:
    return Table(tuple(f"u{i}" for i in range(values.shape[0])), ("a", "b", "c"), values)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([MIN_MAX, {**MIN_MAX, "aggregate": {"f_ag": "a_gmean"}}, POSTS]))
def test_both_splits_add_up(seed: int, spec: dict[str, object]) -> None:
    random = np.random.default_rng(seed)
    before, after = (table_of(random.uniform(1, 99, (6, 3))) for _ in range(2))
    index = Pipeline(FRAMEWORK, spec)
    moved = rank_movement(index, before, index, after, "u2")
    assert sum(moved.rank_by_cause.values()) == moved.rank_before - moved.rank_after
    assert sum(moved.score_by_cause.values()) == pytest.approx(moved.score_after - moved.score_before)
    assert sum(moved.by_indicator.values()) == pytest.approx(moved.score_by_cause["own"])
    assert moved.rank_before == index.compute(before).rank("u2")
    assert moved.rank_after == index.compute(after).rank("u2")
    assert moved.rank_by_cause["method"] == 0


def test_fixed_goalposts_move_no_bounds_and_parts_are_weighted_changes() -> None:
    before = np.array([[50.0, 50, 50], [60, 60, 60], [40, 40, 40]])
    after = before.copy()
    after[0] = [80, 50, 64]
    index = Pipeline(FRAMEWORK, POSTS)
    moved = rank_movement(index, table_of(before), index, table_of(after), "u0")
    assert moved.rank_by_cause == {"own": 1, "peers": 0, "bounds": 0, "method": 0}
    assert moved.by_indicator == {"a": pytest.approx(5), "b": 0, "c": pytest.approx(7)}
    assert "升" in moved.sentence({"a": "甲", "c": "丙"})
    assert "丙、甲" in moved.sentence({"a": "甲", "c": "丙"})
    assert moved.sentence({}, "en").startswith("Up from place 2 to 1")


def test_a_change_of_method_is_told_from_a_change_of_data() -> None:
    values = np.array([[90.0, 10, 10], [10, 50, 40], [20, 20, 20]])
    equal = Pipeline(FRAMEWORK, {**POSTS, "weights": {"a": 10, "b": 1, "c": 1}})
    moved = rank_movement(Pipeline(FRAMEWORK, POSTS), table_of(values), equal, table_of(values), "u0")
    assert moved.rank_by_cause == {"own": 0, "peers": 0, "bounds": 0, "method": 1}


def test_shapley_sampled_still_closes() -> None:
    weights = np.arange(1.0, 16)

    def worth(subsets: list[frozenset[int]]) -> np.ndarray:
        return np.array([sum(weights[list(s)]) ** 1.5 for s in subsets])

    shares = shapley(worth, list(range(15)), seed=1, orders=20)
    assert sum(shares.values()) == pytest.approx(weights.sum() ** 1.5)
    exact = shapley(lambda subsets: np.array([sum(weights[list(s)]) for s in subsets]), list(range(6)))
    assert list(exact.values()) == pytest.approx(weights[:6].tolist())
