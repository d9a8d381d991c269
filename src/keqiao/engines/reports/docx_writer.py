"""The document as .docx in the layout of GB/T 9704-2012, every figure bookmarked and listed with its source.

Hides OOXML: east-Asian fonts, line grid, first-line indent in characters, page field, bookmarks, the manifest part.
The same document gives the same bytes.
"""

import re
import zipfile
from decimal import Decimal
from io import BytesIO
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from keqiao.engines.reports.charts import draw
from keqiao.engines.reports.document import Chart, Document, Heading, Paragraph, PrintedFigure, Run, Table
from keqiao.engines.reports.figures import plain
from keqiao.engines.reports.manifest import add_manifest

TITLE_FONT, BODY_FONT, LATIN_FONT = "方正小标宋简体", "仿宋_GB2312", "Times New Roman"
HEADING_FONTS = {1: "黑体", 2: "楷体_GB2312", 3: "仿宋_GB2312", 4: "仿宋_GB2312"}
RED = RGBColor(0xE6, 0x00, 0x12)
LINE_PITCH = 579  # twentieths of a point: 22 lines a page (GB/T 9704-2012, 6.2)
FIXED_TIME = (2000, 1, 1, 0, 0, 0)
ASPECT_NAMES = {"value": "本期值", "last_year": "上年值", "target": "年度目标", "next_target": "下年目标", "yoy": "与上年比",
                "attainment": "目标完成率", "gap": "与目标差", "rank": "位次"}  # fmt: skip


def to_docx(document: Document, *, red_head: bool = False, appendix: bool = True) -> bytes:
    """A .docx file. `red_head` puts the organ's red head on page 1; `appendix` lists every figure with its source."""
    return _Writer(document, red_head, appendix).write()


