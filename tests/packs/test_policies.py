"""Every rule of the packs in the repository: examples, moved numbers, batch against single, on all executors."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from keqiao.engines.rules import (
    Rule,
    Rulebook,
    check_pack,
    evaluate_batch,
    evaluate_rule,
    facts_frame,
    load_rulebook,
    rule_sql,
)
from keqiao.engines.rules.sample import random_records

PACKS = Path(__file__).parents[2] / "packs"
DAY = date(2026, 6, 1)
WORDS = {True: "符合", False: "不符合", None: "待核实"}


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(PACKS / "national", PACKS / "demo")


def test_examples_come_out_as_written() -> None:
    report = check_pack(PACKS / "national", PACKS / "demo", mutate=False)
    assert [str(problem) for problem in report.problems] == []


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["national", "demo"])
def test_a_number_moved_by_one_unit_fails_an_example(pack: str) -> None:
    report = check_pack(PACKS / pack)
    assert [str(problem) for problem in report.problems] == []


def test_the_city_has_forty_policies_with_amounts(book: Rulebook) -> None:
    city = [rule for rule in book.at(DAY, "enterprise").values() if rule.id.startswith("city.")]
    assert len(city) >= 40
    assert all(rule.amount for rule in city)


def test_no_national_version_hides_that_it_is_unchecked(book: Rulebook) -> None:
    for rule in book.at(DAY).values():
        if not rule.is_verified:
            assert rule.banner


@pytest.mark.parametrize("grain", ["enterprise", "tech_contract", "carrier", "park_block"])
def test_batch_is_single(book: Rulebook, grain: str) -> None:
    mismatches, cells = compare_polars(list(book.at(DAY, grain).values()), 60, 3)
    assert cells > 200
    assert mismatches == []


@pytest.mark.slow
def test_two_thousand_enterprises_on_polars_and_duckdb(book: Rulebook) -> None:
    rules = list(book.at(DAY, "enterprise").values())
    mismatches, cells = compare_polars(rules, 2000, 11)
    assert mismatches == []
    assert cells >= 400_000
    assert compare_duckdb(rules, 2000, 11) == []


def compare_polars(rules: list[Rule], count: int, seed: int) -> tuple[list[str], int]:
    """Verdict, every clause and the amount of every rule for random subjects; returns the differences and the number of cells."""
    records = random_records(rules[0].grain, rules, count, seed=seed, as_of=DAY)
    rows = evaluate_batch(rules, facts_frame(records, rules[0].grain), DAY).to_dicts()
    found, cells = [], 0
    for record, row in zip(records, rows, strict=True):
        for rule in rules:
            single = evaluate_rule(rule, record, DAY, explain=False)
            keys = [clause.key for clause in rule.clauses]
            cells += len(keys) + 1 + bool(rule.amount)
            batch = (
                WORDS[row[f"{rule.id}:verdict"]],
                tuple(key for i, key in enumerate(keys) if row[f"{rule.id}:unmet"] >> i & 1),
                tuple(key for i, key in enumerate(keys) if row[f"{rule.id}:unknown"] >> i & 1),
            )
            if batch != (single.verdict.value, single.unmet, single.unknown):
                found.append(f"{record.id} {rule.id} {batch}")
            amount = row.get(f"{rule.id}:amount")
            if (None if amount is None else Fraction(amount)) != single.amount:
                found.append(f"{record.id} {rule.id} {amount} {single.amount}")
    return found, cells


def compare_duckdb(rules: list[Rule], count: int, seed: int) -> list[str]:
    records = random_records(rules[0].grain, rules, count, seed=seed, as_of=DAY)
    frame = facts_frame(records, rules[0].grain)
    found = []
    with duckdb.connect() as connection:
        connection.register("facts", frame.to_arrow())
        for rule in rules:
            rows = connection.execute(f"SELECT id, verdict FROM ({rule_sql(rule, DAY, frame.columns)})").fetchall()
            for (subject, verdict), record in zip(rows, records, strict=True):
                if WORDS[verdict] != evaluate_rule(rule, record, DAY, explain=False).verdict.value:
                    found.append(f"{subject} {rule.id}")
    return found
