"""Measures against values worked out by hand."""

import math

import pytest

from keqiao.engines.match.evaluate import compare, evaluate

JUDGED = {"q1": {"a": 1.0}, "q2": {"b": 1.0, "c": 2.0}, "q3": {"z": 1.0}}
RUN = {"q1": ["x", "a"], "q2": ["b", "x", "c"]}


def test_measures_by_hand():
    mrr, ndcg, recall = evaluate(RUN, JUDGED)
    second = (1 + 2 / math.log2(4)) / (2 + 1 / math.log2(3))
    assert mrr.mean == pytest.approx((0.5 + 1 + 0) / 3)
    assert ndcg.mean == pytest.approx((1 / math.log2(3) + second + 0) / 3)
    assert recall.mean == pytest.approx(2 / 3)
    assert mrr.low <= mrr.mean <= mrr.high


def test_a_difference_is_paired_and_zero_with_itself():
    assert all((each.mean, each.low, each.high) == (0, 0, 0) for each in compare(RUN, RUN, JUDGED))
    better = {**RUN, "q1": ["a"], "q3": ["z"]}
    assert compare(RUN, better, JUDGED)[0].mean == pytest.approx(0.5)
    assert evaluate({}, {})[0].mean == 0.0
