"""Rules as dated data: eligibility, score sheets and amounts, judged exactly with reasons, gaps and questions; one by one or all at once.

    book   = load_rulebook(Path("packs/national"), Path("packs/demo"))      # raises ProblemsFound: every mistake, with file, line, remedy
    rules  = book.at(date(2026, 5, 1), "enterprise")                        # {id: Rule} in force on the day, parameters bound
    record = Record("91330…", {"revenue": Decimal("50000000"), …}, sources={…})  # stored values by fact key; left out = unknown
    result = evaluate_rule(rules["cert.hnte"], record, date(2026, 5, 1))    # Verdict 符合/不符合/待核实, clauses, score interval, amount
    smallest_change(rule, record, day) · next_questions(rules, record, day) · rehearse(old, new, records, day)
    evaluate_batch(rules, frame, day) (Polars) · rule_sql(rule, day, columns, "duckdb" | "spark")
    read_facts(file, grain, day) · facts_frame(records, grain) · check_pack(folder) · rule_text(rule)

A version that nobody checked against the official text has a `banner`, which must be shown beside its results.
"""

from ..expressions import Problem, ProblemsFound
from .ask import Question, likely_answers, next_questions, undecided
from .batch import evaluate_batch, facts_frame, outputs, rule_sql
from .catalogue import Catalogue, Fact, Grain, Lever, load_catalogue
from .check import CheckReport, check_pack
from .evaluate import evaluate_rule, verdict_of
from .gap import smallest_change, with_moves
from .parameters import Parameter, load_parameters
from .read_facts import read_facts, records_of
from .rehearse import Rehearsal, Shift, rehearse
from .results import Change, ClauseResult, Input, Move, Record, Result, Score, ScoreLine, amount_text
from .rulebook import Rulebook, Version, load_rulebook
from .schema import Amount, Basis, Clause, Group, Rule, ScoreItem, ScoreSheet, Verdict, Window
from .text import catalogue_text, rule_text

__all__ = [
    "Amount", "Basis", "Catalogue", "Change", "CheckReport", "Clause", "ClauseResult", "Fact", "Grain", "Group", "Input", "Lever", "Move",
    "Parameter", "Problem", "ProblemsFound", "Question", "Record", "Rehearsal", "Result", "Rule", "Rulebook", "Score", "ScoreItem", "ScoreLine",
    "ScoreSheet", "Shift", "Verdict", "Version", "Window", "amount_text", "catalogue_text", "check_pack", "evaluate_batch", "evaluate_rule",
    "facts_frame", "likely_answers", "load_catalogue", "load_parameters", "load_rulebook", "next_questions", "outputs", "read_facts",
    "records_of", "rehearse", "rule_sql", "rule_text", "smallest_change", "undecided", "verdict_of", "with_moves",
]  # fmt: skip
