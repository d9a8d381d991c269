import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.reports import Figure, MissingParameter, Paragraph, Source, Table, load_template, render
from keqiao.engines.reports.render import chinese_number
from keqiao.engines.text.numbers import format_chinese

TEMPLATE = load_template("""
key: t
name: 测试
version: "2"
title: "{year}年报告"
parameters: [year]
sections:
  - title: 投入
    blocks:
      - paragraph:
          - wording: "总体情况如下。"
          - sentence: "研发投入{rd}{rd:compare}[，占比{share}{share:yoy}]。"
          - sentence: "专利授权{patents}。"
      - sentence: "增长较快：{rd:name}{rd:yoy}。"
        when: ["rd.yoy >= 50"]
      - table: {caption: 主要指标, figures: [rd, patents, share], columns: [name, value, target, yoy]}
  - title: 空节
    blocks:
      - sentence: "无数据{nothing}。"
  - title: 存在问题
    blocks:
      - problems: {lead: "以下指标滞后。"}
  - title: 目标
    blocks:
      - targets: {}
""")


def figure(key: str, value: str | None, unit: str, **more: object) -> Figure:
    return Figure(
        key, key, f"指标{key}", None if value is None else Decimal(value), unit, source=Source("abc", 3, key), **more
    )  # type: ignore[arg-type]


FIGURES = {
    "rd": figure(
        "rd",
        "3860000000",
        "元",
        last_year=Decimal("3434163701"),
        rank=4,
        rank_scope="全省",
        next_target=Decimal("4200000000"),
    ),
    "patents": figure("patents", "80", "件", target=Decimal(100)),
}


def texts(figures: dict[str, Figure]) -> list[str]:
    return [b.text for b in render(TEMPLATE, figures, {"year": "2025"}).blocks if isinstance(b, Paragraph)]


def test_sentences_say_only_what_the_figures_carry() -> None:
    assert texts(FIGURES) == [
        "总体情况如下。研发投入38.6亿元，同比增长12.4%，居全省第4位。专利授权80件。",
        "以下指标滞后。",
        "指标patents为80件，年度目标为100件，完成年度目标的80%。",
        "指标rd力争达到42亿元（本年为38.6亿元）。",
    ]


def test_what_is_left_out_is_listed_with_its_reason() -> None:
    document = render(TEMPLATE, FIGURES, {"year": "2025"})
    reasons = {o.text: o.reason for o in document.omitted}
    assert reasons["[，占比{share}{share:yoy}]"] == "no value for share"
    assert any("does not hold" in reason for reason in reasons.values())
    assert "空节" not in [getattr(b, "text", "") for b in document.blocks]


def test_headings_are_numbered_without_gaps() -> None:
    document = render(TEMPLATE, FIGURES, {"year": "2025"})
    assert [b.number + b.text for b in document.blocks if hasattr(b, "number")] == [
        "一、投入",
        "二、存在问题",
        "三、目标",
    ]


def test_every_digit_in_the_text_belongs_to_a_figure() -> None:
    document = render(TEMPLATE, FIGURES, {"year": "2025"})
    for block in document.blocks:
        runs = (
            block.runs
            if isinstance(block, Paragraph)
            else [c for row in block.rows for c in row]
            if isinstance(block, Table)
            else []
        )
        for run in runs:
            assert run.figure or not re.search(r"\d", run.text), run
            if run.figure:
                assert document.figure(run.figure).text == run.text
                assert document.figure(run.figure).source == Source("abc", 3, document.figure(run.figure).key)


def test_missing_parameters_are_named() -> None:
    with pytest.raises(MissingParameter, match="year"):
        render(TEMPLATE, FIGURES, {})


VALUES = st.none() | st.decimals(min_value=0, max_value=10**10, places=2)


@given(VALUES, VALUES, VALUES, st.integers(1, 20) | st.none())
def test_rendering_never_fails_and_is_repeatable(
    value: Decimal | None, last: Decimal | None, target: Decimal | None, rank: int | None
) -> None:
    one = Figure(
        "rd", "rd", "投入", value, "元", last_year=last, target=target, next_target=target, rank=rank, rank_scope="全省"
    )
    figures = {
        "rd": one,
        "patents": figure("patents", "3", "件", last_year=last),
        "share": figure("share", "2.5", "%", last_year=last),
    }
    assert render(TEMPLATE, figures, {"year": "1"}) == render(TEMPLATE, figures, {"year": "1"})


@given(st.integers(1, 99))
def test_section_numbers(value: int) -> None:
    assert chinese_number(value) == format_chinese(value)
