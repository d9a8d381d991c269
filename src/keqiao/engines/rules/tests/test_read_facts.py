"""Facts files: forgiving in form, strict in error, everything at once; and the command."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from keqiao.engines.rules import Grain, ProblemsFound, load_rulebook, read_facts
from keqiao.engines.rules.command import main

from .small_pack import write_pack

DAY = date(2026, 6, 1)


@pytest.fixture
def grain(tmp_path: Path) -> Grain:
    return load_rulebook(write_pack(tmp_path / "pack")).catalogue.grains["enterprise"]


def write(tmp_path: Path, text: str, name: str = "facts.csv", encoding: str = "utf-8") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_headers_by_name_key_alias_unit_and_year(tmp_path: Path, grain: Grain, encoding: str) -> None:
    text = '信用代码,2025年营业收入(万元),2024年销售收入(亿元),rd,职工总数,成立日期,资质,有事故\nA1,"1,234.5",0.1,50万元,１２,2020年1月5日,高企、科小,否\nA2,,,,,,无,\n'
    first, second = read_facts(write(tmp_path, text, encoding=encoding), grain, DAY)
    assert first.id == "A1"
    assert first.values["revenue"] == Decimal("12345000.00")
    assert first.values["revenue_prev"] == Decimal("10000000.00")
    assert first.values["rd"] == Decimal(500000)
    assert (first.values["staff"], first.values["founded_on"]) == (Decimal(12), date(2020, 1, 5))
    assert first.values["titles"] == frozenset({"高企", "科小"})
    assert first.values["has_accident"] is False
    assert second.values["titles"] == frozenset()
    assert "revenue" not in second.values
    assert first.sources["rd"] == "facts.csv 第2行"


def test_all_errors_at_once_with_row_and_column(tmp_path: Path, grain: Grain) -> None:
    text = "信用代码,营收额,研发费用(人),职工总数,成立日期,有事故,销售收入\nA1,1,1,十二,2020-02-30,也许,1.005\nA2,1,1,1.5,昨天,是,3人\n"
    with pytest.raises(ProblemsFound) as error:
        read_facts(write(tmp_path, text), grain, DAY)
    found = {(problem.code, problem.line, problem.field) for problem in error.value.problems}
    assert found == {
        ("E401", 1, "营收额"), ("E402", 1, "研发费用(人)"), ("E403", 2, "职工总数"), ("E403", 2, "成立日期"), ("E403", 2, "有事故"),
        ("E403", 2, "销售收入"), ("E403", 3, "职工总数"), ("E403", 3, "成立日期"), ("E403", 3, "销售收入"),
    }  # fmt: skip
    assert all(problem.remedy for problem in error.value.problems)


def test_one_fact_in_two_columns_is_refused(tmp_path: Path, grain: Grain) -> None:
    with pytest.raises(ProblemsFound, match="E405"):
        read_facts(write(tmp_path, "revenue,营业收入\n1,2\n"), grain, DAY)


def test_json_and_parquet(tmp_path: Path, grain: Grain) -> None:
    rows = [{"id": "A1", "facts": {"销售收入": 12.34, "资质": ["高企"], "有事故": False}}]
    (record,) = read_facts(write(tmp_path, json.dumps(rows), "f.json"), grain, DAY)
    assert record.values == {"revenue": Decimal("12.34"), "titles": frozenset({"高企"}), "has_accident": False}
    pl.DataFrame(
        {
            "id": ["A1"],
            "revenue": [Decimal("12.34")],
            "founded_on": [date(2020, 1, 1)],
            "titles": [["高企"]],
            "staff": [None],
        }
    ).write_parquet(tmp_path / "f.parquet")
    (record,) = read_facts(tmp_path / "f.parquet", grain, DAY)
    assert record.values == {"revenue": Decimal("12.34"), "founded_on": date(2020, 1, 1), "titles": frozenset({"高企"})}


FACTS = "信用代码,销售收入(万元),研发费用(万元),成立日期,职工总数,科技人员数,专利数,资质,有事故\nA1,1000,50,2020-01-01,100,10,3,高企,否\nA2,1000,49.999999,2020-01-01,100,10,3,高企,否\n"


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = str(write_pack(tmp_path / "pack"))
    facts = str(write(tmp_path, FACTS))
    common = ["--facts", facts, "--as-of", "2026-06-01", "--pack", pack]
    out = tmp_path / "out.jsonl"
    assert main(["evaluate", "--rule", "demo.award", *common, "--out", str(out), "--explain", "--gap"]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["符合", "不符合"]
    assert lines[0]["amount"] == "50000.00"
    assert lines[1]["unmet"] == ["rd"]
    assert lines[1]["change"]["proven"] is True
    parquet = tmp_path / "out.parquet"
    assert main(["evaluate", "--all", *common, "--out", str(parquet)]) == 0
    assert pl.read_parquet(parquet)["verdict"].to_list() == [1, 0]
    assert main(["ask", *common]) == 0
    assert main(["show", "demo.award", "--as-of", "2026-06-01", "--pack", pack]) == 0
    assert "研发强度" in capsys.readouterr().out
    assert main(["diff", pack, pack, "--facts", facts, "--as-of", "2026-06-01"]) == 0
    assert main(["check", pack]) == 1


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["evaluate", "--rule", "no.such"], 2),
        (["evaluate"], 2),
        (["evaluate", "--rule", "demo.award", "--as-of", "2030-01-01"], 1),
        (["evaluate", "--rule", "demo.award", "--as-of", "soon"], 2),
        (["evaluate", "--rule", "demo.award", "--out", "x.xlsx"], 2),
        (["dance"], 2),
    ],
)
def test_wrong_calls(tmp_path: Path, argv: list[str], code: int) -> None:
    extra = (
        ["--pack", str(write_pack(tmp_path / "pack")), "--facts", str(write(tmp_path, FACTS))]
        if argv != ["dance"]
        else []
    )
    assert main([*argv, *extra]) == code
