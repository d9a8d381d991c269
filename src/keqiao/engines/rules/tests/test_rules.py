"""Loading, judging, explaining, scoring, paying: one subject at a time."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from keqiao.engines.rules import (
    ProblemsFound,
    Record,
    Rulebook,
    Verdict,
    check_pack,
    evaluate_rule,
    load_rulebook,
    next_questions,
    rehearse,
    rule_text,
    undecided,
)

from .small_pack import RULE, write_pack

DAY = date(2026, 6, 1)
GOOD = {
    "founded_on": date(2020, 1, 1), "revenue": Decimal(10_000_000), "rd": Decimal(500_000), "staff": 100, "rd_staff": 10, "patents": 3,
    "titles": frozenset({"高企"}), "has_accident": False,
}  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return load_rulebook(write_pack(tmp_path))


def judge(book: Rulebook, day: date = DAY, **changed: object):
    facts = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
    return evaluate_rule(book.at(day)["demo.award"], Record("1", facts), day)


def test_yes_with_amount_and_reasons(book: Rulebook) -> None:
    result = judge(book)
    assert result.verdict is Verdict.MET
    assert result.amount == 50_000
    rd = next(clause for clause in result.clauses if clause.key == "rd")
    assert rd.text == "研发占比 ≥ 强度下限(5%)"
    assert rd.found == "5% ≥ 5%"
    assert result.rule.banner == ""
    assert {item.name for item in rd.inputs} == {"研发占比", "研发费用", "销售收入"}


@pytest.mark.parametrize(("cents", "verdict"), [(-1, Verdict.UNMET), (0, Verdict.MET), (1, Verdict.MET)])
def test_a_threshold_is_judged_to_the_cent(book: Rulebook, cents: int, verdict: Verdict) -> None:
    assert judge(book, rd=Decimal(500_000) + Decimal(cents) / 100).verdict is verdict


def test_the_parameter_of_the_day_counts(book: Rulebook) -> None:
    assert judge(book, date(2025, 12, 31), rd=Decimal(300_000)).verdict is Verdict.MET
    assert judge(book, date(2026, 1, 1), rd=Decimal(300_000)).verdict is Verdict.UNMET
    assert book.get("demo.award", date(2024, 12, 31)) is None
    assert book.get("demo.award", date(2027, 1, 1)) is None


def test_unknown_is_neither_yes_nor_no_and_only_what_matters_is_asked(book: Rulebook) -> None:
    open_ = judge(book, rd_staff=None, patents=None)
    assert open_.verdict is Verdict.UNSETTLED
    assert [item.fact for item in open_.missing] == ["rd_staff", "patents", "review"]
    settled = judge(book, rd_staff=None, has_accident=True)
    assert settled.verdict is Verdict.UNMET
    assert settled.missing == ()
    assert settled.failing == ("accident",)


def test_the_failing_set_takes_the_easiest_way(book: Rulebook) -> None:
    result = judge(book, titles=frozenset(), patents=1, rd=Decimal(1))
    assert set(result.failing) == {"rd", "patents", "score"}


def test_scores_are_intervals(book: Rulebook) -> None:
    result = judge(book, patents=None)
    assert result.score is not None
    assert (result.score.low, result.score.high) == (4, 8)
    assert judge(book, patents=2).score.low == 7  # type: ignore[union-attr]
    assert judge(book, patents=2, review=4).score.low == 8  # type: ignore[union-attr]
    assert judge(book, patents=2, review=6).score.low == 7  # type: ignore[union-attr]  # outside the band: not given


def test_a_derived_fact_may_be_given(book: Rulebook) -> None:
    assert judge(book, revenue=None, rd_share=Decimal("0.05")).verdict is Verdict.MET


def test_text_names_articles_and_both_languages(book: Rulebook) -> None:
    rule = book.at(DAY)["demo.award"]
    assert "满足其一" in rule_text(rule)
    assert "any of" in rule_text(rule, "en")


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("研发占比 >= 强度下限", "研发占 >= 强度下限", "E108", 17),
        ("研发占比 >= 强度下限", "研发占比 >= 3万元", "E111", 17),
        ("专利数 >= 3件", "专利数", "E120", 20),
        ("key: rd,", "key: age,", "E324", 17),
        ("lever: 研发费用}", "lever: 职工总数}", "E326", 17),
        ("grain: enterprise", "grain: firm", "E314", 3),
        ("kind: policy", "kind: polcy", "E312", 4),
        ("[else, 0, 2]", '[">= 1件", 0, 2]', "E336", 27),
        ("valid_from: 2026-01-01, value", "valid_from: 2026-02-01, value", "E305", 11),
        ("valid_until: 2026-01-01, value", "valid_until: 2026-03-01, value", "E304", 11),
        ("ceiling: 20万元", "ceiling: 20人", "E343", 28),
        ("verified: true", "verifed: true", "E311", 6),
        ('pass: ">= 6"', 'pass: "about 6"', "E331", 25),
    ],
)
def test_mistakes_are_reported_with_line_and_remedy(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    assert RULE.count(old) >= 1
    with pytest.raises(ProblemsFound) as error:
        load_rulebook(write_pack(tmp_path, RULE.replace(old, new, 1)))
    found = [problem for problem in error.value.problems if problem.code == code]
    assert found, [str(problem) for problem in error.value.problems]
    assert found[0].remedy
    assert found[0].file.endswith("award.yaml")
    assert found[0].line == line


def test_versions_may_neither_overlap_nor_leave_a_hole(tmp_path: Path) -> None:
    second = RULE.replace(
        "valid_from: 2025-01-01\nvalid_until: 2027-01-01", "valid_from: {}\nvalid_until: 2028-01-01"
    ).replace("valid_from: 2025-01-01,", "valid_from: 2020-01-01,")
    for start, code in (("2026-12-31", "E304"), ("2027-01-02", "E305")):
        with pytest.raises(ProblemsFound) as error:
            load_rulebook(
                write_pack(tmp_path / code, policies__second=second.replace("valid_from: {}", f"valid_from: {start}"))
            )
        assert code in {problem.code for problem in error.value.problems}
    book = load_rulebook(
        write_pack(tmp_path / "good", policies__second=second.replace("valid_from: {}", "valid_from: 2027-01-01"))
    )
    assert book.get("demo.award", date(2026, 12, 31)).valid_from == date(2025, 1, 1)  # type: ignore[union-attr]
    assert book.get("demo.award", date(2027, 1, 1)).valid_from == date(2027, 1, 1)  # type: ignore[union-attr]


def test_a_running_evaluation_is_not_changed_by_a_new_file(tmp_path: Path, book: Rulebook) -> None:
    before = judge(book).rule.fingerprint
    write_pack(tmp_path, RULE.replace("5%", "9%"))
    assert judge(book).rule.fingerprint == before
    assert load_rulebook(tmp_path).at(DAY)["demo.award"].fingerprint != before


EXAMPLES = """\
rule: demo.award
as_of: 2026-06-01
base: {成立日期: 2020-01-01, 销售收入: 10000000, 研发费用: 500000, 职工总数: 100, 科技人员数: 10, 专利数: 3, 资质: [高企], 有事故: 否}
examples:
  - {name: 达标, expect: {verdict: 符合, amount: 50000, score: 7~8}}
  - {name: 研发少一分, given: {研发费用: 499999.99}, expect: {rd: 不符合}}