class _Writer:
    def __init__(self, document: Document, red_head: bool, appendix: bool) -> None:
        self.document = document
        self.red_head, self.appendix = red_head, appendix
        self.file: Any = docx.Document()
        self.figures = {f.id: f for f in document.figures}
        self.bookmarks = 0

    def write(self) -> bytes:
        self._page()
        self._footer()
        if self.red_head and self.document.organ:
            self._red_head()
        self._title()
        for block in self.document.blocks:
            self._block(block)
        self._signature()
        if self.appendix and self.document.figures:
            self._appendix()
        add_manifest(self.file, self.document)
        _in_schema_order(self.file)
        return self._saved()

    def _page(self) -> None:
        section = self.file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(28)
        grid = OxmlElement("w:docGrid")
        grid.set(qn("w:type"), "lines")
        grid.set(qn("w:linePitch"), str(LINE_PITCH))
        for old in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(old)
        section._sectPr.append(grid)
        normal = self.file.styles["Normal"]
        normal.font.size = Pt(16)
        _set_fonts(normal.element.get_or_add_rPr(), BODY_FONT)
        normal.paragraph_format.space_after = Pt(0)
        language = OxmlElement("w:lang")
        language.set(qn("w:eastAsia"), "zh-CN")
        normal.element.get_or_add_rPr().append(language)

    def _footer(self) -> None:
        paragraph = self.file.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _no_grid(paragraph)
        for text, field_code in (("— ", ""), ("", "PAGE"), (" —", "")):
            run = self._styled(paragraph, text, "宋体", 14)
            if field_code:
                _field(run, field_code)

    def _red_head(self) -> None:
        paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, exact=None)
        run = self._styled(paragraph, self.document.organ, TITLE_FONT, 36)
        run.font.color.rgb = RED
        rule = self._paragraph(exact=None)
        borders = OxmlElement("w:pBdr")
        bottom = OxmlElement("w:bottom")
        for name, value in (("val", "single"), ("sz", "18"), ("space", "1"), ("color", "E60012")):
            bottom.set(qn(f"w:{name}"), value)
        borders.append(bottom)
        rule._p.get_or_add_pPr().append(borders)

    def _title(self) -> None:
        paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, exact=35)
        paragraph.paragraph_format.space_after = Pt(16)
        paragraph.paragraph_format.keep_with_next = True
        _no_grid(paragraph)
        _outline(paragraph, 0)
        self._styled(paragraph, self.document.title, TITLE_FONT, 22)

    def _block(self, block: Heading | Paragraph | Table | Chart) -> None:
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Paragraph):
            paragraph = self._paragraph(indent=True)
            self._runs(paragraph, block.runs)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._chart(block)

    def _heading(self, heading: Heading) -> None:
        paragraph = self._paragraph(indent=True)
        paragraph.paragraph_format.keep_with_next = True
        _outline(paragraph, heading.level - 1)
        run = self._styled(paragraph, heading.number + heading.text, HEADING_FONTS[min(4, heading.level)], 16)
        run.font.bold = heading.level >= 3

    def _runs(self, paragraph: Any, runs: tuple[Run, ...], font: str = BODY_FONT, size: float = 16) -> None:
        for run in runs:
            if run.figure:
                self._bookmarked(paragraph, run, font, size)
            else:
                self._styled(paragraph, run.text, font, size)

    def _bookmarked(self, paragraph: Any, run: Run, font: str, size: float) -> None:
        self.bookmarks += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), str(self.bookmarks))
        start.set(qn("w:name"), run.figure)
        paragraph._p.append(start)
        self._styled(paragraph, run.text, font, size)
        paragraph._p.append(end)

    def _styled(self, paragraph: Any, text: str, font: str, size: float) -> Any:
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        properties = run._r.get_or_add_rPr()
        _set_fonts(properties, font)
        if size == 16:  # 28 characters a line
            spacing = OxmlElement("w:spacing")
            spacing.set(qn("w:val"), "-4")
            properties.append(spacing)
        return run

    def _paragraph(self, align: Any = None, *, indent: bool = False, exact: float | None = 28.95) -> Any:
        paragraph = self.file.add_paragraph()
        if align is not None:
            paragraph.alignment = align
        elif indent:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        if exact is not None:
            paragraph.paragraph_format.line_spacing = Pt(exact)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(32)
            paragraph._p.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "200")
        return paragraph

    def _caption(self, text: str, *, before: bool) -> None:
        paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, exact=24)
        paragraph.paragraph_format.keep_with_next = before
        paragraph.paragraph_format.space_before = Pt(6)
        _no_grid(paragraph)
        self._styled(paragraph, text, "黑体", 12)

    def _table(self, table: Table, size: float = 11, widths: tuple[float, ...] = ()) -> None:
        self._caption(table.caption, before=True)
        grid = self.file.add_table(rows=1, cols=len(table.header))
        grid.style = "Table Grid"
        grid.alignment = 1
        grid.autofit = False
        widths = widths or _widths(table)
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Mm(width)
        for cell, text, width in zip(grid.rows[0].cells, table.header, widths, strict=True):
            self._cell(cell, (Run(text),), "黑体", size, width)
        _repeat_header(grid.rows[0])
        for row in table.rows:
            cells = grid.add_row()
            _keep_row(cells)
            for cell, run, width in zip(cells.cells, row, widths, strict=True):
                self._cell(cell, (run,), "宋体", size, width)
        after = self._paragraph(exact=10)
        _no_grid(after)

    def _cell(self, cell: Any, runs: tuple[Run, ...], font: str, size: float, width: float) -> None:
        cell.width = Mm(width)
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(size * 1.35)
        _no_grid(paragraph)
        self._runs(paragraph, runs, font, size)
        cell.vertical_alignment = 1

    def _chart(self, chart: Chart) -> None:
        image = draw(chart)
        if image.png:
            paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, exact=None)
            paragraph.paragraph_format.keep_with_next = True
            _no_grid(paragraph)
            shape = paragraph.add_run().add_picture(BytesIO(image.png), width=Mm(150))
            shape._inline.docPr.set("descr", chart.alt)
            shape._inline.docPr.set("title", chart.caption)
        else:
            paragraph = self._paragraph(indent=True)
            self._styled(paragraph, f"{chart.alt}（未绘图：{image.reason}）", BODY_FONT, 16)
        self._caption(chart.caption, before=False)

    def _signature(self) -> None:
        lines = [text for text in (self.document.organ, self.document.date) if text]
        if not lines or not self.document.date:
            return
        self.file.paragraphs[-1].paragraph_format.keep_with_next = True
        for index, text in enumerate(lines):
            paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.RIGHT)
            paragraph.paragraph_format.space_before = Pt(28.95 if index == 0 else 0)
            paragraph.paragraph_format.right_indent = Pt(64)
            paragraph.paragraph_format.keep_with_next = index == 0
            self._styled(paragraph, text, BODY_FONT, 16)

    def _appendix(self) -> None:
        heading = self._paragraph()
        heading.paragraph_format.page_break_before = True
        _outline(heading, 0)
        self._styled(heading, "附件  数据来源清单", "黑体", 16)
        groups: dict[str, list[PrintedFigure]] = {}
        for figure in self.document.figures:
            groups.setdefault(figure.key, []).append(figure)
        rows = tuple(_source_row(group) for group in groups.values())
        header = ("编号", "指标", "文中数", "据以计算的数", "来源")
        stands = dict.fromkeys(_snapshot(figure) for figure in self.document.figures if figure.source.snapshot)
        if stands:
            self._styled(self._paragraph(indent=True), f"数据取自：{'；'.join(stands)}。", BODY_FONT, 12)
        self._table(Table("文中全部数据及其来源", header, rows), size=9, widths=(20, 32, 28, 34, 42))

    def _saved(self) -> bytes:
        core = self.file.core_properties
        core.title, core.author, core.comments = self.document.title, self.document.organ, ""
        core.last_modified_by, core.revision = "", 1
        import datetime

        core.created = core.modified = datetime.datetime(*FIXED_TIME)
        buffer = BytesIO()
        self.file.save(buffer)
        return _fixed_zip(buffer.getvalue())


