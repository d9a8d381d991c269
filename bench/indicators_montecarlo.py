"""Monte-Carlo replications per second of processor time of a composite, with and without cached stages; and, with --vectors, agreement with COINr.

    python bench/indicators_montecarlo.py [--units 51 --indicators 49] [--vectors DIRECTORY]

Data are made up here unless --vectors names a directory with the ASEM files (see docs/indicators.md, "Measuring").
COINr 1.1.14 itself needs R: `get_sensitivity` on its ASEM example takes about 0.13-0.15 s a replication (6.8-7.9 a second).
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from keqiao.engines.indicators import (
    Parameter,
    Pipeline,
    Table,
    draw_at_random,
    framework_from_rows,
    noisy_weights,
    read_framework,
    read_table,
    run_draws,
)

SETTINGS = {
    "treat": {"global_specs": {"f1_para": {"winmax": 5}}},
    "normalise": {"global_specs": {"f_n": "n_minmax", "f_n_para": {"l_u": [0, 100]}}},
    "aggregate": {"f_ag": "a_amean"},
}
NORMALISATIONS = {
    "n_minmax": {"f_n": "n_minmax", "f_n_para": {"l_u": [1, 100]}},
    "n_zscore": {"f_n": "n_zscore", "f_n_para": {"m_sd": [10, 2]}},
}


def made_up(units: int, indicators: int) -> tuple[Pipeline, Table]:
    pillars = max(indicators // 6, 1)
    rows = [
        {
            "iCode": f"i{j}",
            "Level": 1,
            "Parent": f"p{j % pillars}",
            "Direction": -1 if j % 4 == 0 else 1,
            "Weight": 1,
            "Type": "Indicator",
        }
        for j in range(indicators)
    ]
    rows += [
        {"iCode": f"p{j}", "Level": 2, "Parent": f"s{j % 2}", "Weight": 1, "Type": "Aggregate"} for j in range(pillars)
    ]
    rows += [{"iCode": f"s{j}", "Level": 3, "Parent": "index", "Weight": 1, "Type": "Aggregate"} for j in range(2)]
    framework = framework_from_rows([*rows, {"iCode": "index", "Level": 4, "Parent": "", "Type": "Aggregate"}])
    values = np.random.default_rng(1).lognormal(0, 1.2, (units, indicators))
    return Pipeline(framework, SETTINGS), Table(
        tuple(f"u{i}" for i in range(units)), tuple(f"i{j}" for j in range(indicators)), values
    )


def asem(directory: Path) -> tuple[Pipeline, Table]:
    framework = read_framework(directory / "asem_source" / "asem_imeta.csv")
    settings = {
        "denominate": True,
        "impute": {"f_i": "i_mean_grp", "use_group": "EurAsia_group"},
        "screen": {"unit_screen": "byNA", "dat_thresh": 0.9},
        **SETTINGS,
    }
    return Pipeline(framework, settings), read_table(directory / "asem_source" / "asem_idata.csv", framework)


def compare(directory: Path, pipeline: Pipeline, table: Table) -> None:
    sets: dict[str, dict[str, float]] = {}
    for row in read(directory / "asem_ua_weightsets.csv"):
        sets.setdefault(row["set"], {})[row["iCode"]] = float(row["Weight"])
    parameters = choices(sets)
    draws = [{p.name: row[p.name] for p in parameters} for row in read(directory / "asem_ua_draws.csv")]
    result = run_draws(pipeline, table, parameters, draws)
    at = {u: i for i, u in enumerate(result.units)}
    worst, wrong, n = 0.0, 0, 0
    for name, values in (("scores", result.scores), ("ranks", result.ranks)):
        for row in read(directory / f"asem_ua_{name}.csv"):
            for r in range(len(draws)):
                gold, own = float(row[f"r_{r + 1}"]), float(values[r, at[row["uCode"]]])
                n += 1
                if name == "scores":
                    worst = max(worst, abs(own - gold) / abs(gold))
                else:
                    wrong += own != gold
    print(
        f"COINr vectors: {len(draws)} replications, {n:,} values; worst relative score difference {worst:.1e}, wrong ranks {wrong}"
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def choices(sets: dict[str, dict[str, float]]) -> list[Parameter]:
    return [
        Parameter("winmax", "treat.global_specs.f1_para.winmax", {str(i): i for i in range(1, 6)}),
        Parameter("norm", "normalise.global_specs", NORMALISATIONS),
        Parameter("weightset", "weights", dict(sets)),
        Parameter("agg", "aggregate.f_ag", {"a_amean": "a_amean", "a_gmean": "a_gmean"}),
    ]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--units", type=int, default=51)
    options.add_argument("--indicators", type=int, default=49)
    options.add_argument("--vectors", type=Path)
    options.add_argument("--reps", type=int, default=5000)
    given = options.parse_args()
    pipeline, table = asem(given.vectors) if given.vectors else made_up(given.units, given.indicators)
    print(f"{len(table.units)} units x {len(table.columns)} indicators")
    parameters = choices(noisy_weights(pipeline, {2: 0.25, 3: 0.25}, 50, 1))
    draws = draw_at_random(parameters, given.reps, 1)
    start = time.process_time()
    run_draws(pipeline, table, parameters, draws)
    cached = given.reps / (time.process_time() - start)
    # A continuous threshold differs in every draw, so nothing can be reused after preparation.
    fresh = [Parameter("skew", "treat.global_specs.f1_para.skew_thresh", between=(1.5, 2.5)), *parameters[2:]]
    few = draw_at_random(fresh, max(given.reps // 10, 100), 1)
    start = time.process_time()
    run_draws(pipeline, table, fresh, few)
    uncached = len(few) / (time.process_time() - start)
    start = time.process_time()
    for _ in range(20):
        pipeline.compute(table)
    whole = 20 / (time.process_time() - start)
    print(
        f"cached treatment and normalisation: {cached:,.0f} replications/s; treated anew each time: {uncached:,.0f}/s; whole pipeline from raw data, one by one: {whole:,.0f}/s"
    )
    if given.vectors:
        compare(given.vectors, pipeline, table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
