"""Text of a .docx: paragraphs and tables in order, automatic numbering rebuilt.

Hides OOXML. A heading numbered by Word (一、（一）1.) has no number in its text; here it has. `paragraphs` says where each
<w:p> of the body stands in the text, so that comments can be written back.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARSER = {"resolve_entities": False, "no_network": True, "huge_tree": True}
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


class NotWord(ValueError):
    """The file is no .docx."""


@dataclass(frozen=True)
class DocxParagraph:
    """``text[start:end]`` of the whole; the first `prefix` characters are a rebuilt number that Word draws itself."""

    start: int
    end: int
    prefix: int


@dataclass(frozen=True)
class DocxText:
    """`paragraphs` are in the order of <w:p> in the document body."""

    text: str
    paragraphs: tuple[DocxParagraph, ...]


def read_docx(data: bytes) -> DocxText:
    """Paragraphs one a line, table rows one a line with tabs. Raises NotWord."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            body = etree.fromstring(archive.read("word/document.xml"), etree.XMLParser(**PARSER)).find(W + "body")
            numbering = _Numbering(_optional(archive, "word/numbering.xml"), _optional(archive, "word/styles.xml"))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        raise NotWord(f"D101 no readable .docx: {error}") from None
    reader = _Reader(numbering)
    if body is not None:
        reader.block_items(body)
    return DocxText("".join(reader.parts), tuple(reader.paragraphs))


def _optional(archive: zipfile.ZipFile, name: str) -> Any:
    return etree.fromstring(archive.read(name), etree.XMLParser(**PARSER)) if name in archive.namelist() else None


class _Reader:
    def __init__(self, numbering: "_Numbering") -> None:
        self.numbering = numbering
        self.parts: list[str] = []
        self.paragraphs: list[DocxParagraph] = []
        self.at = 0

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.at += len(text)

    def block_items(self, parent: Any) -> None:
        for child in parent:
            if child.tag == W + "p":
                self.paragraph(child)
                self.add("\n")
            elif child.tag == W + "tbl":
                self.table(child)
            elif child.tag in (W + "sdt", W + "sdtContent", W + "ins"):
                self.block_items(child)

    def table(self, table: Any) -> None:
        for row in table.iter(W + "tr"):
            if row.getparent() is not table:
                continue
            for index, cell in enumerate(row.findall(W + "tc")):
                if index:
                    self.add("\t")
                for place, paragraph in enumerate(cell.iter(W + "p")):
                    if place:
                        self.add(" ")
                    self.paragraph(paragraph)
            self.add("\n")

    def paragraph(self, paragraph: Any) -> None:
        number = self.numbering.next(paragraph)
        start = self.at
        self.add(number)
        self.add("".join(run_texts(paragraph)))
        self.paragraphs.append(DocxParagraph(start, self.at, len(number)))


def run_texts(paragraph: Any) -> Iterator[str]:
    """Visible text of a paragraph's runs, deletions left out; one character per tab and break."""
    for element in paragraph.iter():
        if element.tag == W + "t":
            yield element.text or ""
        elif element.tag == W + "tab" and element.getparent().tag == W + "r":
            yield "\t"
        elif element.tag in (W + "br", W + "cr"):
            yield " "


class _Numbering:
    """Word's automatic numbers, counted in reading order."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.counters: dict[str, dict[int, int]] = {}
        self.style_numbers: dict[str, tuple[str, int]] = {}
        self.list_of: dict[str, str] = {}
        if numbering is not None:
            self._read(numbering)
        if styles is not None:
            for style in styles.iter(W + "style"):
                found = _number_of(style.find(W + "pPr"))
                if found:
                    self.style_numbers[style.get(W + "styleId")] = found

    def _read(self, numbering: Any) -> None:
        abstract = {}
        for item in numbering.findall(W + "abstractNum"):
            levels = {}
            for level in item.findall(W + "lvl"):
                levels[int(level.get(W + "ilvl"))] = (
                    _value(level, "numFmt") or "decimal", _value(level, "lvlText") or "", int(_value(level, "start") or 1),
                )  # fmt: skip
            abstract[item.get(W + "abstractNumId")] = levels
        for item in numbering.findall(W + "num"):
            reference = _value(item, "abstractNumId")
            self.levels[item.get(W + "numId")] = abstract.get(reference, {})
            self.list_of[item.get(W + "numId")] = (
                reference if item.find(W + "lvlOverride") is None else "own" + item.get(W + "numId")
            )

    def next(self, paragraph: Any) -> str:
        properties = paragraph.find(W + "pPr")
        if properties is None:
            return ""
        found = _number_of(properties)
        style = properties.find(W + "pStyle")
        if found is None and style is not None:
            found = self.style_numbers.get(style.get(W + "val"))
        if found is None or found[0] not in self.levels or found[0] == "0":
            return ""
        number, level = found
        levels = self.levels[number]
        if level not in levels:
            return ""
        counters = self.counters.setdefault(self.list_of[number], {})
        counters[level] = counters.get(level, levels[level][2] - 1) + 1
        for deeper in [k for k in counters if k > level]:
            del counters[deeper]
        text = levels[level][1]
        for k, (form, _, start) in levels.items():
            text = text.replace(f"%{k + 1}", format_number(counters.get(k, start), form))
        return text if levels[level][0] != "bullet" else ""


def _number_of(properties: Any) -> tuple[str, int] | None:
    element = None if properties is None else properties.find(W + "numPr")
    if element is None:
        return None
    number, level = _value(element, "numId"), _value(element, "ilvl")
    return (number, int(level or 0)) if number else None


def _value(element: Any, name: str) -> str:
    child = element.find(W + name)
    return "" if child is None else child.get(W + "val") or ""


def format_number(value: int, form: str) -> str:
    """1 as Word draws it in a number format: 一, 1, a, I, ①."""
    from keqiao.engines.text.numbers import format_chinese

    if form in (
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "ideographDigital",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
    ):
        return format_chinese(value)
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= value <= 20:
        return CIRCLED[value - 1]
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(value)
        return roman if form == "upperRoman" else roman.lower()
    return "" if form in ("none", "bullet") else f"{value:02d}" if form == "decimalZero" else str(value)


def _roman(value: int) -> str:
    out = ""
    for size, letters in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):  # fmt: skip
        while value >= size:
            out, value = out + letters, value - size
    return out
