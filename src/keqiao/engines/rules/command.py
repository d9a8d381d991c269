"""`keqiao rules check | evaluate | diff | ask | show`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from ..expressions import Problem, ProblemsFound, read_document
from .ask import likely_answers, next_questions, undecided
from .batch import evaluate_batch, facts_frame
from .catalogue import Grain
from .check import check_pack
from .evaluate import evaluate_rule
from .gap import smallest_change
from .read_facts import read_facts
from .read_rule import read_rule
from .rehearse import Rehearsal, Shift, rehearse
from .results import Record, Result, amount_text
from .rulebook import Rulebook, load_rulebook, read_version
from .schema import Rule
from .text import catalogue_text, rule_text

BATCH_FROM = 2_000
"""Records from which `evaluate` without --explain and --gap runs as a batch."""


def main(argv: list[str]) -> int:
    """Returns 0 done, 1 the input has errors, 2 the call itself is wrong."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code in (0, None) else 2
    try:
        return int(options.run(options))
    except ProblemsFound as error:
        _report(error.problems)
        return 1
    except _WrongCall as error:
        print(f"keqiao rules: {error}", file=sys.stderr)
        return 2


class _WrongCall(Exception):
    """The call cannot be carried out as written."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keqiao rules", description="规则:检查、比对、预演、提问、查看")
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="检查包:写法、有效期、例子、参数挪动一格")
    check.add_argument("pack", type=Path, nargs="+")
    check.add_argument("--no-mutation", action="store_true", help="不做参数挪动检查")
    check.set_defaults(run=_check)

    evaluate = commands.add_parser("evaluate", help="按规则比对事实文件")
    which = evaluate.add_mutually_exclusive_group(required=True)
    which.add_argument("--rule", action="append", help="规则 id,可写多次")
    which.add_argument("--all", action="store_true", help="该主体的全部规则")
    evaluate.add_argument("--out", type=Path, help=".jsonl 或 .parquet;不写则输出到屏幕")
    evaluate.add_argument("--explain", action="store_true", help="逐条理由")
    evaluate.add_argument("--gap", action="store_true", help="最小改变")
    _facts_options(evaluate)
    evaluate.set_defaults(run=_evaluate)

    diff = commands.add_parser("diff", help="预演:旧包(或旧版文件)与新包(或新版文件)对同一批主体的差别")
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    diff.add_argument("--rule", action="append")
    diff.add_argument("--out", type=Path)
    _facts_options(diff)
    diff.set_defaults(run=_diff)

    ask = commands.add_parser("ask", help="下一个最该问的问题")
    ask.add_argument("--rule", action="append")
    ask.add_argument("--most", type=int, default=3)
    _facts_options(ask)
    ask.set_defaults(run=_ask)

    show = commands.add_parser("show", help="规则的可读文本与依据;--facts 列出事实目录")
    show.add_argument("id", nargs="?")
    show.add_argument("--facts", dest="grain_facts", metavar="主体", nargs="?", const="enterprise")
    show.add_argument("--language", choices=["zh", "en"], default="zh")
    _common_options(show)
    show.set_defaults(run=_show)
    return parser


def _common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", type=_day, default=None, help="基准日,如 2026-05-01;默认今天")
    parser.add_argument("--pack", type=Path, action="append", help="包所在文件夹,可写多次;默认 packs/ 下全部")


def _facts_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--facts", type=Path, required=True, help=".csv、.json、.jsonl 或 .parquet")
    parser.add_argument("--grain", help="主体:enterprise(默认)、tech_contract、carrier、park_block …")
    _common_options(parser)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def default_packs() -> list[Path]:
    """The packs beside the program: packs/ in the working directory or above this file."""
    for root in (Path.cwd(), *Path(__file__).resolve().parents):
        found = sorted(
            path.parent for path in (root / "packs").glob("*/pack.yaml") if (path.parent / "policies").is_dir()
        )
        if found:
            return found
    raise _WrongCall("没有找到 packs/ 文件夹,用 --pack 指明")


def _book(options: argparse.Namespace) -> Rulebook:
    return load_rulebook(*(options.pack or default_packs()))


def _today(options: argparse.Namespace) -> date:
    return options.as_of or date.today()


def _report(problems: Sequence[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"共 {len(problems)} 处错误", file=sys.stderr)


def _check(options: argparse.Namespace) -> int:
    report = check_pack(*options.pack, mutate=not options.no_mutation)
    if report.problems:
        _report(report.problems)
        return 1
    print(f"通过:{report.rules} 条规则、{report.versions} 个版本、{report.examples} 个例子")
    return 0


# evaluate


def _chosen(book: Rulebook, options: argparse.Namespace) -> tuple[list[Rule], Grain]:
    """The rules asked for, of one grain, as of the day."""
    day = _today(options)
    if not options.rule:
        grain = book.catalogue.grains.get(options.grain or "enterprise")
        if grain is None:
            raise _WrongCall(f"没有主体“{options.grain}”,可用:{'、'.join(book.catalogue.grains)}")
        return list(book.at(day, grain.key).values()), grain
    rules = []
    for rule_id in options.rule:
        if rule_id not in book.ids:
            raise _WrongCall(f"没有规则“{rule_id}”,可用:{'、'.join(book.ids)}")
        rule = book.get(rule_id, day)
        if rule is None:
            spans = ";".join(f"{v.valid_from} 至 {v.valid_until or '今'}" for v in book.versions_of(rule_id))
            problem = Problem(
                "E410",
                f"规则“{rule_id}”在 {day} 没有有效版本(有:{spans})",
                "换一个 --as-of",
                field="--as-of",
                value=str(day),
            )
            raise ProblemsFound([problem])
        rules.append(rule)
    grains = {rule.grain.key for rule in rules}
    if len(grains) > 1:
        raise _WrongCall(f"一次只能比对同一主体的规则,这里有:{'、'.join(sorted(grains))}")
    return rules, rules[0].grain


def _evaluate(options: argparse.Namespace) -> int:
    suffix = options.out.suffix if options.out else ".jsonl"
    if suffix not in (".jsonl", ".parquet"):
        raise _WrongCall("--out 用 .jsonl 或 .parquet")
    day = _today(options)
    rules, grain = _chosen(_book(options), options)
    records = read_facts(options.facts, grain, day)
    if suffix == ".parquet":
        _write_parquet(options.out, rules, grain, records, day)
    else:
        _write_lines(options, rules, grain, records, day)
    return 0


def _write_lines(
    options: argparse.Namespace, rules: Sequence[Rule], grain: Grain, records: Sequence[Record], day: date
) -> None:
    out = options.out.open("w", encoding="utf-8") if options.out else sys.stdout
    try:
        if len(records) >= BATCH_FROM and not options.explain and not options.gap:
            for line in _batch_lines(rules, grain, records, day):
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
            return
        for record in records:
            for rule in rules:
                result = judged(rule, record, day, explain=options.explain, gap=options.gap)
                out.write(json.dumps(result.as_dict(options.explain), ensure_ascii=False) + "\n")
    finally:
        if options.out:
            out.close()


def judged(rule: Rule, record: Record, day: date, *, explain: bool, gap: bool) -> Result:
    """One result, with the least change if asked for and not met."""
    result = evaluate_rule(rule, record, day, explain=explain)
    return replace(result, change=smallest_change(rule, record, day)) if gap else result


def _batch_lines(rules: Sequence[Rule], grain: Grain, records: Sequence[Record], day: date) -> list[dict[str, object]]:
    frame = long_frame(rules, grain, records, day)
    names = {record.id: record.name for record in records}
    words = {1: "符合", 0: "不符合", None: "待核实"}
    keys = {rule.id: [clause.key for clause in rule.clauses] for rule in rules}
    lines = []
    for row in frame.iter_rows(named=True):
        clause_keys = keys[row["rule"]]
        amount = row["amount"]
        lines.append(
            {
                "id": row["id"],
                "subject": names[row["id"]],
                "rule": row["rule"],
                "as_of": day.isoformat(),
                "verdict": words[row["verdict"]],
                "unmet": [key for i, key in enumerate(clause_keys) if row["unmet"] >> i & 1],
                "unknown": [key for i, key in enumerate(clause_keys) if row["unknown"] >> i & 1],
                "amount": None if amount is None else amount_text(amount),
            }
        )
    return lines


def long_frame(rules: Sequence[Rule], grain: Grain, records: Sequence[Record], day: date) -> pl.DataFrame:
    """One row per subject and rule: id, rule, verdict (1, 0, null), unmet and unknown bitmasks, amount."""
    wide = evaluate_batch(rules, facts_frame(records, grain), day)
    parts = []
    for rule in rules:
        amount = f"{rule.id}:amount"
        parts.append(
            wide.select(
                "id",
                pl.lit(rule.id).alias("rule"),
                pl.col(f"{rule.id}:verdict").alias("verdict"),
                *(pl.col(f"{rule.id}:{name}").cast(pl.UInt64).alias(name) for name in ("unmet", "unknown")),
                (
                    pl.col(amount).cast(pl.Decimal(38, 2))
                    if amount in wide.columns
                    else pl.lit(None, dtype=pl.Decimal(38, 2))
                ).alias("amount"),
            )
        )
    return pl.concat(parts)


def _write_parquet(out: Path, rules: Sequence[Rule], grain: Grain, records: Sequence[Record], day: date) -> None:
    versions = {rule.id: rule.fingerprint for rule in rules}
    frame = long_frame(rules, grain, records, day)
    frame.with_columns(version=pl.col("rule").replace_strict(versions), as_of=pl.lit(day)).write_parquet(out)


# diff, ask, show


def _diff(options: argparse.Namespace) -> int:
    day = _today(options)
    old, new = (_side(path, day, options.pack) for path in (options.old, options.new))
    wanted = options.rule or sorted({*old, *new})
    changed = [rule_id for rule_id in wanted if _fingerprint(old.get(rule_id)) != _fingerprint(new.get(rule_id))]
    out = options.out.open("w", encoding="utf-8") if options.out else sys.stdout
    try:
        for rule_id in changed:
            before, after = old.get(rule_id), new.get(rule_id)
            rule = after or before
            if rule is None or (options.grain or rule.grain.key) != rule.grain.key:
                continue
            records = read_facts(options.facts, rule.grain, day)
            report = rehearse(before, after, records, day)
            out.write(json.dumps(_rehearsal(report), ensure_ascii=False) + "\n")
    finally:
        if options.out:
            out.close()
    if not changed:
        print("两边的规则没有差别", file=sys.stderr)
    return 0


def _fingerprint(rule: Rule | None) -> str:
    return rule.fingerprint if rule else ""


def _side(path: Path, day: date, packs: Sequence[Path] | None) -> dict[str, Rule]:
    """The rules of a pack folder, or of single rule files read with the default catalogue."""
    if path.is_dir():
        return load_rulebook(path).at(day)
    base = load_rulebook(*(packs or default_packs()))
    version = read_version(read_document(path))
    rule, problems = read_rule(version.document, day, base.catalogue, base.parameters)
    if rule is None:
        raise ProblemsFound(problems)
    return {rule.id: replace(rule, fingerprint=version.fingerprint)}


def _rehearsal(report: Rehearsal) -> dict[str, object]:
    def rows(shifts: Sequence[Shift]) -> list[dict[str, object]]:
        return [
            {
                "id": s.subject,
                "subject": s.name,
                "before": s.before.value,
                "after": s.after.value,
                "amount_before": amount_text(s.amount_before),
                "amount_after": amount_text(s.amount_after),
                "because": list(s.because),
            }
            for s in shifts
        ]

    return {
        "rule": report.rule_id,
        "subjects": report.subjects,
        "met_before": report.met_before,
        "met_after": report.met_after,
        "total_before": amount_text(report.total_before),
        "total_after": amount_text(report.total_after),
        "gains": rows(report.gains),
        "losses": rows(report.losses),
        "unsettled": rows(report.unsettled),
        "repriced": rows(report.repriced),
    }


def _ask(options: argparse.Namespace) -> int:
    day = _today(options)
    rules, grain = _chosen(_book(options), options)
    records = read_facts(options.facts, grain, day)
    likely = likely_answers(records)
    for record in records:
        questions = next_questions(rules, record, day, likely=likely, most=options.most)
        line = {
            "id": record.id,
            "subject": record.name,
            "undecided": len(undecided(rules, record.values, day)),
            "questions": [
                {"fact": q.fact, "name": q.name, "bears_on": list(q.bears_on), "expected": round(float(q.expected), 3)}
                for q in questions
            ],
        }
        print(json.dumps(line, ensure_ascii=False))
    return 0


def _show(options: argparse.Namespace) -> int:
    book = _book(options)
    if options.grain_facts:
        grain = book.catalogue.grains.get(options.grain_facts)
        if grain is None:
            raise _WrongCall(f"没有主体“{options.grain_facts}”,可用:{'、'.join(book.catalogue.grains)}")
        print(catalogue_text(grain))
        return 0
    if options.id is None:
        for rule in book.at(_today(options)).values():
            print(f"{rule.id}\t{rule.name}\t{rule.grain.name}\t{rule.valid_from} 起")
        return 0
    if options.id not in book.ids:
        raise _WrongCall(f"没有规则“{options.id}”,可用:{'、'.join(book.ids)}")
    shown = book.get(options.id, _today(options))
    if shown is None:
        raise ProblemsFound(
            [Problem("E410", f"规则“{options.id}”在这一天没有有效版本", "换一个 --as-of", field="--as-of")]
        )
    print(rule_text(shown, options.language))
    return 0
