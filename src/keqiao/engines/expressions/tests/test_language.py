"""The surface language: reading, refusing, printing."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.expressions import (
    Evaluation,
    Field,
    Kind,
    Let,
    ProblemsFound,
    Scope,
    evaluate,
    fields_of,
    missing_fields,
    parse,
    parse_condition,
    show,
)

from .samples import SCOPE, Writer


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("研发费 >= 3", "E108", 1),
        ("销售收入 >= 5000", "E111", 6),
        ("销售收入 + 职工总数 > 3", "E111", 6),
        ("销售收入 >", "E107", 7),
        ("猜(销售收入) > 1", "E109", 1),
        ("min(销售收入) > 1元", "E110", 1),
        ("职工总数 > 500吨", "E103", 11),
        ("镇街 = 3", "E111", 4),
        ("销售收入", "E120", 1),
        ("(职工总数 > 3", "E112", 10),
        ("职工总数 > 3)", "E105", 9),
        ("成立日期 > 2026-02-30", "E102", 8),
        ("镇街 = '柯", "E104", 6),
        ("职工总数 # 3", "E101", 6),
        ("职工总数>3且已上市", "E103", 7),
        ("资质 = '高企'", "E111", 4),
        ("__import__('os')", "E109", 1),
        ("职工总数.real > 1", "E101", 5),
        ("(" * 80 + "已上市" + ")" * 80, "E106", 61),
    ],
)
def test_mistakes_are_named_with_column_and_remedy(text: str, code: str, column: int) -> None:
    with pytest.raises(ProblemsFound) as error:
        parse_condition(text, SCOPE)
    (problem,) = error.value.problems
    assert (problem.code, problem.column) == (code, column)
    assert problem.remedy
    assert problem.at("p.yaml", 10, 20).column == 20 + column - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("（销售收入　≥　５０００万元）且　职工总数＞3", True),
        ("销售收入 不低于 0.5亿元 且 非 有事故", True),
        ("镇街 属于 （“柯桥街道”、“钱清街道”）", True),
        ("1 <= 职工总数 < 10", True),
        ("职工总数 不超过 8", False),
        ("成立日期 >= 2020-01-01", True),
        ("周年数(成立日期, 2026-01-01) >= 6", True),
        ("周年数(成立日期, 2025-12-31) >= 6", False),
        ("'科小' not in 资质", True),
        ("销售收入 / 职工总数 > 500万元/1人", True),
        ("2 + 3 * 4 - 6 / 2 = 11", True),
        ("-职工总数 < 0 且 not 已上市 = 是", True),
        ("净资产 > 0 或 职工总数 > 3", True),
        ("净资产 > 0", None),
        ("净资产 > 0 且 已上市", False),
    ],
)
def test_reading(text: str, expected: bool | None) -> None:
    row = {
        "revenue": Decimal("50000000"), "staff": 9, "has_accident": False, "town": "钱清街道", "founded_on": date(2020, 1, 1),
        "honours": {"高企"}, "is_listed": False,
    }  # fmt: skip
    assert evaluate(parse_condition(text, SCOPE), row) is expected


@given(st.integers(0, 10**9), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_the_canonical_source_reads_back_to_the_same_tree(seed: int, depth: int) -> None:
    writer = Writer(random.Random(seed))
    for text in (writer.condition(depth), writer.money(depth), writer.number(depth)):
        tree = parse(text, SCOPE)
        assert parse(show(tree, "source"), SCOPE) == tree
        assert show(tree)
        assert show(tree, "en")


def test_print_in_both_languages() -> None:
    tree = parse_condition("研发费用 / 销售收入 >= 5% and 职工总数 <= 500", SCOPE)
    assert show(tree) == "研发费用 ÷ 销售收入 ≥ 5% 且 职工总数 ≤ 500"
    assert show(tree, "en") == "rd ÷ revenue ≥ 5% and staff ≤ 500"


def test_a_derived_field_uses_the_stored_value_if_there_is_one() -> None:
    field = Field.declare("rd_share", "研发占比", "share")
    scope = Scope([Let("研发占比", parse("研发费用 / 销售收入", SCOPE), field)], SCOPE)
    tree = parse("研发占比", scope)
    base = {"rd": Decimal(1), "revenue": Decimal(40000)}
    assert evaluate(tree, base) == Fraction(1, 4)
    assert evaluate(tree, {**base, "rd_share": Decimal("0.3")}) == Fraction(3, 10)
    assert {f.key for f in fields_of(tree)} == {"rd_share", "rd", "revenue"}


def test_names_are_compared_normalised_and_doubles_refused() -> None:
    scope = Scope([Field.declare("class_one", "Ⅰ类知识产权数", "integer")])
    assert evaluate(parse("I类知识产权数", scope), {"class_one": 2}) == 2
    with pytest.raises(ValueError, match="重复"):
        scope.add(Field.declare("other", "I类知识产权数", "integer"))


def test_values_of_the_wrong_kind_or_size_are_refused() -> None:
    field = Field.declare("revenue", "销售收入", "money")
    assert field.value(0.1) == Fraction(1, 10)
    assert field.kind is Kind.NUMBER
    for wrong in ("12", True, float("nan"), 10**14):
        with pytest.raises(ValueError, match=r"应为|超出"):
            field.value(wrong)


def test_only_unknown_fields_that_can_still_matter_are_named() -> None:
    def missing(text: str, row: dict[str, object]) -> set[str]:
        return {f.key for f in missing_fields(parse(text, SCOPE), Evaluation(row))}

    assert missing("净资产 > 0 且 已上市", {}) == {"net_assets", "is_listed"}
    assert missing("净资产 > 0 且 已上市", {"is_listed": False}) == set()
    assert missing("净资产 > 0 或 已上市 或 有事故", {"is_listed": False}) == {"net_assets", "has_accident"}
    assert missing("if(已上市, 净资产, 研发费用) > 0", {}) == {"is_listed"}
    assert missing("if(已上市, 净资产, 研发费用) > 0", {"is_listed": True}) == {"net_assets"}
