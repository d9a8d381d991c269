import zipfile
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import docx
import pytest

from keqiao.engines.reports import (
    Figure,
    NoManifest,
    Source,
    load_template,
    read_manifest,
    render,
    to_docx,
    to_html,
    verify,
)
from keqiao.engines.reports.charts import chinese_font, draw
from keqiao.engines.reports.document import Chart

TEMPLATE = load_template("""
key: t
name: 测试
version: "1"
title: "{unit}报告"
parameters: [unit]
sections:
  - title: 投入<&>
    blocks:
      - sentence: "研发投入{rd}{rd:compare}；占比{share}{share:compare}。"
      - table: {caption: 指标, figures: [rd, share]}
      - chart: {caption: 投入, figures: [rd, rd2]}
""")
FIGURES = {
    "rd": Figure(
        "rd",
        "rd",
        "研发投入",
        Decimal("3860000000"),
        "元",
        last_year=Decimal("3434163701"),
        target=Decimal("3500000000"),
        source=Source("ab12", 531, "rd"),
    ),
    "rd2": Figure("rd2", "rd", "工业研发", Decimal("1860000000"), "元"),
    "share": Figure(
        "share", "share", "占比", Decimal("2.714"), "%", last_year=Decimal("2.5"), rank=2, rank_scope="全省"
    ),
}


def document(figures: dict[str, Figure] = FIGURES) -> bytes:
    return to_docx(render(TEMPLATE, figures, {"unit": "科技局", "date": "2026年1月5日"}))


def test_the_same_inputs_give_the_same_file() -> None:
    assert document() == document()


def test_every_figure_verifies_and_a_changed_snapshot_shows() -> None:
    data = document()
    assert {v.state for v in verify(data)} == {"equal"}
    assert {v.state for v in verify(data, FIGURES)} == {"equal"}
    changed = {**FIGURES, "share": replace(FIGURES["share"], last_year=Decimal("2.4"))}
    states = {(v.name, v.state) for v in verify(data, changed)}
    assert ("占比", "changed") in states
    assert ("研发投入", "changed") not in states
    assert "unknown" in {v.state for v in verify(data, {})}


def test_a_figure_edited_in_word_is_found() -> None:
    file = docx.Document(BytesIO(document()))
    run = next(r for p in file.paragraphs for r in p.runs if r.text == "38.6亿元")
    run.text = "39.6亿元"
    buffer = BytesIO()
    file.save(buffer)
    edited = [v for v in verify(buffer.getvalue()) if v.state == "edited"]
    assert [v.printed for v in edited] == ["38.6亿元"]


def test_a_deleted_figure_is_found() -> None:
    file = docx.Document(BytesIO(document()))
    paragraph = next(p for p in file.paragraphs if "38.6亿元" in p.text)
    paragraph._p.getparent().remove(paragraph._p)
    buffer = BytesIO()
    file.save(buffer)
    assert "lost" in {v.state for v in verify(buffer.getvalue())}


def test_a_foreign_file_is_refused() -> None:
    buffer = BytesIO()
    docx.Document().save(buffer)
    with pytest.raises(NoManifest, match="R102"):
        read_manifest(buffer.getvalue())
    with pytest.raises(NoManifest, match="R101"):
        read_manifest(b"no zip")


def test_layout_of_official_documents() -> None:
    file = docx.Document(BytesIO(document()))
    section = file.sections[0]
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    xml = file.element.xml
    assert 'w:linePitch="579"' in xml
    assert 'w:firstLineChars="200"' in xml
    assert "附件  数据来源清单" in [p.text for p in file.paragraphs]
    with zipfile.ZipFile(BytesIO(document())) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))


def test_html_escapes_and_marks_figures() -> None:
    html = to_html(render(TEMPLATE, FIGURES, {"unit": "<科技局>"}), charts=False)
    assert "&lt;科技局&gt;" in html
    assert "投入&lt;&amp;&gt;" in html
    assert html.count('data-figure-key="rd"') == html.count("data-figure-id=") - html.count('data-figure-key="share"')


def test_charts_have_words_and_need_a_font() -> None:
    chart = Chart("图1", "说明", ("甲", "乙"), (("本期", (Decimal(3), None)),), "家")
    image = draw(chart)
    assert image.png.startswith(b"\x89PNG") if chinese_font() else "font" in image.reason
