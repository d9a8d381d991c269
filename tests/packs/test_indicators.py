"""Every indicator of every pack computes the figures its own examples expect, over the registers' real fields."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keqiao.core.records.declare import REGISTERS
from keqiao.core.snapshots import columns_of
from keqiao.engines.indicators import (
    Definition,
    Table,
    draw_at_random,
    load_definitions,
    read_spec,
    roll_up,
    run_draws,
    trace,
    tree_from_rows,
)

ROOT = Path(__file__).resolve().parents[2] / "packs"
FOLDERS = sorted(p for p in ROOT.glob("*/indicators") if p.is_dir())
DEFINITIONS = load_definitions(FOLDERS)
COMPOSITES = sorted(ROOT.glob("*/composites/*.yaml"))
TREE = tree_from_rows(
    [
        {"code": "c", "name": "县", "level": "county", "parent": ""},
        {"code": "t1", "name": "一镇", "level": "town", "parent": "c"},
        {"code": "t2", "name": "二镇", "level": "town", "parent": "c"},
    ]
)


def schema_of(register: str) -> pa.Schema:
    """A register's columns as a snapshot holds them, labels and units included."""
    return pa.schema([column.field for column in columns_of(REGISTERS[register])])


def value_of(raw: Any, kind: pa.DataType) -> Any:
    if raw is None:
        return None
    if pa.types.is_date(kind):
        return datetime.date.fromisoformat(str(raw))
    if pa.types.is_decimal(kind):
        return Decimal(str(raw))
    return raw


def write_register(directory: Path, register: str, rows: list[dict[str, Any]]) -> None:
    schema = schema_of(register)
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"{register} has no field {unknown}"
    full = [
        {"id": i + 1, **{n: value_of(row.get(n), schema.field(n).type) for n in schema.names if n != "id"}}
        for i, row in enumerate(rows)
    ]
    pq.write_table(pa.Table.from_pylist(full, schema=schema), directory / f"{register}.parquet")


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.key)
def test_examples(definition: Definition, tmp_path: Path) -> None:
    assert definition.examples, f"{definition.file}: give at least one example"
    for example in definition.examples:
        for register in {c.register for c in definition.components}:
            write_register(tmp_path, register, list(example["given"].get(register, [])))
        expected = {(str(e["org"]), str(e["period"])): e["value"] for e in example["expect"]}
        roll = roll_up([definition], tmp_path, TREE, sorted({p for _org, p in expected}))
        assert not roll.problems
        for (org, period), value in expected.items():
            figure = roll.figure(definition.id, org, period)
            assert figure is not None, (org, period)
            assert figure.value == (None if value is None else pytest.approx(float(value), rel=1e-9)), (org, period)
        assert trace(figure, roll).adds_up, (org, period)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.key)
def test_is_fully_described(definition: Definition) -> None:
    assert definition.name
    assert definition.name_en
    assert definition.theme
    assert definition.owner


def test_at_least_sixty_national_indicators() -> None:
    assert len({d.id for d in DEFINITIONS if "national" in Path(d.file).parts}) >= 60


@pytest.mark.parametrize("path", COMPOSITES, ids=lambda p: p.stem)
def test_composites_compute(path: Path) -> None:
    """Every composite reads, ranks made-up units, and refers only to indicators (or a ledger's fields) that exist."""
    spec = read_spec(path)
    codes = [e.code for e in spec.pipeline.framework.indicators]
    if spec.level:
        assert set(codes) <= {d.id for d in DEFINITIONS}
    else:
        assert set(codes) <= set(REGISTERS["platform_survey"].fields)
    random = np.random.default_rng(3)
    table = Table(tuple(f"u{i:02d}" for i in range(12)), tuple(codes), random.uniform(1, 100, (12, len(codes))))
    result = spec.pipeline.compute(table)
    scores = result.scores[spec.pipeline.framework.root.code]
    assert not np.isnan(scores).any()
    assert sorted(result.ranks[spec.pipeline.framework.root.code]) == list(range(1, 13))
    if spec.parameters:
        uncertainty = run_draws(spec.pipeline, table, spec.parameters, draw_at_random(spec.parameters, 20, 1))
        assert not uncertainty.failures
    best, worst = table.values.copy(), table.values.copy()
    signs = np.array([e.direction for e in spec.pipeline.framework.indicators])
    best[0], worst[0] = np.where(signs > 0, 1000, 0.5), np.where(signs > 0, 0.5, 1000)
    assert spec.pipeline.compute(table.with_values(best)).rank("u00") == 1
    assert spec.pipeline.compute(table.with_values(worst)).rank("u00") == 12


@pytest.mark.slow
def test_random_figures_lead_back_to_their_rows(tmp_path: Path) -> None:
    """Every register filled with made-up rows, all indicators rolled up, random figures traced: rows always add up."""
    seen: dict[tuple[str, str], list[Any]] = {}
    for definition in DEFINITIONS:
        for example in definition.examples:
            for register, rows in example["given"].items():
                for row in rows:
                    for name, value in row.items():
                        seen.setdefault((register, name), []).append(value)
    random = np.random.default_rng(11)
    for register in sorted({c.register for d in DEFINITIONS for c in d.components}):
        rows = []
        for _ in range(200):
            row = {
                name: values[random.integers(len(values))]
                for (r, name), values in seen.items()
                if r == register and random.random() < 0.85
            }
            row["org_unit"] = [None, "t1", "t2", "c"][random.integers(4)]
            rows.append(row)
        write_register(tmp_path, register, rows)
    roll = roll_up(DEFINITIONS, tmp_path, TREE, ["2023", "2024", "2024Q1", "2024-01..09"])
    assert not roll.problems
    figures = list(roll.figures())
    for at in random.choice(len(figures), 1000, replace=False):
        assert trace(figures[at], roll).adds_up, figures[at]
