"""Everything that can be said against a pack before it is used: files, names, validity, examples, mutations, batch exactness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..expressions import Problem, ProblemsFound
from .batch import rule_sql
from .examples import Example, load_examples, run_example, surviving_mutants, untested_rules
from .rulebook import Rulebook, load_rulebook, pack_folders


@dataclass(frozen=True)
class CheckReport:
    """`mutants` counts the numbers moved; every one that no example caught is a problem (E506)."""

    rules: int
    versions: int
    examples: int
    problems: tuple[Problem, ...]


def check_pack(*packs: Path, mutate: bool = True) -> CheckReport:
    """Checks packs with what they require. Problems are returned, never raised. Cost: a few ms per rule; with `mutate` some 10 ms per number."""
    try:
        book = load_rulebook(*packs)
        folders = pack_folders(*packs)
    except ProblemsFound as error:
        return CheckReport(0, 0, 0, error.problems)
    examples, problems = load_examples(folders, book)
    problems += untested_rules(book, examples)
    problems += _batch_problems(book)
    by_version: dict[tuple[str, object], list[int]] = {}
    for index, example in enumerate(examples):
        rule = book.get(example.rule_id, example.as_of)
        if rule is not None:
            problems += run_example(example, rule)
            by_version.setdefault((example.rule_id, rule.fingerprint), []).append(index)
    if mutate and not problems:
        for indexes in by_version.values():
            problems += _mutation_problems(book, [examples[i] for i in indexes])
    return CheckReport(len(book.ids), len(book.versions), len(examples), tuple(problems))


def _mutation_problems(book: Rulebook, examples: Sequence[Example]) -> list[Problem]:
    """By days of the examples: parameters may change inside a version."""
    found: list[Problem] = []
    survived: set[str] | None = None
    for day in sorted({example.as_of for example in examples}):
        rule = book.get(examples[0].rule_id, day)
        own = [example for example in examples if example.as_of == day]
        if rule is not None:
            alive = set(surviving_mutants(rule, own))
            survived = alive if survived is None else survived & alive
    excused = {number for example in examples for number in example.equivalent}
    for number in sorted((survived or set()) - excused):
        remedy = "加一个恰在界上和一个刚在界下的例子"
        found.append(
            Problem(
                "E506",
                f"{number} 时没有例子会失败",
                remedy,
                examples[0].document.file,
                1,
                field=examples[0].rule_id,
                value=number,
            )
        )
    return found


def _batch_problems(book: Rulebook) -> list[Problem]:
    """Rules that a batch could not judge exactly."""
    found: list[Problem] = []
    for version in book.versions:
        rule = book.get(version.id, version.valid_from)
        if rule is None:
            continue
        try:
            rule_sql(rule, version.valid_from, rule.grain.facts)
        except ProblemsFound as error:
            found += [problem.at(version.document.file, 1, 1, version.id) for problem in error.problems]
    return found
