from io import BytesIO

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from keqiao.engines.text import NotWord, UnknownKind, import_bytes
from keqiao.engines.text.documents import join_lines
from keqiao.engines.text.docx_reader import format_number


def numbered_docx() -> bytes:
    """Headings numbered 一、 and （一） by Word itself, one paragraph, one table."""
    file = docx.Document()
    numbering = file.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">'
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>'
            "</w:abstractNum>"
        ),
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for level, text in ((0, "总体情况"), (1, "企业培育"), (1, "平台建设"), (0, "存在问题"), (1, "短板")):
        paragraph = file.add_paragraph(text)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
        )
    table = file.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "高新技术企业", "71家"
    buffer = BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_automatic_numbers_are_rebuilt() -> None:
    imported = import_bytes(numbered_docx(), "a.docx")
    assert (
        imported.text == "一、总体情况\n（一）企业培育\n（二）平台建设\n二、存在问题\n（一）短板\n高新技术企业\t71家\n"
    )
    first = imported.paragraphs[0]
    assert imported.text[first.start : first.end] == "一、总体情况"
    assert first.prefix == 2
    assert len(imported.paragraphs) == len(list(docx.Document(BytesIO(numbered_docx())).element.body.iter(qn("w:p"))))


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("chineseCounting", "十二"),
        ("decimal", "12"),
        ("upperRoman", "XII"),
        ("lowerLetter", "l"),
        ("decimalEnclosedCircle", "⑫"),
    ],
)
def test_number_formats(form: str, expected: str) -> None:
    assert format_number(12, form) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    text = "认定高新技术企业71家。\n"
    assert import_bytes(text.encode(encoding), "a.txt").text == text


def test_html_keeps_paragraphs_and_drops_scripts() -> None:
    page = "<html><head><title>标题</title></head><body><p>认定企业<b>71</b>家。</p><script>x=1</script><table><tr><td>专利</td><td>5件</td></tr></table></body></html>"
    assert import_bytes(page.encode("gbk"), "a.html").text.split("\n")[:2] == ["认定企业71家。", "专利\t5件"]


def test_hard_line_breaks_of_pdf_are_joined() -> None:
    page = "全市认定高新技术企业71家,同比增长\n12%,居全省第4位。\n一、存在问题\n— 3 —\n人才不足。"
    assert join_lines(page) == "全市认定高新技术企业71家,同比增长12%,居全省第4位。\n一、存在问题\n人才不足。\n"


def test_what_cannot_be_read_says_so() -> None:
    with pytest.raises(NotWord):
        import_bytes(b"PK\x03\x04broken", "a.docx")
    with pytest.raises(UnknownKind):
        import_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc")