def _source_row(group: list[PrintedFigure]) -> tuple[Run, ...]:
    """One row per figure: all places where it is printed, the exact numbers behind, and where they come from."""
    first = group[0]
    exact = {name: value for figure in group for name, value in figure.inputs}
    numbers = "； ".join(
        f"{ASPECT_NAMES[name]}{plain(Decimal(value), 8)}{'' if name == 'rank' else first.base_unit}"
        for name, value in exact.items()
    )
    return (
        Run(" ".join(figure.id for figure in group)),
        Run(first.name + (f"（{first.subject}）" if first.subject else "")),
        Run("， ".join(dict.fromkeys(figure.text for figure in group))),
        Run(numbers),
        Run(_source(first)),
    )


def _snapshot(figure: PrintedFigure) -> str:
    return f"快照{figure.source.snapshot[:12]}（截至{figure.source.as_of}）"


def _source(figure: PrintedFigure) -> str:
    """The query, broken where a reader would, and how many rows; the day only where the snapshot above the table does not say it."""
    source = figure.source
    query = re.sub(r"(?<=[@:_])", "\u200b", source.query)
    rows = f"{source.rows}行" if source.rows else ""
    parts = [query, rows, "" if source.snapshot else source.as_of]
    return " ".join(part for part in parts if part) or "未注明"


def _fixed_zip(data: bytes) -> bytes:
    """The same members with a fixed time, so that equal documents are equal files."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()


TEXT_WIDTH = 156.0  # mm
_PARAGRAPH_ORDER = [
    "pStyle",
    "keepNext",
    "keepLines",
    "pageBreakBefore",
    "widowControl",
    "numPr",
    "pBdr",
    "shd",
    "tabs",
    "snapToGrid",
    "spacing",
    "ind",
    "contextualSpacing",
    "jc",
    "outlineLvl",
    "rPr",
    "sectPr",
]
_RUN_ORDER = [
    "rStyle",
    "rFonts",
    "b",
    "bCs",
    "i",
    "iCs",
    "color",
    "spacing",
    "w",
    "kern",
    "position",
    "sz",
    "szCs",
    "highlight",
    "u",
    "lang",
]


def _widths(table: Table) -> tuple[float, ...]:
    """Columns as wide as their longest text asks for, within the page."""
    longest = [
        max(len(text) for text in (head, *(row[i].text for row in table.rows))) for i, head in enumerate(table.header)
    ]
    weights = [min(20, max(7, n)) for n in longest]
    return tuple(TEXT_WIDTH * w / sum(weights) for w in weights)


def _in_schema_order(file: Any) -> None:
    """Word insists on the order of properties; python-docx appends some of ours at the end."""
    for root in (file.element.body, *(section.footer._element for section in file.sections)):
        for tag, order in (("w:pPr", _PARAGRAPH_ORDER), ("w:rPr", _RUN_ORDER)):
            for element in root.iter(qn(tag)):
                children = sorted(element, key=lambda child: _place(child, order))
                for child in children:
                    element.append(child)


def _place(element: Any, order: list[str]) -> int:
    name = element.tag.rpartition("}")[2]
    return order.index(name) if name in order else len(order)


def _set_fonts(properties: Any, east_asian: str) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name, font in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("cs", LATIN_FONT), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{name}"), font)
    fonts.set(qn("w:hint"), "eastAsia")


def _no_grid(paragraph: Any) -> None:
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().append(snap)


def _outline(paragraph: Any, level: int) -> None:
    element = OxmlElement("w:outlineLvl")
    element.set(qn("w:val"), str(level))
    paragraph._p.get_or_add_pPr().append(element)


def _field(run: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = text
        run._r.append(element)


def _repeat_header(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    properties.append(OxmlElement("w:tblHeader"))


def _keep_row(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
