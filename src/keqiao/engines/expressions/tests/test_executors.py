"""The permanent differential test: one record, Polars, DuckDB and Spark give the same answer in every cell."""

import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.expressions import (
    ProblemsFound,
    evaluate,
    parse,
    parse_condition,
    prepare,
    stored_frame,
    to_polars,
    to_sql,
)

from .samples import FIELDS, SCOPE, Writer, rows

ROWS = rows(7, 160)
FRAME = stored_frame(ROWS, FIELDS)
PREPARED = FRAME.select(prepare(FIELDS))


def trees(seed: int, count: int, depth: int, kind: str = "condition"):
    """Random trees that the batch compiler accepts (a few are refused as too wide for exact arithmetic)."""
    writer = Writer(random.Random(seed))
    found = []
    while len(found) < count:
        text = getattr(writer, kind)(depth)
        tree = parse(text, SCOPE)
        if not fits(tree):
            continue
        found.append((text, tree))
    return found


def fits(tree) -> bool:
    """False for the few that are refused as too wide, which must be the only reason."""
    try:
        to_polars(tree)
    except ProblemsFound as error:
        return {problem.code for problem in error.problems} != {"E130"}
    return True


def column(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return frame.with_columns(answer=expression)["answer"]


def number(value: object) -> object:
    return Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


@given(st.integers(0, 10**9), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_batch_conditions_agree_with_one_record(seed: int, depth: int) -> None:
    ((text, tree),) = trees(seed, 1, depth)
    expected = [evaluate(tree, row) for row in ROWS]
    assert column(FRAME, to_polars(tree)).to_list() == expected, text
    assert column(PREPARED, to_polars(tree, prepared=True)).to_list() == expected, text


@given(st.integers(0, 10**9), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_exact_amounts_agree(seed: int, depth: int) -> None:
    ((text, tree),) = trees(seed, 1, depth, "money")
    expected = [evaluate(tree, row) for row in ROWS]
    got = column(FRAME, to_polars(tree)).to_list()
    assert len(got) == len(ROWS)
    for have, want in zip(got, expected, strict=True):
        if isinstance(have, float):
            assert have == pytest.approx(float(want), rel=1e-12), text
        else:
            assert number(have) == number(want), text


def test_duckdb_agrees() -> None:
    with duckdb.connect() as connection:
        connection.register("facts", FRAME.to_arrow())
        for text, tree in trees(11, 60, 2):
            got = [row[0] for row in connection.execute(f"SELECT {to_sql(tree)} FROM facts").fetchall()]
            assert got == [evaluate(tree, row) for row in ROWS], text
        for text, tree in trees(12, 30, 2, "money"):
            for (have,), row in zip(
                connection.execute(f"SELECT {to_sql(tree)} FROM facts").fetchall(), ROWS, strict=True
            ):
                want = evaluate(tree, row)
                assert (
                    (have == pytest.approx(float(want), rel=1e-12))
                    if isinstance(have, float)
                    else number(have) == number(want)
                ), text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_agrees(tmp_path: Path) -> None:
    session = pytest.importorskip("pyspark.sql").SparkSession
    FRAME.write_parquet(tmp_path / "facts.parquet")
    spark = (
        session.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    )  # fmt: skip
    try:
        spark.read.parquet(str(tmp_path / "facts.parquet")).createOrReplaceTempView("facts")
        chosen = trees(13, 80, 2)
        columns = ", ".join(f"{to_sql(tree, 'spark')} AS c{i}" for i, (_, tree) in enumerate(chosen))
        got = spark.sql(f"SELECT {columns} FROM facts").collect()
        for i, (text, tree) in enumerate(chosen):
            assert [row[i] for row in got] == [evaluate(tree, row) for row in ROWS], text
    finally:
        spark.stop()


@pytest.mark.parametrize("share", ["5%", "10%", "4%", "3%", "60%", "15%"])
def test_firms_exactly_on_a_share_are_judged_exactly(share: str) -> None:
    """Float comparison gets up to 40 % of these wrong."""
    tree = parse_condition(f"研发费用 / 销售收入 >= {share}", SCOPE)
    percent = Decimal(share.rstrip("%")) / 100
    chance = random.Random(5)
    facts, expected = [], []
    for _ in range(300):
        revenue = Decimal(chance.randint(1, 10**10)) / 100 * 100
        for cents, answer in ((-1, False), (0, True), (1, True)):
            facts.append({"revenue": revenue, "rd": (revenue * percent + Decimal(cents) / 100) / 10000})
            expected.append(answer)
    assert [evaluate(tree, row) for row in facts] == expected
    assert stored_frame(facts, FIELDS).select(to_polars(tree)).to_series().to_list() == expected


def test_nothing_divided_by_zero_is_ever_true() -> None:
    tree = parse_condition("研发费用 / 销售收入 >= 0 or 研发费用 / 销售收入 < 0", SCOPE)
    row = {"rd": Decimal(5), "revenue": Decimal(0)}
    assert evaluate(tree, row) is None
    assert stored_frame([row], FIELDS).select(to_polars(tree)).item() is None


def test_too_wide_is_refused_with_a_remedy_not_overflowed() -> None:
    tree = parse_condition("销售收入 * 销售收入 * 销售收入 > 净资产 * 净资产 * 净资产", SCOPE)
    with pytest.raises(ProblemsFound) as error:
        to_polars(tree)
    assert error.value.problems[0].code == "E130"
    assert "round" in error.value.problems[0].remedy


def test_a_field_not_in_the_data_is_unknown() -> None:
    tree = parse_condition("研发费用 >= 0 or 已上市", SCOPE)
    frame = pl.DataFrame({"is_listed": [True, False, None]})
    assert frame.select(to_polars(tree, frame.columns)).to_series().to_list() == [True, None, None]
