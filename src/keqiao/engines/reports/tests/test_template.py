from pathlib import Path

import pytest

from keqiao.engines.reports import TemplateError, load_template

GOOD = """
key: t
name: 测试
version: "1"
title: "{year}年报告"
parameters: [year]
sections:
  - title: 投入
    blocks:
      - sentence: "研发投入{rd}{rd:compare}[，占比{share}]。"
        when: ["rd.yoy > 0"]
"""


def test_keys_are_known_before_rendering() -> None:
    assert load_template(GOOD).keys() == ("rd", "share")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("研发投入{rd}{rd:compare}[，占比{share}]。", "研发投入大幅增长。"), "T011"),
        (("{rd:compare}", "{rd:growth}"), "T014"),
        (("sentence:", "wording:"), "T012"),
        (("，占比{share}]", "，占比{share}"), "T015"),
        (("rd.yoy > 0", "rd rises"), "T019"),
        (("title: 投入", "titel: 投入"), "T007"),
        (("{year}年报告", "{jahr}年报告"), "T020"),
        (("- sentence:", "- sentences:"), "T008"),
        (("version:", "versoin:"), "T003"),
    ],
)
def test_mistakes_have_codes(change: tuple[str, str], code: str) -> None:
    with pytest.raises(TemplateError) as caught:
        load_template(GOOD.replace(*change))
    assert any(problem.startswith(code) for problem in caught.value.problems), caught.value.problems


def test_all_mistakes_are_listed_at_once() -> None:
    wrong = GOOD.replace("{rd:compare}", "{rd:growth}").replace("rd.yoy > 0", "rd rises").replace("key: t", "colour: t")
    with pytest.raises(TemplateError) as caught:
        load_template(wrong)
    assert {p[:4] for p in caught.value.problems} >= {"T003", "T004", "T014", "T019"}


def test_typed_figures_in_wording_are_refused() -> None:
    with pytest.raises(TemplateError, match="T013"):
        load_template(
            GOOD.replace('sentence: "研发投入{rd}{rd:compare}[，占比{share}]。"', "wording: 今年新增企业71家。")
        )


def test_a_template_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_template(path).name == "测试"
