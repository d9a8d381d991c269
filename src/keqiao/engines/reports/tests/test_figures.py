from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.reports.figures import (
    Figure,
    figures_from_json,
    figures_to_json,
    format_amount,
    is_behind,
    say_aspect,
)


def figure(value: str | None, unit: str = "家", **more: object) -> Figure:
    return Figure(
        id="f", indicator="f", name="指标", value=None if value is None else Decimal(value), unit=unit, **more
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("3860000000", "元", "38.6亿元"),
        ("8600000", "元", "860万元"),
        ("9999", "元", "9999元"),
        ("2.710", "%", "2.71%"),
        ("71", "家", "71家"),
        ("14.26", "件", "14.26件"),
    ],
)
def test_amounts(value: str, unit: str, text: str) -> None:
    assert format_amount(Decimal(value), unit) == text


@pytest.mark.parametrize(
    ("subject", "aspect", "said"),
    [
        (figure("110", last_year=Decimal(100)), "yoy", ("同比增长", "10%", "")),
        (figure("90", last_year=Decimal(100)), "yoy", ("同比下降", "10%", "")),
        (figure("5", last_year=Decimal(3)), "yoy", ("比上年增加", "2家", "")),
        (figure("2.71", "%", last_year=Decimal("2.51")), "yoy", ("比上年提高", "0.2个百分点", "")),
        (figure("100", last_year=Decimal(100)), "yoy", ("与上年持平", "", "")),
        (figure("115", target=Decimal(100)), "attainment", ("完成年度目标的", "115%", "")),
        (figure("2.7", "%", target=Decimal("2.8")), "attainment", ("低于年度目标", "0.1个百分点", "")),
        (figure("5", rank=4, rank_scope="全省"), "rank", ("居全省", "第4位", "")),
        (figure("5"), "yoy", None),
        (figure("5"), "attainment", None),
        (figure(None, last_year=Decimal(3)), "yoy", None),
    ],
)
def test_a_comparison_is_said_only_where_the_data_carry_it(subject: Figure, aspect: str, said: object) -> None:
    assert say_aspect(subject, aspect) == said


def test_behind_depends_on_the_direction() -> None:
    assert is_behind(figure("70", target=Decimal(100)), Decimal(75))
    assert not is_behind(figure("80", target=Decimal(100)), Decimal(75))
    assert is_behind(figure("12", target=Decimal(10), higher_is_better=False))
    assert not is_behind(figure(None, target=Decimal(10)))


NUMBERS = st.none() | st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["元", "%", "家"]))
def test_figures_come_back_from_json(
    value: Decimal | None, last: Decimal | None, target: Decimal | None, unit: str
) -> None:
    known = {"k": Figure("k", "k", "名", value, unit, last_year=last, target=target, parts=("a",))}
    assert figures_from_json(figures_to_json(known)) == known


def test_all_wrong_figures_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"(?s)a: value = '三'.*b: target = 'x'"):
        figures_from_json({"figures": {"a": {"value": "三"}, "b": {"value": 1, "target": "x"}, "c": {"value": 2}}})
