"""Short-boards against other exact methods; lifts in whole indices always reach the true rank."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from keqiao.engines.indicators import Lever, Pipeline, ShortBoardCase, Table, framework_from_rows, lift, short_board
from keqiao.engines.indicators.shortboard import Choice, cheapest_choices, cheapest_plan, index_score


@st.composite
def cases(draw: st.DrawFn, aggregation: str) -> ShortBoardCase:
    n, m = draw(st.integers(3, 8)), draw(st.integers(2, 5))
    seed = draw(st.integers(0, 10**6))
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.ones(m))
    return ShortBoardCase(
        random.uniform(5, 95, (n, m)),
        weights,
        draw(st.integers(0, n - 1)),
        draw(st.integers(1, n)),
        random.uniform(0.5, 5, m),
        random.uniform(20, 100, m),
        aggregation,
    )


@settings(max_examples=80, deadline=None)
@given(cases("linear"))
def test_linear_cost_is_the_linear_programmes(case: ShortBoardCase) -> None:
    advice = short_board(case)
    if case.k == case.scores.shape[0]:
        assert advice.plan.cost == 0  # the last place is always held
        return
    now = case.scores[case.unit]
    room = np.maximum(case.caps - now, 0)
    answer = linprog(
        case.unit_costs,
        A_ub=[-case.weights],
        b_ub=[float((case.weights * now).sum()) - advice.threshold],
        bounds=list(zip(np.zeros(now.size), room, strict=True)),
    )
    assert advice.feasible == answer.success
    if advice.plan:
        assert advice.plan.cost == pytest.approx(answer.fun, rel=1e-7, abs=1e-7)
        assert index_score(advice.plan.levels, case.weights, "linear") >= advice.threshold - 1e-9


@settings(max_examples=30, deadline=None)
@given(cases("geometric"))
def test_geometric_cost_is_the_convex_optimum(case: ShortBoardCase) -> None:
    advice = short_board(case)
    if not advice.plan or advice.plan.cost == 0:
        return
    now, ceiling = case.scores[case.unit], np.maximum(case.caps, case.scores[case.unit])
    answer = minimize(
        lambda z: float(case.unit_costs @ (z - now)),
        ceiling,
        bounds=list(zip(now, ceiling, strict=True)),
        constraints=[{"type": "ineq", "fun": lambda z: float(case.weights @ np.log(z)) - np.log(advice.threshold)}],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert advice.plan.cost <= answer.fun * (1 + 1e-6) + 1e-9
    assert index_score(advice.plan.levels, case.weights, "geometric") == pytest.approx(advice.threshold, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["linear", "geometric"]).flatmap(cases), st.integers(1, 2))
def test_at_most_q_is_the_best_subset(case: ShortBoardCase, q: int) -> None:
    advice = short_board(case, [q])
    plan = advice.at_most[q]
    m = case.scores.shape[1]
    best = None
    for subset in combinations(range(m), min(q, m)):
        caps = np.where(np.isin(np.arange(m), subset), case.caps, 0.0)
        one = cheapest_plan(
            ShortBoardCase(case.scores, case.weights, case.unit, case.k, case.unit_costs, caps, case.aggregation),
            advice.threshold,
        )
        best = one if one and (best is None or one.cost < best.cost) else best
    assert (plan is None) == (best is None)
    if plan and best:
        assert plan.cost == pytest.approx(best.cost)
        assert len(plan.moved) <= q


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["linear", "geometric"]), st.integers(0, 10**6))
def test_whole_steps_and_fixed_costs_against_enumeration(aggregation: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, weights = random.uniform(20, 60, (4, 3)), np.array([0.5, 0.3, 0.2])
    case = ShortBoardCase(
        scores,
        weights,
        0,
        1,
        random.uniform(1, 3, 3),
        np.full(3, 80.0),
        aggregation,
        np.array([10.0, 5.0, 20.0]),
        random.uniform(0, 30, 3),
    )
    advice = short_board(case)
    best = None
    for counts in product(*(range(int((80 - scores[0, j]) / case.steps[j]) + 1) for j in range(3))):
        levels = scores[0] + np.array(counts) * case.steps
        if index_score(levels, weights, aggregation) >= advice.threshold - 1e-12:
            cost = float((case.unit_costs * (levels - scores[0])).sum() + case.fixed_costs[np.array(counts) > 0].sum())
            best = cost if best is None else min(best, cost)
    assert (advice.plan is None) == (best is None)
    if best is not None:
        assert advice.plan.cost == pytest.approx(best, rel=1e-6, abs=1e-6)


def test_infeasible_says_how_far_the_caps_reach() -> None:
    case = ShortBoardCase(
        np.array([[10.0, 10], [50, 50], [90, 90]]), np.array([0.5, 0.5]), 0, 1, np.ones(2), np.array([60.0, 60.0])
    )
    advice = short_board(case)
    assert (advice.feasible, advice.plan, advice.highest_score, advice.best_rank) == (False, None, 60.0, 2)


def test_already_there_costs_nothing_and_orders_differ() -> None:
    case = ShortBoardCase(
        np.array([[50.0, 50], [40, 80], [10, 10]]),
        np.array([0.5, 0.5]),
        0,
        2,
        np.array([1.0, 100.0]),
        np.array([100.0, 100.0]),
    )
    advice = short_board(case)
    assert advice.plan.cost == 0
    assert advice.by_points == (1, 0)
    assert advice.by_price == (0, 1)
    assert (advice.points_to_next, advice.points_of_safety) == (10.0, 40.0)


def test_choices_take_at_most_one_per_indicator() -> None:
    choices = [[Choice(1, 1, 1), Choice(3, 2, 2)], [Choice(2, 5, 1)]]
    assert cheapest_choices(choices, 3) == {0: choices[0][1]}
    assert cheapest_choices(choices, 5) == {0: choices[0][1], 1: choices[1][0]}
    assert cheapest_choices(choices, 6) is None


def pipeline(normalise: dict[str, object], aggregate: object = "a_amean") -> Pipeline:
    rows = [
        {
            "iCode": f"i{j}",
            "Level": 1,
            "Parent": f"p{j // 2}",
            "Direction": -1 if j == 1 else 1,
            "Weight": 1 + j,
            "Type": "Indicator",
        }
        for j in range(4)
    ]
    rows += [{"iCode": f"p{j}", "Level": 2, "Parent": "index", "Weight": 1 + j, "Type": "Aggregate"} for j in range(2)]
    framework = framework_from_rows([*rows, {"iCode": "index", "Level": 3, "Parent": "", "Type": "Aggregate"}])
    return Pipeline(framework, {"normalise": {"global_specs": normalise}, "aggregate": {"f_ag": aggregate}})


MIN_MAX = {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 100]}}


@pytest.mark.parametrize(
    ("normalise", "aggregate"),
    [
        (MIN_MAX, "a_amean"),
        (MIN_MAX, "a_gmean"),
        (MIN_MAX, ["a_amean", "a_gmean"]),
        ({"f_n": "n_zscore"}, "a_amean"),
        ({"f_n": "n_rank"}, "a_amean"),
        ({"f_n": "goalposts", "f_n_para": {"lower": 0, "upper": 60, "scale": 100}}, "a_amean"),
    ],
    ids=str,
)
def test_a_lift_truly_reaches_its_rank(normalise: dict[str, object], aggregate: object) -> None:
    """Levers go beyond the best unit, so bounds move; the plan must still hold after everything is computed again."""
    index = pipeline(normalise, aggregate)
    values = np.random.default_rng(9).uniform(10, 50, (10, 4))
    table = Table(tuple(f"u{i}" for i in range(10)), ("i0", "i1", "i2", "i3"), values)
    base = index.compute(table)
    unit = table.units[int(np.argmax(base.ranks["index"]))]
    levers = {"i0": Lever(70, 1), "i1": Lever(1, 2), "i2": Lever(60, 3), "i3": Lever(55, 1.5)}
    advice = lift(index, table, unit, 3, levers, previous=table.with_values(values - 1))
    assert advice.feasible
    assert advice.rank <= 3
    changed = values.copy()
    for code, value in advice.values.items():
        changed[table.units.index(unit), table.columns.index(code)] = value
    again = index.compute(table.with_values(changed))
    assert again.rank(unit) == advice.rank
    assert again.score(unit) == pytest.approx(advice.score, rel=1e-12)
    assert advice.cost == pytest.approx(
        sum(
            levers[c].cost * abs(v - values[table.units.index(unit), table.columns.index(c)])
            for c, v in advice.values.items()
        )
    )
    assert advice.rank_if_peers_repeat is not None


def test_a_lift_out_of_reach_gives_the_best_rank() -> None:
    index = pipeline(MIN_MAX)
    table = Table(
        ("a", "b", "c"), ("i0", "i1", "i2", "i3"), np.array([[1.0, 9, 1, 1], [50, 1, 50, 50], [60, 1, 60, 60]])
    )
    advice = lift(index, table, "a", 1, {"i0": Lever(20, 1)})
    assert (advice.feasible, advice.rank, advice.values) == (False, 3, {"i0": 20.0})
