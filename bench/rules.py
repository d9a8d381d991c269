"""Rules: speed, memory and agreement of all executors, beside zen-engine, openfisca-core and a plain Python loop, in one run.

    python bench/rules.py [--enterprises 100000] [--rules 500] [--peers PATH_TO_PYTHON] [--spark] [--write]

The peers live in an environment of their own: `python -m venv peers && peers/bin/pip install zen-engine openfisca-core`, then `--peers peers/bin/python`.
`--write` puts the figures into bench/results/rules.md. Nothing here is asserted: figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

import duckdb  # noqa: E402
import polars as pl  # noqa: E402

from keqiao.engines.rules import (  # noqa: E402
    Record,
    Rule,
    evaluate_batch,
    evaluate_rule,
    facts_frame,
    load_rulebook,
    next_questions,
    rule_sql,
    smallest_change,
    undecided,
)
from keqiao.engines.rules.ask import likely_answers  # noqa: E402
from keqiao.engines.rules.examples import mutants  # noqa: E402
from keqiao.engines.rules.sample import random_records  # noqa: E402

DAY = date(2026, 6, 1)


def many_rules(rules: list[Rule], count: int) -> list[Rule]:
    """The real rules and copies with one number moved, so that no two are the same work."""
    found = list(rules)
    streams = [mutants(rule) for rule in rules]
    while len(found) < count:
        for rule, stream in zip(rules, streams, strict=True):
            mutant = next(stream, None)
            copy = mutant.rule if mutant else rule
            found.append(replace(copy, id=f"{rule.id}#{len(found)}"))
    return found[:count]


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def processor_time(work: Callable[[], object]) -> tuple[float, object]:
    """Processor seconds: what one request costs, whatever else the machine is doing."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def measure_batch(rules: list[Rule], records: list[Record], copies: int) -> list[str]:
    frame = pl.concat([facts_frame(records, rules[0].grain)] * copies)
    seconds, result = timed(lambda: evaluate_batch(rules, frame, DAY, amounts=False))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    cells = len(frame) * len(rules)
    width = result.width if isinstance(result, pl.DataFrame) else 0
    return [
        f"| Keqiao, Polars: {len(frame):,} × {len(rules)} with masks ({width} columns) | {seconds:.1f} s | {cells / seconds / 1e6:.1f} M | peak {memory:.2f} GB |"
    ]


def measure_single(rules: list[Rule], records: list[Record]) -> list[str]:
    times = sorted(
        timed(lambda r=record: [evaluate_rule(rule, r, DAY).as_dict() for rule in rules])[0] for record in records[:9]
    )
    return [
        f"| Keqiao, one enterprise × {len(rules)} with explanations | {times[4] * 1000:.0f} ms | | processor time, median of 9 |"
    ]


def measure_loop(rules: list[Rule], records: list[Record]) -> list[str]:
    """What a plain loop over the exact single path costs."""
    some = records[:20]
    seconds, _ = timed(lambda: [evaluate_rule(rule, record, DAY, explain=False) for record in some for rule in rules])
    cells = len(some) * len(rules)
    return [
        f"| plain Python loop (exact, no explanations), {cells:,} cells | {seconds:.1f} s | {cells / seconds / 1e6:.4f} M | |"
    ]


def measure_agreement(rules: list[Rule], records: list[Record], spark: bool) -> list[str]:
    """Cells = every clause and verdict of every rule; DuckDB and Spark run the generated SQL."""
    frame = facts_frame(records, rules[0].grain)
    wide = evaluate_batch(rules, frame, DAY).to_dicts()
    cells = wrong = 0
    truths: dict[tuple[str, str], list[bool | None]] = {}
    for record, row in zip(records, wide, strict=True):
        for rule in rules:
            single = evaluate_rule(rule, record, DAY, explain=False)
            verdict = {"符合": 1, "不符合": 0}.get(single.verdict.value)
            wrong += row[f"{rule.id}:verdict"] != verdict
            truths.setdefault((rule.id, "verdict"), []).append(None if verdict is None else bool(verdict))
            for index, clause in enumerate(rule.clauses):
                truth = False if clause.key in single.unmet else None if clause.key in single.unknown else True
                truths.setdefault((rule.id, clause.key), []).append(truth)
                batch = (
                    False
                    if row[f"{rule.id}:unmet"] >> index & 1
                    else None
                    if row[f"{rule.id}:unknown"] >> index & 1
                    else True
                )
                wrong += batch is not truth
            cells += len(rule.clauses) + 1
    lines = [f"| Polars against single | {cells:,} | {wrong} |"]
    with duckdb.connect() as connection:
        connection.register("facts", frame.to_arrow())
        lines.append(
            _sql_agreement(
                "DuckDB", rules, frame, truths, "duckdb", lambda sql: pl.DataFrame(connection.sql(sql).to_arrow_table())
            )
        )
    if spark:
        lines.append(_spark_agreement(rules, frame, truths))
    return lines


