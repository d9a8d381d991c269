"""`keqiao index compute|sensitivity|sobol|shortboard|decompose|rollup|trace`. Formats: docs/indicators.md."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from keqiao.engines.expressions import ProblemsFound
from keqiao.engines.indicators.columns import Array
from keqiao.engines.indicators.composite import Composite
from keqiao.engines.indicators.definition import load_definitions
from keqiao.engines.indicators.outranking import copeland, kemeny_orders, outranking_matrix
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.prepare import Table, read_table
from keqiao.engines.indicators.problems import IndexProblem
from keqiao.engines.indicators.rollup import roll_up, years_covered
from keqiao.engines.indicators.sensitivity import (
    Draw,
    Uncertainty,
    draw_at_random,
    draw_for_sobol,
    mean_rank_shift,
    run_draws,
    sobol_indices,
)
from keqiao.engines.indicators.shortboard import ShortBoardAdvice, ShortBoardCase, short_board
from keqiao.engines.indicators.snapshot import Snapshot
from keqiao.engines.indicators.spec import IndexSpec, read_spec
from keqiao.engines.indicators.targets import Share, decompose, exact
from keqiao.engines.indicators.trace import shown_as, trace_id
from keqiao.engines.indicators.tree import read_tree

FIGURES_FILE = Path("figures.parquet")


def main(argv: Sequence[str]) -> int:
    """0 done, 1 the input has errors (all are printed), 2 the call itself is wrong."""
    try:
        given = _parser().parse_args(list(argv))
    except SystemExit as stop:
        return 0 if stop.code == 0 else 2
    run: Callable[[argparse.Namespace], int] = given.run
    try:
        return run(given)
    except (IndexProblem, ProblemsFound) as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (FileNotFoundError, IsADirectoryError, json.JSONDecodeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keqiao index", description="Indicators, composites, targets. Formats: docs/indicators.md"
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    for name, run, about in (
        ("compute", _compute, "scores by level and ranks of a composite"),
        ("sensitivity", _sensitivity, "Monte-Carlo over modelling choices: scores and ranks of every replication"),
        ("sobol", _sobol, "which modelling choice moves the ranks: Sobol indices"),
    ):
        command = add(name, run, about)
        command.add_argument("--spec", type=Path, required=True)
        command.add_argument("--data", type=Path, required=True)
        command.add_argument("--framework", type=Path, help="overrides the framework of the spec")
        command.add_argument("--out", type=Path, required=True, help="directory")
        if name != "compute":
            command.add_argument("--draws", type=Path, help="CSV, one column per parameter")
            command.add_argument("--reps", type=int, default=100, help="replications (sobol: n of n(d+2))")
            command.add_argument("--seed", type=int, default=1)
        if name == "sobol":
            command.add_argument("--bootstrap", type=int, default=0)
    for name, run, about in (
        ("shortboard", _shortboard, "cheapest improvements to reach rank k"),
        ("decompose", _decompose, "split targets so that the parts close exactly"),
    ):
        command = add(name, run, about)
        command.add_argument("cases", type=Path)
        command.add_argument("--out", type=Path, required=True, help="JSON file")
    command = add("rollup", _rollup, "figures of all definitions for all units and periods")
    command.add_argument(
        "--defs", type=Path, required=True, action="append", help="directory of YAML files; may be repeated"
    )
    command.add_argument("--snapshot", type=Path, required=True)
    command.add_argument("--tree", type=Path, required=True)
    command.add_argument("--out", type=Path, default=FIGURES_FILE)
    command.add_argument("--periods", help="comma separated; default: every year in the data")
    command.add_argument(
        "--boundary", type=date.fromisoformat, help="units as of this day throughout; default: as they were then"
    )
    command.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    command = add("trace", _trace, "one figure down to the rows that add up to it")
    command.add_argument("figure", help="id as in the figures file: indicator@version:unit:period[:pin]")
    command.add_argument(
        "--figures",
        type=Path,
        default=FIGURES_FILE,
        help="file written by rollup; says where definitions, snapshot and tree are",
    )
    command.add_argument("--defs", type=Path, action="append")
    command.add_argument("--snapshot", type=Path)
    command.add_argument("--tree", type=Path)
    command.add_argument("--boundary", type=date.fromisoformat)
    command.add_argument("--rows", type=Path, help="directory for the rows as CSV, one file per component")
    command.add_argument("--limit", type=int)
    return parser


def _read(given: argparse.Namespace) -> tuple[IndexSpec, Table]:
    spec = read_spec(given.spec, given.framework)
    return spec, read_table(given.data, spec.pipeline.framework, spec.unit_column)


def _compute(given: argparse.Namespace) -> int:
    spec, table = _read(given)
    result = spec.pipeline.compute(table)
    write_composite(result, given.out, spec.unit_column)
    if spec.outranking:
        write_outranking(result, given.out, spec.unit_column)
    return 0


def write_outranking(result: Composite, out: Path, unit_column: str) -> None:
    """Pairwise votes over the normalised indicators by their effective weights, Copeland scores and the exact Kemeny order(s)."""
    shares = result.framework.effective_weights(result.weights)
    weights = np.array([shares[c] for c in result.normalised.columns])
    votes = outranking_matrix(result.normalised.values, weights)
    support, orders = kemeny_orders(votes)
    wins = copeland(result.normalised.values, weights)
    _write_matrix(out / "outranking.csv", unit_column, result.units, [*result.units, "copeland"], [*votes.T, wins])
    _write_json(out / "kemeny.json", {"support": support, "orders": [[result.units[i] for i in o] for o in orders]})


def write_composite(result: Composite, out: Path, unit_column: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    codes = [e.code for level in range(1, result.framework.height + 1) for e in result.framework.at_level(level)]
    _write_matrix(out / "scores.csv", unit_column, result.units, codes, [result.scores[c] for c in codes])
    _write_matrix(out / "ranks.csv", unit_column, result.units, codes, [result.ranks[c] for c in codes])
    for name, stage in (("prepared", result.prepared), ("treated", result.treated), ("normalised", result.normalised)):
        _write_matrix(out / f"{name}.csv", unit_column, result.units, stage.columns, list(stage.values.T))
    rows = [
        (
            c,
            t.step,
            t.winsorised,
            "" if t.passed is None else t.passed,
            *(list(t.skewness) + [""] * 3)[:3],
            *(list(t.kurtosis) + [""] * 3)[:3],
        )
        for c, t in result.treatments.items()
    ]
    _write_rows(
        out / "treatment.csv",
        ["iCode", "step", "winsorised", "passed", "skew0", "skew1", "skew2", "kurt0", "kurt1", "kurt2"],
        rows,
    )
    steps = [{"step": s.name, "settings": s.settings, "digest": s.digest} for s in result.steps]
    removed = list(result.screening.removed) if result.screening else []
    _write_json(
        out / "steps.json",
        {"digest": result.digest, "steps": steps, "removed_units": removed, "weights": dict(result.weights)},
    )


def _draws(given: argparse.Namespace, spec: IndexSpec, sobol: bool) -> tuple[tuple[Draw, ...], int | None]:
    if not spec.parameters:
        raise IndexProblem.single(
            "index.spec.parameters",
            given.spec.name,
            "sensitivity",
            None,
            "the spec names no uncertain choices",
            "add sensitivity: parameters:",
        )
    if given.draws is None:
        make = draw_for_sobol if sobol else draw_at_random
        return make(spec.parameters, given.reps, given.seed), given.seed
    with given.draws.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        {p.name: _label(row.get(p.name), p.options) for p in spec.parameters if row.get(p.name) is not None}
        for row in rows
    ), None


def _label(raw: str | None, options: Mapping[str, object]) -> str:
    """A draw's text as the option's label: 3, 3.0 and 3 are the same choice."""
    text = (raw or "").strip()
    if text in options or not options:
        return text
    try:
        return next((o for o in options if float(o) == float(text)), text)
    except ValueError:
        return text


def _sensitivity(given: argparse.Namespace) -> int:
    spec, table = _read(given)
    draws, seed = _draws(given, spec, sobol=False)
    result = run_draws(spec.pipeline, table, spec.parameters, draws, spec.element, seed)
    _write_uncertainty(result, given.out, spec.unit_column)
    return 0


def _sobol(given: argparse.Namespace) -> int:
    spec, table = _read(given)
    draws, seed = _draws(given, spec, sobol=True)
    result = run_draws(spec.pipeline, table, spec.parameters, draws, spec.element, seed)
    _write_uncertainty(result, given.out, spec.unit_column)
    indices = sobol_indices(mean_rank_shift(result), [p.name for p in spec.parameters], given.bootstrap, given.seed)
    rows = [(i.name, i.first, i.total, *(i.first_bounds or ("", "")), *(i.total_bounds or ("", ""))) for i in indices]
    _write_rows(given.out / "sobol.csv", ["Variable", "Si", "STi", "Si_q5", "Si_q95", "STi_q5", "STi_q95"], rows)
    return 0


def _write_uncertainty(result: Uncertainty, out: Path, unit_column: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    names = ["Nominal", *(f"r_{i + 1}" for i in range(len(result.draws)))]
    _write_matrix(out / "scores.csv", unit_column, result.units, names, [result.nominal_scores, *result.scores])
    _write_matrix(out / "ranks.csv", unit_column, result.units, names, [result.nominal_ranks, *result.ranks])
    statistics = result.statistics()
    _write_matrix(out / "rankstats.csv", unit_column, result.units, list(statistics), list(statistics.values()))
    columns = list(result.draws[0]) if result.draws else []
    _write_rows(
        out / "draws.csv", ["rep", *columns], [(i + 1, *(d[c] for c in columns)) for i, d in enumerate(result.draws)]
    )
    failures = {str(r + 1): text for r, text in sorted(result.failures.items())}
    _write_json(out / "run.json", {"seed": result.seed, "replications": len(result.draws), "failures": failures})


def _shortboard(given: argparse.Namespace) -> int:
    answers = []
    for case in _cases(given.cases):
        at_most = [int(q) for q in case.get("at_most", (1, 2))]
        advice = short_board(_shortboard_case(case), at_most)
        answers.append(_shortboard_answer(case, advice))
    _write_json(given.out, answers)
    return 0


def _cases(path: Path) -> list[dict[str, Any]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    return data if isinstance(data, list) else [data]


def _numbers(case: Mapping[str, object], key: str) -> Array:
    try:
        return np.asarray(case[key], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise IndexProblem.single(
            "shortboard.case",
            f"case {case.get('id', '?')}",
            key,
            case.get(key),
            "missing or not numbers",
            "give a list of numbers",
        ) from error


def _shortboard_case(case: Mapping[str, object]) -> ShortBoardCase:
    optional = {key: _numbers(case, key) for key in ("steps", "fixed_costs") if key in case}
    scores = _numbers(case, "Z")
    return ShortBoardCase(
        scores=scores,
        weights=_numbers(case, "w"),
        unit=int(str(case.get("unit", -1))),
        k=int(str(case.get("k", 0))),
        unit_costs=_numbers(case, "unit_cost"),
        caps=_numbers(case, "cap") if "cap" in case else np.full(scores.shape[-1], 100.0),
        aggregation=str(case.get("agg", "linear")),
        **optional,
    )


def _shortboard_answer(case: Mapping[str, object], a: ShortBoardAdvice) -> dict[str, object]:
    out: dict[str, object] = {
        "id": case.get("id"),
        "agg": case.get("agg", "linear"),
        "current_rank": a.current_rank,
        "threshold_score": a.threshold if np.isfinite(a.threshold) else None,
        "score": a.score,
        "feasible": a.feasible,
        "max_score": a.highest_score,
        "best_rank_at_cap": a.best_rank,
        "min_cost": a.plan.cost if a.plan else None,
        "z": a.plan.levels.tolist() if a.plan else None,
        "moved": list(a.plan.moved) if a.plan else None,
        "by_points": list(a.by_points),
        "by_price": list(a.by_price),
        "points_to_next": a.points_to_next,
        "points_of_safety": a.points_of_safety,
    }
    for q, plan in a.at_most.items():
        out[f"min_cost_at_most_{q}"] = None if plan is None else [plan.cost, list(plan.moved)]
    return out


def _decompose(given: argparse.Namespace) -> int:
    answers = []
    for case in _cases(given.cases):
        weights = list(case["weights"])
        n = len(weights)
        floors, caps, locked = (list(case.get(key) or [None] * n) for key in ("floor", "cap", "locked"))
        codes = [str(c) for c in case.get("codes") or range(n)]
        shares = [
            Share(
                code,
                exact(w),
                exact(0 if low is None else low),
                None if high is None else exact(high),
                None if lock is None else exact(lock),
            )
            for code, w, low, high, lock in zip(codes, weights, floors, caps, locked, strict=True)
        ]
        result = decompose(case["total"], case["step"], shares)
        allocation = [float(result.amounts[c]) for c in codes] if result.feasible else None
        answers.append(
            {
                "id": case.get("id"),
                "feasible": result.feasible,
                "allocation": allocation,
                "shortfall": float(result.shortfall),
                "reason": result.reason,
            }
        )
    _write_json(given.out, answers)
    return 0


def _rollup(given: argparse.Namespace) -> int:
    definitions = load_definitions(given.defs)
    snapshot, tree = Snapshot(given.snapshot), read_tree(given.tree)
    periods = (
        [Period.parse(p) for p in given.periods.split(",")] if given.periods else years_covered(definitions, snapshot)
    )
    if given.engine == "spark":
        from keqiao.engines.indicators.spark import roll_up_on_spark

        roll = roll_up_on_spark(definitions, snapshot, tree, periods, given.boundary)
    else:
        roll = roll_up(definitions, snapshot, tree, periods, given.boundary)
    pin = roll.pin
    parts = [roll.table[c].to_pylist() for c in ("indicator", "version", "org", "period")]
    ids = pa.array([f"{i}@{v}:{o}:{p}:{pin}" for i, v, o, p in zip(*parts, strict=True)])
    sources = {
        "defs": json.dumps([str(d.resolve()) for d in given.defs]),
        "snapshot": str(given.snapshot.resolve()),
        "tree": str(given.tree.resolve()),
        "boundary": str(given.boundary or ""),
        "pin": pin,
    }
    table = roll.table.add_column(0, "id", ids)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({f"keqiao.{k}": v for k, v in sources.items()}), given.out)
    for problem in roll.problems:
        print(problem, file=sys.stderr)
    print(f"{table.num_rows} figures, {len(roll.definitions)} indicators, {len(periods)} periods, pin {pin}")
    return 1 if roll.problems else 0


def _trace(given: argparse.Namespace) -> int:
    known = {}
    if given.figures.exists():
        metadata = pq.read_schema(given.figures).metadata or {}
        known = {k.decode().removeprefix("keqiao."): v.decode() for k, v in metadata.items()}
    if not (given.defs or "defs" in known):
        raise IndexProblem.single(
            "index.trace.sources",
            "trace",
            "--figures",
            given.figures,
            "no figures file written by rollup",
            "give --figures, or --defs, --snapshot and --tree",
        )
    defs = given.defs or [Path(p) for p in json.loads(known["defs"])]
    snapshot = Snapshot(given.snapshot or Path(known["snapshot"]))
    boundary = given.boundary or (date.fromisoformat(known["boundary"]) if known.get("boundary") else None)
    found = trace_id(
        given.figure,
        load_definitions(defs),
        snapshot,
        read_tree(given.tree or Path(known["tree"])),
        boundary,
        given.limit,
    )
    if given.rows:
        given.rows.mkdir(parents=True, exist_ok=True)
        for component in found.components:
            rows = component.rows.to_pylist()
            _write_rows(
                given.rows / f"{component.name}.csv", component.rows.column_names, [tuple(r.values()) for r in rows]
            )
    print(json.dumps(shown_as(found), ensure_ascii=False, indent=2, default=str))
    return 0 if found.adds_up else 1


def _write_matrix(
    path: Path, unit_column: str, units: Sequence[str], names: Sequence[str], columns: Sequence[Array]
) -> None:
    _write_rows(path, [unit_column, *names], [(u, *(_shown(c[i]) for c in columns)) for i, u in enumerate(units)])


def _shown(value: float) -> str:
    """Shortest text that reads back as the same number; missing is empty."""
    return "" if np.isnan(value) else repr(float(value))


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def _write_json(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
