# ruff: noqa: S608  (names of our own tables)
"""The same plan on Spark, for registers too large for one machine. Hides the session and how results come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from keqiao.engines.indicators.definition import Definition
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.plan import Plan, small_tables
from keqiao.engines.indicators.rollup import FIGURES, RollUp, roll_up_with
from keqiao.engines.indicators.snapshot import Snapshot
from keqiao.engines.indicators.tree import UnitTree

_SPARK_TYPES = {"int32": "INT", "int64": "BIGINT", "string": "STRING", "bool": "BOOLEAN", "date32[day]": "DATE"}


def roll_up_on_spark(
    definitions: Sequence[Definition],
    snapshot: Snapshot,
    tree: UnitTree,
    periods: Sequence[Period | str],
    boundary: date | None = None,
    session: Any = None,
) -> RollUp:
    """As `roll_up`, computed by Spark (PySpark and a Java runtime must be installed). Without a session, a local one is started and stopped."""
    from pyspark.sql import SparkSession

    spark = (
        session
        or SparkSession.builder.master("local[2]")
        .appName("keqiao")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.conf.set("spark.sql.ansi.enabled", "false")
    try:
        return roll_up_with(
            lambda plan, taken: _figures(spark, plan, taken), "spark", definitions, snapshot, tree, periods, boundary
        )
    finally:
        if session is None:
            spark.stop()


def _figures(spark: Any, plan: Plan, snapshot: Snapshot) -> pa.Table:
    for register in plan.registers:
        spark.read.parquet(str(snapshot.path(register).resolve())).createOrReplaceTempView(f"`{register}`")
    for name, (schema, rows) in small_tables(plan).items():
        columns = ", ".join(f"{f.name} {_SPARK_TYPES[str(f.type)]}" for f in schema)
        spark.createDataFrame([tuple(r) for r in rows], columns).createOrReplaceTempView(name)
    for name, sql in (*plan.components, *plan.figures):
        spark.sql(sql).createOrReplaceTempView(name)
    labels = [p.label for p in plan.calendar.periods]
    out: list[dict[str, object]] = []
    for name, _sql in plan.figures:
        for row in spark.sql(
            f"SELECT indicator, version, org, period, CAST(value AS DOUBLE) AS value, state, n_rows, CAST(coverage AS DOUBLE) AS coverage, components FROM {name}"
        ).collect():
            figure = row.asDict()
            figure["period"] = labels[figure["period"]]
            figure["components"] = None if figure["components"] is None else list(figure["components"].items())
            out.append(figure)
    return pa.Table.from_pylist(out, schema=FIGURES)
