"""Composites written as YAML: framework, steps, weight sets, uncertain choices. Hides the file format and its relative paths."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keqiao.engines.expressions import ProblemsFound, read_document
from keqiao.engines.indicators.composite import STEPS, Pipeline
from keqiao.engines.indicators.framework import Framework, framework_from_rows, read_framework
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.prepare import Table
from keqiao.engines.indicators.problems import IndexProblem, Problem, Problems
from keqiao.engines.indicators.rollup import RollUp
from keqiao.engines.indicators.sensitivity import Parameter, noisy_weights

_SECTIONS = {
    *STEPS,
    "id",
    "version",
    "name",
    "framework",
    "weight_sets",
    "unit_column",
    "sensitivity",
    "note",
    "source",
    "owner",
    "period",
    "level",
    "outranking",
}


@dataclass(frozen=True)
class IndexSpec:
    """A composite ready to run: its pipeline, the element reported on, and the parameters of its sensitivity analysis."""

    pipeline: Pipeline
    unit_column: str = "uCode"
    element: str = ""
    parameters: tuple[Parameter, ...] = ()
    id: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    level: str = ""
    outranking: bool = False


def read_spec(path: Path, framework: Path | None = None) -> IndexSpec:
    """A spec file; `framework` overrides the one it names. Paths in it are relative to the file. Raises IndexProblem."""
    try:
        data = read_document(path).data
    except ProblemsFound as error:
        raise IndexProblem(
            tuple(
                Problem(p.code, f"{p.file}:{p.line}", p.field or "yaml", p.value, p.message, p.remedy)
                for p in error.problems
            )
        ) from error
    if not isinstance(data, Mapping):
        raise IndexProblem.single(
            "index.spec.empty", path.name, "spec", None, "the file is empty", "see docs/indicators.md"
        )
    problems = Problems()
    for key in sorted(set(map(str, data)) - _SECTIONS):
        problems.add(
            "index.spec.section", path.name, key, data[key], "unknown section", f"one of {', '.join(sorted(_SECTIONS))}"
        )
    problems.raise_if_any()
    read = _framework(data.get("framework"), path, framework)
    sets = _weight_sets(data.get("weight_sets"), path)
    settings = {step: data[step] for step in STEPS if data.get(step) is not None}
    if isinstance(settings.get("weights"), Mapping) and "file" in settings["weights"]:
        settings["weights"] = _weight_file(path.parent / str(settings["weights"]["file"]))
    section = data.get("sensitivity") if isinstance(data.get("sensitivity"), Mapping) else {}
    parameters = _parameters(section or {}, path, Pipeline(read, settings, sets), sets)
    named = data.get("name")
    return IndexSpec(
        pipeline=Pipeline(read, settings, sets),
        unit_column=str(data.get("unit_column", "uCode")),
        element=str((section or {}).get("target") or read.root.code),
        parameters=parameters,
        id=str(data.get("id", path.stem)),
        names={str(k): str(v) for k, v in named.items()}
        if isinstance(named, Mapping)
        else {"zh": str(named or path.stem)},
        source=str(data.get("source", "")),
        level=str(data.get("level", "")),
        outranking=bool(data.get("outranking", False)),
    )


def _framework(given: object, path: Path, override: Path | None) -> Framework:
    if override is not None:
        return read_framework(override)
    if isinstance(given, str):
        return read_framework(path.parent / given)
    if isinstance(given, Sequence):
        return framework_from_rows([row for row in given if isinstance(row, Mapping)], path.name)
    raise IndexProblem.single(
        "index.spec.framework",
        path.name,
        "framework",
        given,
        "no framework",
        "name a CSV file, list the elements, or give --framework",
    )


def _weight_sets(given: object, path: Path) -> dict[str, dict[str, float]]:
    if isinstance(given, str):
        return read_weight_sets(path.parent / given)
    if not isinstance(given, Mapping):
        return {}
    return {
        str(name): {str(c): float(w) for c, w in one.items()} for name, one in given.items() if isinstance(one, Mapping)
    }


def read_weight_sets(path: Path) -> dict[str, dict[str, float]]:
    """CSV with iCode, Weight and, for several sets, set (default "1")."""
    sets: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            sets.setdefault(row.get("set") or "1", {})[row["iCode"]] = float(row["Weight"])
    return sets


def _weight_file(path: Path) -> dict[str, float]:
    return next(iter(read_weight_sets(path).values()))


def _parameters(
    section: Mapping[str, object], path: Path, pipeline: Pipeline, sets: dict[str, dict[str, float]]
) -> tuple[Parameter, ...]:
    given = section.get("parameters")
    if not isinstance(given, Mapping):
        return ()
    out = []
    for name, one in given.items():
        if not isinstance(one, Mapping) or "path" not in one:
            raise IndexProblem.single(
                "index.spec.parameter",
                path.name,
                str(name),
                one,
                "a parameter needs a path",
                "e.g. path: treat.global_specs.f1_para.winmax",
            )
        out.append(_parameter(str(name), one, path, pipeline, sets))
    return tuple(out)


def _parameter(
    name: str, one: Mapping[str, object], path: Path, pipeline: Pipeline, sets: dict[str, dict[str, float]]
) -> Parameter:
    where = str(one["path"])
    between = one.get("between")
    if isinstance(between, Sequence) and len(between) == 2:
        return Parameter(name, where, between=(float(between[0]), float(between[1])))
    if "noise" in one:
        noise = one["noise"] if isinstance(one["noise"], Mapping) else {}
        levels = {int(k): float(v) for k, v in noise.items()}
        return Parameter(
            name,
            where,
            dict(noisy_weights(pipeline, levels, int(str(one.get("sets", 50))), int(str(one.get("seed", 1))))),
        )
    if "sets" in one:
        found = read_weight_sets(path.parent / str(one["sets"]))
        return Parameter(name, where, dict(found))
    if where == "weights" and "options" not in one:
        return Parameter(name, where, dict(sets))
    options = one.get("options")
    if isinstance(options, Mapping):
        return Parameter(name, where, {str(k): v for k, v in options.items()})
    if isinstance(options, Sequence) and not isinstance(options, str):
        return Parameter(name, where, {str(v): v for v in options})
    raise IndexProblem.single(
        "index.spec.parameter", path.name, name, one, "no values to choose from", "give options, between, sets or noise"
    )


def table_from_figures(spec: IndexSpec, roll: RollUp, period: Period | str, level: str | None = None) -> Table:
    """The composite's input from rolled-up figures: iCode is the indicator's id, units are those of `level` (default: the
    spec's) that existed at the period's end. Figures that are missing or withheld stay missing."""
    when = period if isinstance(period, Period) else Period.parse(period)
    wanted = level or spec.level
    units = sorted(
        u.code for u in roll.tree.units_on(roll.boundary or when.last_day) if not wanted or u.level in wanted.split()
    )
    codes = [e.code for e in spec.pipeline.framework.indicators]
    values = np.full((len(units), len(codes)), np.nan)
    row, column = {u: i for i, u in enumerate(units)}, {c: j for j, c in enumerate(codes)}
    parts = [roll.table[c].to_pylist() for c in ("indicator", "org", "period", "value")]
    for indicator, org, label, value in zip(*parts, strict=True):
        if label == when.label and indicator in column and org in row and value is not None:
            values[row[org], column[indicator]] = value
    return Table(tuple(units), tuple(codes), values)
