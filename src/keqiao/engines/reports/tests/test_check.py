import json
from decimal import Decimal
from io import BytesIO

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.reports import add_comments, check_draft, load_ledger, marks_of
from keqiao.engines.reports.command import main
from keqiao.engines.text import clean, extract_facts, import_bytes

REPORT = (
    "全年组织申报高新技术企业91家,认定高新技术企业71家,省民营科技企业80家。"
    "登记技术合同2356项,技术合同成交额3424万元,同比增长12.5%。"
    "挖掘企业技术需求200多项,提供解决方案78份。共通过项目验收7项,其中省级1项、市级2项、县级4项。"
)


def ledger_of(text: str) -> list[str]:
    lines = []
    for fact in extract_facts(text):
        assert fact.value is not None
        lines.append(
            json.dumps(
                {
                    "indicator": fact.indicator,
                    "value": float(fact.value),
                    "unit": fact.unit,
                    "sentence": fact.sentence,
                    "span": fact.span,
                    "kind": fact.kind,
                    "modifier": list(fact.modifier),
                },
                ensure_ascii=False,
            )
        )
    return lines


LEDGER = load_ledger(ledger_of(REPORT))


def verdicts(draft: str) -> dict[str, str]:
    return {f.span: f.verdict for f in check_draft(draft, LEDGER)}


def test_an_unchanged_report_is_equal_throughout() -> None:
    assert set(verdicts(REPORT).values()) == {"equal"}


@pytest.mark.parametrize(
    ("old", "new", "span", "verdict"),
    [
        ("91家", "81家", "81家", "mismatch"),
        ("3424万元", "0.3424亿元", "0.3424亿元", "equal"),
        ("3424万元", "约3400万元", "3400万元", "rounded"),
        ("3424万元", "0.34亿元", "0.34亿元", "rounded"),
        ("3424万元", "3424亿元", "3424亿元", "mismatch"),
        ("3424万元", "近3500万元", "3500万元", "rounded"),
        ("3424万元", "超3500万元", "3500万元", "mismatch"),
        ("200多项", "200项", "200项", "precision_lost"),
        ("增长12.5%", "下降12.5%", "12.5%", "mismatch"),
        ("12.5%", "12%", "12%", "rounded"),
    ],
)
def test_verdicts(old: str, new: str, span: str, verdict: str) -> None:
    assert verdicts(REPORT.replace(old, new, 1))[span] == verdict


def test_the_neighbours_number_is_a_mismatch() -> None:
    findings = check_draft(REPORT.replace("91家", "71家"), LEDGER)
    assert [f.verdict for f in findings if f.span == "71家"] == ["mismatch", "equal"]


def test_what_the_ledger_lacks_is_no_error() -> None:
    assert verdicts("捐赠口罩5000只。") == {"5000只": "not_in_ledger"}


@given(st.integers(0, 11), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_any_changed_digit_is_found_and_nothing_else_is_flagged(which: int, step: int) -> None:
    facts = extract_facts(REPORT)
    fact = facts[which % len(facts)]
    digit = str((int(fact.span[0]) + step) % 9 + 1)
    if digit == fact.span[0]:
        return
    draft = REPORT[: fact.start] + digit + REPORT[fact.start + 1 :]
    findings = check_draft(draft, LEDGER)
    assert [f.start for f in findings if f.verdict == "mismatch"] == [fact.start]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("实施科技项目60项以上,其中省级科技项目80项以上。", "大于总数"),
        ("通过项目验收7项,其中省级3项、市级2项、县级4项。", "之和为9项"),
        ("技术合同成交额由上年的40.0亿元增加到50.0亿元,增长20%。", "应为25%"),
        ("发放科技贷款5.00亿元,其中知识产权质押贷款1.00亿元,占比25%。", "应为20%"),
        ("全年完成专利申请1860件,占年度目标1800件的113.3%。", "应为103.33%"),
        ("全年认定高新技术企业71家。\n全年认定高新技术企业73家。", "前后不一"),
    ],
)
def test_contradictions_inside_the_draft(draft: str, said: str) -> None:
    notes = [note for finding in check_draft(draft, []) for note in finding.inconsistent]
    assert any(said in note for note in notes), notes


@pytest.mark.parametrize(
    "draft",
    [
        "技术合同成交额由上年的40.0亿元增加到50.0亿元,增长25%。",
        "发放科技贷款5.00亿元,其中知识产权质押贷款1.00亿元,占比20%。",
        "完成专利申请272件,其中发明专利58件,企业专利251件。",
        "全年认定高新技术企业71家。\n申报高新技术企业91家。",
    ],
)
def test_no_contradiction_where_there_is_none(draft: str) -> None:
    assert not [f for f in check_draft(draft, []) if f.inconsistent]


def word_draft() -> bytes:
    file = docx.Document()
    paragraph = file.add_paragraph()
    paragraph.add_run("全年组织申报高新技术企业8").bold = True
    paragraph.add_run("1家,认定高新技术企业71家,省民营科技企业80家。")
    file.add_paragraph("挖掘企业技术需求200多项,提供解决方案78份。")
    buffer = BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_comments_stand_on_the_words_they_concern() -> None:
    data = word_draft()
    imported = import_bytes(data, "draft.docx")
    cleaned = clean(imported.text)
    marked = docx.Document(
        BytesIO(add_comments(data, imported.paragraphs, marks_of(check_draft(cleaned.text, LEDGER), cleaned)))
    )
    assert [p.text for p in marked.paragraphs] == [p.text for p in docx.Document(BytesIO(data)).paragraphs]
    comments = list(marked.comments)
    assert len(comments) == 1
    assert "台账91家" in comments[0].text
    children = [child.tag.rpartition("}")[2] for child in marked.paragraphs[0]._p]
    start, end = children.index("commentRangeStart"), children.index("commentRangeEnd")
    inside = marked.paragraphs[0]._p[start:end]
    assert "".join(t.text for run in inside for t in run.iter() if t.tag.endswith("}t")) == "81家"


def test_command(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "draft.docx").write_bytes(word_draft())
    (folder / "ledger.jsonl").write_text("\n".join(ledger_of(REPORT)), encoding="utf-8")
    call = [
        "check",
        str(folder / "draft.docx"),
        "--ledger",
        str(folder / "ledger.jsonl"),
        "--out",
        str(folder / "r.jsonl"),
    ]
    assert main([*call, "--docx", str(folder / "marked.docx")]) == 0
    records = [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    wrong = [r for r in records if r["verdict"] == "mismatch"]
    assert [(r["span"], r["ledger_value"], r["indicator"]) for r in wrong] == [("81家", 91, "高新技术企业申报数")]
    assert (folder / "marked.docx").exists()


def test_a_broken_ledger_lists_all_lines() -> None:
    with pytest.raises(ValueError, match=r"(?s)L001 line 1.*L002 line 2.*L003 line 3"):
        load_ledger(["{", "[]", '{"value": "drei"}'])
    assert load_ledger(['{"value": null, "kind": "masked"}']) == []
    assert load_ledger(['{"value": 5}'])[0].value == Decimal(5)
