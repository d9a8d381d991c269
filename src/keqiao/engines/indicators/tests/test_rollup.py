"""Figures equal their definition on the rows at every node of random, changing trees; and every figure leads back to its rows."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keqiao.engines.expressions import ProblemsFound
from keqiao.engines.indicators import (
    IndexProblem,
    Period,
    Snapshot,
    UnitTree,
    load_definitions,
    roll_up,
    trace,
    trace_id,
    tree_from_rows,
)
from keqiao.engines.indicators.tests.samples import DEFINITIONS, define, definitions, naive, small_tree, write

DAYS = st.dates(datetime.date(2022, 6, 1), datetime.date(2024, 6, 30))
MONEY = st.none() | st.decimals(0, 10**6, places=2)


@st.composite
def trees(draw: st.DrawFn) -> UnitTree:
    """Root, a few counties, towns that may move to another county or be abolished (with or without a successor)."""
    counties = [f"c{i}" for i in range(draw(st.integers(1, 3)))]
    rows = [{"code": "root", "level": "city", "parent": ""}] + [
        {"code": c, "level": "county", "parent": "root"} for c in counties
    ]
    for i in range(draw(st.integers(1, 5))):
        turn = draw(st.none() | DAYS)
        row = {"code": f"t{i}", "level": "town", "parent": draw(st.sampled_from(counties))}
        if turn is None:
            rows.append(row)
            continue
        rows.append({**row, "valid_until": turn, "successor": draw(st.sampled_from(["", "t0"])) if i else ""})
        if draw(st.booleans()) or i == 0:
            rows.append({**row, "parent": draw(st.sampled_from(counties)), "valid_from": turn})
    return tree_from_rows([{"name": r["code"], **r} for r in rows])


@st.composite
def deeds(draw: st.DrawFn, tree: UnitTree) -> list[dict[str, object]]:
    row = st.fixed_dictionaries(
        {
            "org_unit": st.sampled_from([*tree.codes, "elsewhere"]) | st.none(),
            "day": st.none() | DAYS,
            "kind": st.sampled_from(["a", "b", "c"]),
            "who": st.none() | st.sampled_from(["p", "q", "r"]),
            "amount": MONEY,
            "cost": MONEY,
            "since": st.none() | DAYS,
            "until": st.none() | DAYS,
        }
    )
    return draw(st.lists(row, max_size=25))


PERIODS = ["2022", "2023", "2024H1", "2023-07", "2023-01..09"]


def compare(data: st.DataObject, directory: Path) -> None:
    tree = data.draw(trees())
    rows = data.draw(deeds(tree))
    write(directory, rows)
    roll = roll_up(definitions(), directory, tree, PERIODS)
    assert not roll.problems
    figures = {(f.indicator, f.org, f.period): f.value for f in roll.figures()}
    for label in PERIODS:
        period = Period.parse(label)
        for unit in tree.units_on(period.last_day):
            for key in DEFINITIONS:
                expected = naive(key, rows, tree, unit.code, period)
                got = figures.get((key, unit.code, label))
                assert got == (None if expected is None else pytest.approx(expected, rel=1e-12)), (
                    key,
                    unit.code,
                    label,
                )


FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(data=st.data())
def test_every_node_equals_the_definition_on_rows(data: st.DataObject, tmp_path: Path) -> None:
    compare(data, tmp_path)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_every_node_equals_the_definition_on_many_trees(data: st.DataObject, tmp_path: Path) -> None:
    compare(data, tmp_path)


@FEW
@given(data=st.data())
def test_every_figure_adds_up_from_its_rows(data: st.DataObject, tmp_path: Path) -> None:
    tree = data.draw(trees())
    write(tmp_path, data.draw(deeds(tree)))
    roll = roll_up(definitions(), tmp_path, tree, ["2023", "2023-01..09"])
    for figure in roll.figures():
        found = trace(figure, roll)
        assert found.adds_up, (figure, found.recomputed, [(c.name, c.value, c.total) for c in found.components])


def deed(org: str, day: str, amount: str | None, **more: object) -> dict[str, object]:
    return {
        "org_unit": org,
        "day": datetime.date.fromisoformat(day),
        "amount": None if amount is None else Decimal(amount),
        "kind": "a",
        **more,
    }


def test_ratio_is_of_sums_never_a_mean(tmp_path: Path) -> None:
    write(
        tmp_path, [deed("t1", "2024-01-01", "100", cost=Decimal(50)), deed("t2", "2024-01-01", "300", cost=Decimal(30))]
    )
    roll = roll_up(definitions(), tmp_path, small_tree(), ["2024"])
    assert [roll.figure("ratio", o, "2024").value for o in ("t1", "t2", "c")] == [50.0, 10.0, 20.0]


def test_a_merged_town_under_then_and_current_boundaries(tmp_path: Path) -> None:
    tree = tree_from_rows(
        [
            {"code": "c", "name": "c", "level": "county", "parent": ""},
            {
                "code": "old",
                "name": "old",
                "level": "town",
                "parent": "c",
                "valid_until": "2024-01-01",
                "successor": "new",
            },
            {"code": "new", "name": "new", "level": "town", "parent": "c"},
        ]
    )
    write(tmp_path, [deed("old", "2023-05-01", "7"), deed("new", "2023-05-01", "1"), deed("old", "2024-05-01", "2")])
    then = roll_up(definitions(), tmp_path, tree, ["2023", "2024"])
    now = roll_up(definitions(), tmp_path, tree, ["2023", "2024"], boundary=datetime.date(2024, 6, 1))
    assert then.figure("total", "old", "2023").value == 7
    assert then.figure("total", "new", "2023").value == 1
    assert then.figure("total", "new", "2024").value == 2
    assert now.figure("total", "new", "2023").value == 8
    assert now.figure("total", "old", "2023") is None
    assert then.figure("total", "c", "2023").value == now.figure("total", "c", "2023").value == 8


def test_cumulative_reports_become_flows(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            deed("t1", "2024-01-31", "10"),
            deed("t1", "2024-03-31", "25"),
            deed("t2", "2024-02-29", "5"),
            deed("t1", "2024-06-30", "40"),
        ],
    )
    flow = define(
        "id: flow\nversion: 1\nname: f\nmeasure_unit: 元\ncomponents: {n: {register: deed, value: amount, date: day, cumulative: true}}\nmissing: {policy: propagate, expect: town}\n"
    )
    roll = roll_up([flow], tmp_path, small_tree(), ["2024-03", "2024Q1", "2024Q2", "2024"])
    assert [roll.figure("flow", "c", p).value for p in ("2024-03", "2024Q1", "2024Q2", "2024")] == [15, 30, 15, 45]
    assert roll.figure("flow", "c", "2024Q2").coverage == 0.5


def test_unknown_is_not_zero_but_nothing_is(tmp_path: Path) -> None:
    write(tmp_path, [deed("t1", "2024-01-01", None)])
    roll = roll_up(definitions(), tmp_path, small_tree(), ["2024"])
    assert (roll.figure("total", "t1", "2024").value, roll.figure("total", "t1", "2024").state) == (None, "missing")
    assert roll.figure("total", "t2", "2024").value == 0


def test_few_reporters_are_withheld_with_a_sibling(tmp_path: Path) -> None:
    rows = [deed("t1", "2024-01-01", "5", who="p")] + [
        deed("t2", "2024-01-01", str(i), who=f"q{i}") for i in range(1, 5)
    ]
    write(tmp_path, rows)
    guarded = define(
        "id: g\nversion: 1\nname: g\nmeasure_unit: 元\ncomponents: {n: {register: deed, value: amount, date: day}}\ndisclosure: {min_reporters: 3, reporter: who}\n"
    )
    roll = roll_up([guarded], tmp_path, small_tree(), ["2024"])
    states = {o: (roll.figure("g", o, "2024").state, roll.figure("g", o, "2024").value) for o in ("t1", "t2", "c")}
    assert states == {"t1": ("withheld", None), "t2": ("withheld", None), "c": ("ok", 15.0)}


def test_an_indicator_built_on_indicators(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            deed("t1", "2024-01-01", "100", who="p"),
            deed("t2", "2024-01-01", "50", who="p"),
            deed("t2", "2024-02-01", "30", who="q"),
        ],
    )
    built = define(
        "id: mean\nversion: 1\nname: m\nmeasure_unit: 元/人\ncomponents: {v: {indicator: total}, n: {indicator: people}}\nformula: v / n\n"
    )
    roll = roll_up([built, *definitions()], tmp_path, small_tree(), ["2024"])
    assert not roll.problems
    assert roll.figure("mean", "c", "2024").value == 90
    found = trace(roll.figure("mean", "c", "2024"), roll)
    assert found.adds_up
    assert sorted(t.figure.indicator for t in found.below) == ["people", "total"]


def test_units_are_checked_and_converted(tmp_path: Path) -> None:
    write(tmp_path, [deed("t1", "2024-01-01", "123456.78")])
    wan = define(
        "id: w\nversion: 1\nname: w\nmeasure_unit: 万元\ncomponents: {n: {register: deed, value: amount, date: day}}\n"
    )
    wrong = define(
        "id: x\nversion: 1\nname: x\nmeasure_unit: '%'\ncomponents: {n: {register: deed, value: amount, date: day}}\n"
    )
    roll = roll_up([wan, wrong], tmp_path, small_tree(), ["2024"])
    assert roll.figure("w", "c", "2024").value == pytest.approx(12.345678, rel=1e-15)
    assert [p.code for p in roll.problems] == ["index.unit"]


def test_versions_take_over_on_their_day(tmp_path: Path) -> None:
    write(tmp_path, [deed("t1", "2023-01-01", "1", cost=Decimal(10)), deed("t1", "2024-01-01", "2", cost=Decimal(20))])
    text = "id: v\nversion: {v}\nname: v\nmeasure_unit: 元\nvalid_{edge}: 2024-01-01\ncomponents: {{n: {{register: deed, value: {field}, date: day}}}}\n"
    old, new = (
        define(text.format(v=1, edge="until", field="amount")),
        define(text.format(v=2, edge="from", field="cost")),
    )
    roll = roll_up([old, new], tmp_path, small_tree(), ["2023", "2024"])
    assert [(roll.figure("v", "c", p).version, roll.figure("v", "c", p).value) for p in ("2023", "2024")] == [
        (1, 1.0),
        (2, 20.0),
    ]


def test_an_id_pins_what_it_was_made_from(tmp_path: Path) -> None:
    write(tmp_path, [deed("t1", "2024-01-01", "5")])
    tree = small_tree()
    roll = roll_up(definitions(), tmp_path, tree, ["2024"])
    figure = roll.figure("total", "c", "2024")
    assert trace_id(figure.id, definitions(), Snapshot(tmp_path), tree).figure.value == 5
    write(tmp_path, [deed("t1", "2024-01-01", "6")])
    with pytest.raises(IndexProblem, match="another snapshot"):
        trace_id(figure.id, definitions(), Snapshot(tmp_path), tree)
    assert trace_id("total:c:2024", definitions(), Snapshot(tmp_path), tree).figure.value == 6


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "id: A b\nversion: x\nname: a\nmeasure_unit: 光年\ncolour: red\ncomponents: {}\n", encoding="utf-8"
    )
    (tmp_path / "b.yaml").write_text(
        "id: b\nversion: 1\nname: b\nmeasure_unit: 家\ncomponents: {n: {register: r, indicator: i, time: sometimes}}\nvalidate: [{rule: magic}]\n",
        encoding="utf-8",
    )
    with pytest.raises(ProblemsFound) as error:
        load_definitions(tmp_path)
    assert {"E705", "E707", "E708", "E709", "E715", "E718"} <= {p.code for p in error.value.problems}
    assert {Path(p.file).name for p in error.value.problems} == {"a.yaml", "b.yaml"}
    assert all(p.line for p in error.value.problems)


def test_a_missing_register_or_column_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, [deed("t1", "2024-01-01", "5")])
    gone = define("id: gone\nversion: 1\nname: g\nmeasure_unit: 项\ncomponents: {n: {register: nowhere, date: day}}\n")
    typo = define("id: typo\nversion: 1\nname: t\nmeasure_unit: 项\ncomponents: {n: {register: deed, date: dya}}\n")
    roll = roll_up([gone, typo, *definitions()], tmp_path, small_tree(), ["2024"])
    assert {p.code for p in roll.problems} == {"index.snapshot.register", "index.component.column"}
    assert roll.figure("total", "c", "2024").value == 5


def test_circular_definitions_are_refused(tmp_path: Path) -> None:
    for a, b in (("x", "y"), ("y", "x")):
        (tmp_path / f"{a}.yaml").write_text(
            json.dumps({"id": a, "version": 1, "name": a, "measure_unit": "项", "components": {"n": {"indicator": b}}}),
            encoding="utf-8",
        )
    with pytest.raises(ProblemsFound, match="E703"):
        roll_up(load_definitions(tmp_path), tmp_path, small_tree(), ["2024"])


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_spark_gives_the_same_table(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    from keqiao.engines.indicators.spark import roll_up_on_spark

    tree = tree_from_rows(
        [
            {"code": "root", "name": "r", "level": "city", "parent": ""},
            {"code": "c1", "name": "c1", "level": "county", "parent": "root"},
            {"code": "c2", "name": "c2", "level": "county", "parent": "root"},
            {"code": "t1", "name": "t1", "level": "town", "parent": "c1", "valid_until": "2023-07-01"},
            {"code": "t1", "name": "t1", "level": "town", "parent": "c2", "valid_from": "2023-07-01"},
            {"code": "t2", "name": "t2", "level": "town", "parent": "c1"},
        ]
    )
    rows = [
        deed(
            org,
            f"2023-{month:02d}-15",
            None if month == 5 else f"{month * 10}.25",
            cost=Decimal(month),
            who="pqr"[month % 3],
            kind="ab"[month % 2],
            since=datetime.date(2023, month, 1),
        )
        for org in ("t1", "t2", "c1")
        for month in range(1, 13)
    ]
    write(tmp_path, rows)
    every = [
        *definitions(),
        define(
            "id: flow\nversion: 1\nname: f\nmeasure_unit: 元\ncomponents: {n: {register: deed, value: amount, date: day, cumulative: true}}\nmissing: {policy: propagate, expect: town}\n"
        ),
    ]
    periods = ["2023", "2023Q3", "2023-01..09"]
    here = roll_up(every, tmp_path, tree, periods)
    try:
        there = roll_up_on_spark(every, Snapshot(tmp_path), tree, periods)
    except Exception as error:
        if "java" in str(error).lower() and "gateway" in str(error).lower():
            pytest.skip("no Java runtime")
        raise

    def table(roll: object) -> list[tuple[object, ...]]:
        return sorted(
            (
                f.indicator,
                f.org,
                f.period,
                None if f.value is None else round(f.value, 9),
                f.state,
                f.n_rows,
                round(f.coverage, 9),
                tuple(sorted(f.components.items())),
            )
            for f in roll.figures()
        )

    assert table(here) == table(there)
