"""Monte-Carlo and Sobol: batches equal single runs, draws are kept, indices are right for a function whose indices are known."""

from __future__ import annotations

import numpy as np
import pytest

from keqiao.engines.indicators import (
    IndexProblem,
    Parameter,
    Pipeline,
    Table,
    draw_at_random,
    draw_for_sobol,
    framework_from_rows,
    mean_rank_shift,
    noisy_weights,
    run_draws,
    sobol_indices,
    without_each,
)
from keqiao.engines.indicators.sensitivity import with_setting


@pytest.fixture
def pipeline() -> Pipeline:
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
    rows += [{"iCode": f"p{j}", "Level": 2, "Parent": "index", "Weight": 1, "Type": "Aggregate"} for j in range(2)]
    framework = framework_from_rows([*rows, {"iCode": "index", "Level": 3, "Parent": "", "Type": "Aggregate"}])
    settings = {
        "treat": {"global_specs": {"f1_para": {"winmax": 3}}},
        "normalise": {"global_specs": {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 100]}}},
        "aggregate": {"f_ag": "a_amean"},
    }
    return Pipeline(framework, settings)


@pytest.fixture
def table() -> Table:
    values = np.random.default_rng(2).lognormal(0, 1.5, (15, 4))
    values[3, 2] = np.nan
    return Table(tuple(f"u{i:02d}" for i in range(15)), ("i0", "i1", "i2", "i3"), values)


@pytest.fixture
def parameters(pipeline: Pipeline) -> list[Parameter]:
    return [
        Parameter("winmax", "treat.global_specs.f1_para.winmax", {str(n): n for n in range(4)}),
        Parameter(
            "norm",
            "normalise.global_specs",
            {
                "mm": {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 100]}},
                "z": {"f_n": "n_zscore", "f_n_para": {"m_sd": [10, 2]}},
            },
        ),
        Parameter("weights", "weights", noisy_weights(pipeline, {1: 0.3, 2: 0.3}, 5, 1)),
        Parameter("agg", "aggregate.f_ag", {"a": "a_amean", "g": "a_gmean", "mixed": ["a_amean", "a_gmean"]}),
    ]


def test_each_replication_equals_its_own_single_run(
    pipeline: Pipeline, table: Table, parameters: list[Parameter]
) -> None:
    draws = draw_at_random(parameters, 30, seed=5)
    result = run_draws(pipeline, table, parameters, draws, seed=5)
    for r, draw in enumerate(draws):
        settings = dict(pipeline.settings)
        for p in parameters:
            settings = with_setting(settings, p.path, p.options[draw[p.name]])
        alone = Pipeline(pipeline.framework, settings).compute(table)
        np.testing.assert_allclose(result.scores[r], alone.scores["index"], rtol=1e-13)
        np.testing.assert_array_equal(result.ranks[r], alone.ranks["index"])


def test_a_seed_gives_the_same_draws(parameters: list[Parameter]) -> None:
    assert draw_at_random(parameters, 10, 1) == draw_at_random(parameters, 10, 1)
    assert draw_at_random(parameters, 10, 1) != draw_at_random(parameters, 10, 2)


def test_statistics_and_probability(pipeline: Pipeline, table: Table, parameters: list[Parameter]) -> None:
    result = run_draws(pipeline, table, parameters, draw_at_random(parameters, 50, 1))
    statistics = result.statistics()
    assert np.all(statistics["Q5"] <= statistics["Median"])
    assert np.all(statistics["Median"] <= statistics["Q95"])
    assert result.probability_within(15).tolist() == [1.0] * 15
    assert result.probability_within(1).sum() == pytest.approx(1.0, abs=0.05)


def test_a_replication_that_fails_is_missing_and_explained(pipeline: Pipeline, table: Table) -> None:
    bad = Parameter(
        "norm",
        "normalise.global_specs",
        {
            "zero": {"f_n": "n_minmax", "f_n_para": {"l_u": [0, 1]}},
            "one": {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 2]}},
        },
    )
    geometric = Pipeline(pipeline.framework, with_setting(pipeline.settings, "aggregate.f_ag", "a_gmean"))
    result = run_draws(geometric, table, [bad], [{"norm": "zero"}, {"norm": "one"}])
    assert np.isnan(result.scores[0]).all()
    assert not np.isnan(result.scores[1]).any()
    assert "geometric" in result.failures[0]


def test_a_wrong_draw_names_the_parameter(pipeline: Pipeline, table: Table, parameters: list[Parameter]) -> None:
    with pytest.raises(IndexProblem, match="winmax"):
        run_draws(pipeline, table, parameters, [{"winmax": "9", "norm": "mm", "weights": "1", "agg": "a"}])


def test_sobol_of_a_linear_function() -> None:
    """y = 4 a + 2 b + c with independent uniforms: shares of variance 16/21, 4/21, 1/21, no interactions."""
    names = ["a", "b", "c"]
    parameters = [Parameter(n, n, between=(0.0, 1.0)) for n in names]
    draws = draw_for_sobol(parameters, 20_000, seed=1)
    y = np.array([4 * float(d["a"]) + 2 * float(d["b"]) + float(d["c"]) for d in draws])
    found = sobol_indices(y - y.mean(), names, bootstrap=50)
    for index, share in zip(found, (16 / 21, 4 / 21, 1 / 21), strict=True):
        assert index.first == pytest.approx(share, abs=0.02)
        assert index.total == pytest.approx(share, abs=0.02)
        assert index.total_bounds[0] <= index.total <= index.total_bounds[1]


def test_sobol_estimators_as_written() -> None:
    """First order is not centred: mean(yB (yAB - yA)) / Var(yA, yB); total is Jansen's."""
    y = np.array([1.0, 2, 4, 3, 5, 1, 2, 2, 3])
    index = sobol_indices(y, ["x"])[0]
    ya, yb, yab = y[:3], y[3:6], y[6:]
    variance = np.var(y[:6], ddof=1)
    assert index.first == pytest.approx(np.mean(yb * (yab - ya)) / variance)
    assert index.total == pytest.approx(np.sum((ya - yab) ** 2) / (2 * 3 * variance))


def test_sobol_needs_its_design() -> None:
    with pytest.raises(IndexProblem, match="multiple of 4"):
        sobol_indices(np.ones(9), ["a", "b"])


def test_removing_an_element_is_weight_zero(pipeline: Pipeline, table: Table) -> None:
    shifts = without_each(pipeline, table, 2)
    only_second = Pipeline(pipeline.framework, {**pipeline.settings, "weights": {"p0": 0}}).compute(table)
    nominal = pipeline.compute(table)
    assert shifts["p0"] == pytest.approx(np.mean(np.abs(only_second.ranks["index"] - nominal.ranks["index"])))
    assert mean_rank_shift(run_draws(pipeline, table, [], [{}])).tolist() == [0]
