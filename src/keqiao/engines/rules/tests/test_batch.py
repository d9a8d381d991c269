"""Batch and single path: the same verdict, masks, score and amount in every cell."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb

from keqiao.engines.rules import evaluate_batch, evaluate_rule, facts_frame, load_rulebook, rule_sql
from keqiao.engines.rules.sample import random_records

from .small_pack import write_pack

DAY = date(2026, 6, 1)


def test_batch_is_single(tmp_path: Path) -> None:
    book = load_rulebook(write_pack(tmp_path))
    rule = book.at(DAY)["demo.award"]
    records = random_records(rule.grain, [rule], 400, as_of=DAY)
    frame = facts_frame(records, rule.grain)
    got = evaluate_batch([rule], frame, DAY)
    keys = [clause.key for clause in rule.clauses]
    seen = set()
    for record, row in zip(records, got.iter_rows(named=True), strict=True):
        single = evaluate_rule(rule, record, DAY)
        seen.add(single.verdict)
        assert {1: "符合", 0: "不符合", None: "待核实"}[row["demo.award:verdict"]] == single.verdict.value
        assert [key for i, key in enumerate(keys) if row["demo.award:unmet"] >> i & 1] == list(single.unmet)
        assert [key for i, key in enumerate(keys) if row["demo.award:unknown"] >> i & 1] == list(single.unknown)
        amount = row["demo.award:amount"]
        assert (None if amount is None else Fraction(amount)) == single.amount
        assert single.score is not None
        assert (row["demo.award:low"], row["demo.award:high"]) == (single.score.low, single.score.high)
    assert len(seen) >= 2
    with duckdb.connect() as connection:
        connection.register("facts", frame.to_arrow())
        rows = connection.execute(rule_sql(rule, DAY, frame.columns)).fetchall()
    words = {True: "符合", False: "不符合", None: "待核实"}
    assert [words[row[1]] for row in rows] == [evaluate_rule(rule, record, DAY).verdict.value for record in records]


def test_a_fact_nobody_has_is_unknown_for_all(tmp_path: Path) -> None:
    rule = load_rulebook(write_pack(tmp_path)).at(DAY)["demo.award"]
    records = random_records(rule.grain, [rule], 5, missing=1.0)
    got = evaluate_batch([rule], facts_frame(records, rule.grain), DAY)
    assert got["demo.award:verdict"].to_list() == [None] * 5