"""


def test_a_pack_needs_examples_that_notice_every_moved_number(tmp_path: Path) -> None:
    codes = {problem.code for problem in check_pack(write_pack(tmp_path / "a")).problems}
    assert codes == {"E505"}
    report = check_pack(write_pack(tmp_path / "b", examples__policies__award=EXAMPLES))
    moved = {problem.value for problem in report.problems if problem.code == "E506"}
    assert "365天 -1" in moved
    assert "强度下限 +1" not in moved
    wrong = EXAMPLES.replace("amount: 50000", "amount: 50001")
    assert {
        problem.code for problem in check_pack(write_pack(tmp_path / "c", examples__policies__award=wrong)).problems
    } == {"E504"}


def test_questions_settle_most_first(book: Rulebook) -> None:
    rules = list(book.at(DAY).values())
    record = Record("1", {"rd": Decimal(500_000), "revenue": Decimal(10_000_000)})
    questions = next_questions(rules, record, DAY, likely={"has_accident": [True, True, False]}, most=10)
    assert questions[0].fact == "has_accident"
    assert "review" not in {question.fact for question in questions}
    assert undecided(rules, {**record.values, "has_accident": True}, DAY) == {}


def test_rehearsal_tells_who_gains_and_loses(tmp_path: Path, book: Rulebook) -> None:
    new = load_rulebook(write_pack(tmp_path / "new", RULE.replace("value: 5%", "value: 4%").replace("20万元", "4万元")))
    records = [Record(str(i), {**GOOD, "rd": Decimal(rd)}) for i, rd in enumerate((300_000, 400_000, 500_000))]
    report = rehearse(book.at(DAY)["demo.award"], new.at(DAY)["demo.award"], records, DAY)
    assert [shift.subject for shift in report.gains] == ["1"]
    assert [shift.subject for shift in report.repriced] == ["2"]
    assert (report.total_before, report.total_after) == (50_000, 80_000)
    assert not report.losses