def _sql_agreement(
    name: str, rules: list[Rule], frame: pl.DataFrame, truths: dict, dialect: str, run: Callable[[str], pl.DataFrame]
) -> str:
    cells = wrong = 0
    for rule in rules:
        result = run(rule_sql(rule, DAY, frame.columns, dialect))
        for key in ("verdict", *(clause.key for clause in rule.clauses)):
            got = result[key].to_list()
            wanted = truths[rule.id, key]
            cells += len(got)
            wrong += sum(a is not b for a, b in zip(got, wanted, strict=True))
    return f"| {name} against single | {cells:,} | {wrong} |"


def _spark_agreement(rules: list[Rule], frame: pl.DataFrame, truths: dict) -> str:
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(f"{folder}/facts.parquet")
        spark = (
            SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.sql.shuffle.partitions", "2").getOrCreate()
        )  # fmt: skip
        try:
            spark.read.parquet(f"{folder}/facts.parquet").coalesce(1).createOrReplaceTempView("facts")

            def run(sql: str) -> pl.DataFrame:
                rows = spark.sql(sql).collect()
                return pl.DataFrame([row.asDict() for row in rows], infer_schema_length=None)

            return _sql_agreement("Spark", rules, frame, truths, "spark", run)
        finally:
            spark.stop()


def measure_boundaries() -> list[str]:
    """R&D share of sales exactly at, a cent under and a cent over each legal threshold: exact path, batch, and floats."""
    rule = load_rulebook(ROOT / "packs" / "national", ROOT / "packs" / "demo").at(DAY)["cert.rd_centre"]
    records, expected, floats_wrong = [], [], 0
    for number in range(1, 30_001):
        revenue = Decimal(number * 100_003 % 10**9 + 10**7) / 1
        for cents, met in ((-1, False), (0, True), (1, True)):
            rd = revenue * 3 / 100 + Decimal(cents) / 100
            records.append(Record(str(len(records)), {"revenue": revenue, "rd_expense": rd}))
            expected.append(met)
            floats_wrong += (float(rd) / float(revenue) >= 0.03) is not met
    batch = evaluate_batch([rule], facts_frame(records, rule.grain), DAY)["cert.rd_centre:unmet"].to_list()
    index = next(i for i, clause in enumerate(rule.clauses) if clause.key == "rd_share")
    wrong = sum((mask >> index & 1 == 0) is not met for mask, met in zip(batch, expected, strict=True))
    return [f"| generated cases at, a cent below and above 3 % | {len(records):,} | {wrong} | floats: {floats_wrong} |"]


def measure_defaults(rules: list[Rule], grain_records: list[Record]) -> list[str]:
    """Truth = all facts known. Then 8 % of the facts are taken away: three-valued logic against filling the gaps with 0 / no."""
    import random

    chance = random.Random(5)
    counts = dict.fromkeys(
        ("cells", "yes", "ours wrong yes", "ours wrong no", "ours undecided", "fill wrong yes", "fill wrong no"), 0
    )
    fields = {key: fact.field for key, fact in rules[0].grain.facts.items()}
    zero = {"number": 0, "bool": False, "text": "", "set": frozenset(), "date": DAY}
    for record in grain_records[:100]:
        known = {key: value for key, value in record.values.items() if chance.random() >= 0.08}
        filled = {key: known.get(key, zero[fields[key].kind.value]) for key in record.values}
        for rule in rules:
            full = evaluate_rule(rule, record, DAY, explain=False).verdict.value
            ours = evaluate_rule(rule, Record("1", known), DAY, explain=False).verdict.value
            fill = evaluate_rule(rule, Record("1", filled), DAY, explain=False).verdict.value
            counts["cells"] += 1
            counts["yes"] += full == "符合"
            counts["ours wrong yes"] += ours == "符合" and full != "符合"
            counts["ours wrong no"] += ours == "不符合" and full == "符合"
            counts["ours undecided"] += ours == "待核实"
            counts["fill wrong yes"] += fill == "符合" and full == "不符合"
            counts["fill wrong no"] += fill == "不符合" and full == "符合"
    return [
        "| " + " | ".join(counts) + " |",
        "|" + "---|" * len(counts),
        "| " + " | ".join(f"{v:,}" for v in counts.values()) + " |",
    ]


