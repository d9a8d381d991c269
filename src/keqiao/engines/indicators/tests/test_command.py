"""The commands end to end, on files written here."""

from __future__ import annotations

import csv
import datetime
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keqiao.engines.indicators.command import main
from keqiao.engines.indicators.tests.samples import write

SPEC = """
framework: meta.csv
denominate: true
impute: {f_i: i_mean_grp, use_group: region}
treat: true
normalise: {global_specs: {f_n: n_minmax, f_n_para: {l_u: [1, 100]}}}
aggregate: {f_ag: a_amean}
sensitivity:
  parameters:
    agg: {path: aggregate.f_ag, options: [a_amean, a_gmean]}
    winmax: {path: treat.global_specs.f1_para.winmax, options: [1, 5]}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "meta.csv").write_text(
        "Level,iCode,iName,Direction,Weight,Denominator,Parent,Type\n1,a,A,1,1,people,index,Indicator\n1,b,B,-1,3,NA,index,Indicator\n"
        "2,index,Index,1,1,NA,NA,Aggregate\nNA,region,R,NA,NA,NA,NA,Group\nNA,people,P,NA,NA,NA,NA,Denominator\n",
        encoding="utf-8",
    )
    (tmp_path / "data.csv").write_text(
        "uCode,a,b,region,people\nx,10,5,e,10\ny,40,3,e,10\nz,,1,e,10\nw,30,4,w,5\n", encoding="utf-8"
    )
    return tmp_path


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {r[next(iter(r))]: r for r in rows}


def test_compute(files: Path) -> None:
    assert (
        main(
            [
                "compute",
                "--spec",
                str(files / "spec.yaml"),
                "--data",
                str(files / "data.csv"),
                "--out",
                str(files / "out"),
            ]
        )
        == 0
    )
    scores, ranks = rows_of(files / "out" / "scores.csv"), rows_of(files / "out" / "ranks.csv")
    # a per head: x 1, y 4, z (mean of its region) 2.5, w 6; b turned: z best, x worst.
    assert float(scores["z"]["a"]) == pytest.approx(1 + 99 * 1.5 / 5)
    assert [float(scores[u]["b"]) for u in "xz"] == [1, 100]
    assert float(scores["z"]["index"]) == pytest.approx((1 + 99 * 0.3 + 3 * 100) / 4)
    assert [float(ranks[u]["index"]) for u in "zyxw"] == [1, 2, 4, 3]
    assert json.loads((files / "out" / "steps.json").read_text(encoding="utf-8"))["digest"]


def test_outranking(files: Path) -> None:
    """Three criteria in a circle: every order of the cycle is equally good."""
    (files / "meta.csv").write_text(
        "Level,iCode,Direction,Weight,Parent,Type\n1,a,1,1,index,Indicator\n1,b,1,1,index,Indicator\n1,c,1,1,index,Indicator\n2,index,1,1,NA,Aggregate\n",
        encoding="utf-8",
    )
    (files / "data.csv").write_text("uCode,a,b,c\nx,3,1,2\ny,2,3,1\nz,1,2,3\n", encoding="utf-8")
    (files / "spec.yaml").write_text("framework: meta.csv\noutranking: true\n", encoding="utf-8")
    assert (
        main(
            [
                "compute",
                "--spec",
                str(files / "spec.yaml"),
                "--data",
                str(files / "data.csv"),
                "--out",
                str(files / "out"),
            ]
        )
        == 0
    )
    found = json.loads((files / "out" / "kemeny.json").read_text(encoding="utf-8"))
    assert found["support"] == pytest.approx(5 / 3)
    assert sorted(map("".join, found["orders"])) == ["xyz", "yzx", "zxy"]
    matrix = rows_of(files / "out" / "outranking.csv")
    assert float(matrix["x"]["y"]) == pytest.approx(2 / 3)
    assert float(matrix["x"]["copeland"]) == 0


def test_sensitivity_and_sobol_keep_their_draws(files: Path) -> None:
    call = ["--spec", str(files / "spec.yaml"), "--data", str(files / "data.csv")]
    assert main(["sensitivity", *call, "--reps", "8", "--seed", "3", "--out", str(files / "s")]) == 0
    assert main(["sensitivity", *call, "--draws", str(files / "s" / "draws.csv"), "--out", str(files / "again")]) == 0
    assert (files / "s" / "scores.csv").read_bytes() == (files / "again" / "scores.csv").read_bytes()
    assert main(["sobol", *call, "--reps", "4", "--out", str(files / "sobol")]) == 0
    assert set(rows_of(files / "sobol" / "sobol.csv")) == {"agg", "winmax"}
    assert len(rows_of(files / "sobol" / "draws.csv")) == 16


def test_cases(tmp_path: Path) -> None:
    cases = [
        {
            "id": 1,
            "agg": "linear",
            "unit": 0,
            "k": 1,
            "Z": [[10, 20], [30, 30]],
            "w": [0.5, 0.5],
            "unit_cost": [1, 2],
            "cap": [100, 100],
        }
    ]
    (tmp_path / "sb.json").write_text(json.dumps(cases), encoding="utf-8")
    assert main(["shortboard", str(tmp_path / "sb.json"), "--out", str(tmp_path / "sb_out.json")]) == 0
    (answer,) = json.loads((tmp_path / "sb_out.json").read_text(encoding="utf-8"))
    assert (answer["min_cost"], answer["z"], answer["min_cost_at_most_1"]) == (30.0, [40.0, 20.0], [30.0, [0]])
    (tmp_path / "d.json").write_text(
        json.dumps(
            [{"id": 7, "total": 10, "step": 1, "weights": [1, 1, 1], "floor": [0, 0, 5], "cap": [None, 2, None]}]
        ),
        encoding="utf-8",
    )
    assert main(["decompose", str(tmp_path / "d.json"), "--out", str(tmp_path / "d_out.json")]) == 0
    (answer,) = json.loads((tmp_path / "d_out.json").read_text(encoding="utf-8"))
    assert answer["allocation"] == [3.0, 2.0, 5.0]


def test_rollup_and_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot, defs = tmp_path / "snap", tmp_path / "defs"
    snapshot.mkdir()
    defs.mkdir()
    write(
        snapshot,
        [
            {"org_unit": "t", "day": datetime.date(2024, 3, 1), "amount": Decimal("12.5")},
            {"org_unit": "c", "day": datetime.date(2023, 3, 1), "amount": Decimal(1)},
        ],
    )
    (defs / "value.yaml").write_text(
        "id: value\nversion: 1\nname: v\nmeasure_unit: 元\ncomponents: {n: {register: deed, value: amount, date: day}}\n",
        encoding="utf-8",
    )
    (tmp_path / "tree.csv").write_text(
        "code,name,name_en,level,parent,valid_from,valid_until\nc,县,County,county,,,\nt,镇,Town,town,c,2000-01-01,\n",
        encoding="utf-8",
    )
    out = tmp_path / "figures.parquet"
    assert (
        main(
            [
                "rollup",
                "--defs",
                str(defs),
                "--snapshot",
                str(snapshot),
                "--tree",
                str(tmp_path / "tree.csv"),
                "--out",
                str(out),
            ]
        )
        == 0
    )
    figures = {(r["org"], r["period"]): r for r in pq.read_table(out).to_pylist()}
    assert {k: r["value"] for k, r in figures.items()} == {
        ("c", "2023"): 1,
        ("t", "2023"): 0,
        ("c", "2024"): 12.5,
        ("t", "2024"): 12.5,
    }
    capsys.readouterr()
    assert main(["trace", figures["c", "2024"]["id"], "--figures", str(out), "--rows", str(tmp_path / "rows")]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["figure"]["value"], shown["adds_up"], shown["components"][0]["rows"]) == (12.5, True, 1)
    assert rows_of(tmp_path / "rows" / "n.csv")["1"]["amount"] == "12.50"


@pytest.mark.parametrize("call", [[], ["compute"], ["shortboard"], ["rollup", "--defs", "x"], ["nothing"]])
def test_wrong_calls_give_2(call: list[str]) -> None:
    assert main(call) == 2


def test_bad_input_gives_1_and_every_fault(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "data.csv").write_text("uCode,a,b,region,people\nx,1,two,e,10\nx,3,4,e,none\n", encoding="utf-8")
    assert (
        main(
            [
                "compute",
                "--spec",
                str(files / "spec.yaml"),
                "--data",
                str(files / "data.csv"),
                "--out",
                str(files / "o"),
            ]
        )
        == 1
    )
    errors = capsys.readouterr().err
    assert "two" in errors
    assert "appears twice" in errors
    assert main(["trace", "no such id", "--figures", str(files / "none.parquet")]) == 1