def measure_questions(rules: list[Rule], records: list[Record]) -> list[str]:
    """Questions until 90 % of the undecided pairs are settled: ours against the order of the form (the catalogue)."""
    pool = likely_answers(records[40:])
    order = {key: index for index, key in enumerate(rules[0].grain.facts)}
    ours = _asked(rules, records[:3], lambda values, record: _best(rules, values, pool, record))
    form = _asked(
        rules,
        records[:3],
        lambda values, record: min((k for k in record.values if k not in values), key=lambda k: order[k], default=None),
    )
    return [f"| {ours} | {form} | {ours / form:.0%} |"]


def _best(rules: list[Rule], values: dict, pool: dict, record: Record) -> str | None:
    skip = [key for key in rules[0].grain.facts if key not in record.values]
    found = next_questions(rules, Record(record.id, values), DAY, likely=pool, skip=skip, most=1)
    return found[0].fact if found else None


def _asked(rules: list[Rule], records: list[Record], choose: Callable) -> int:
    """Questions in all to settle 90 % of the pairs that answers can settle, starting from 30 % of the facts."""
    import random

    asked = 0
    for record in records:
        chance = random.Random(record.id)
        values = {key: value for key, value in record.values.items() if chance.random() < 0.3}
        final = len(undecided(rules, record.values, DAY))
        goal = final + (len(undecided(rules, values, DAY)) - final) * 0.1
        while len(undecided(rules, values, DAY)) > goal:
            key = choose(values, record)
            if key is None:
                break
            values[key] = record.values[key]
            asked += 1
    return asked


def measure_changes(rules: list[Rule], records: list[Record]) -> list[str]:
    tried = moved = proven = 0
    seconds = 0.0
    for rule in rules:
        for record in records[:4]:
            took, change = timed(lambda rule=rule, record=record: smallest_change(rule, record, DAY))
            seconds += took
            tried += 1
            if change is not None and getattr(change, "moves", ()):
                moved += 1
                proven += change.is_proven  # type: ignore[attr-defined]
    return [f"| {tried:,} | {moved:,} | {proven:,} | {seconds / tried * 1000:.1f} ms |"]


def peers(python: str | None) -> list[str]:
    if not python:
        return ["| zen-engine, openfisca-core | not run: give --peers | | |"]
    done = subprocess.run([python, str(ROOT / "bench" / "rules_peers.py")], capture_output=True, text=True, timeout=500)
    if done.returncode:
        return [f"| peers | failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode} | | |"]
    return [
        f"| {row['name']} | {row['seconds']:.1f} s | {row['rate'] / 1e6:.4f} M | {row['note']} |"
        for row in json.loads(done.stdout)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--agreement", type=int, default=2_000)
    parser.add_argument("--peers")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    book = load_rulebook(ROOT / "packs" / "national", ROOT / "packs" / "demo")
    rules = list(book.at(DAY, "enterprise").values())
    varied = many_rules(rules, options.rules)
    records = random_records(rules[0].grain, rules, options.agreement, seed=11, as_of=DAY)
    full = random_records(rules[0].grain, rules, 120, seed=12, missing=0.0, as_of=DAY)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    base = max(1, min(2000, len(records)))
    lines = [
        "# Rules",
        "",
        f"{platform.python_implementation()} {platform.python_version()}, Polars {pl.__version__}, DuckDB {duckdb.__version__}, "
        f"{os.cpu_count()} cores, load average before the run {load}. {len(rules)} real rules; {len(varied)} with copies that each differ in one number.",
        "",
        "## Speed",
        "| what | time | cells a second | note |",
        "|---|---|---|---|",
        *measure_batch(varied, records[:base], max(1, options.enterprises // base)),
        *measure_single(varied, records),
        *measure_loop(varied, records),
        *peers(options.peers),
        "",
        "## Agreement (15 % unknown facts)",
        "| what | cells | mismatches | |",
        "|---|---|---|---|",
        *(line + " |" if line.count("|") == 4 else line for line in measure_agreement(rules, records, options.spark)),
        *measure_boundaries(),
        "",
        "## Unknown as a value against filling with zero (8 % of the facts taken away)",
        *measure_defaults(rules, full),
        "",
        "## Questions until 90 % of the pairs that can be settled are settled",
        "| most telling first | order of the form | share |",
        "|---|---|---|",
        *measure_questions(rules, full),
        "",
        "## Least change",
        "| pairs tried | with moves | proved by running again | time a pair |",
        "|---|---|---|---|",
        *measure_changes(rules, full),
        "",
    ]
    print("\n".join(lines))
    if options.write:
        (ROOT / "bench" / "results").mkdir(exist_ok=True)
        (ROOT / "bench" / "results" / "rules.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
