"""Text of a file, whatever its kind: txt (UTF-8, UTF-16, GB18030), html, docx, pdf.

Hides encodings and formats. Plain text comes back unchanged but for the byte order mark.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from keqiao.engines.text.docx_reader import DocxParagraph, read_docx

BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "title",
        "table",
        "ul",
        "ol",
        "section",
        "article",
        "header",
        "footer",
        "blockquote",
        "dd",
        "dt",
        "pre",
    ]
)
KINDS = (".txt", ".html", ".htm", ".docx", ".pdf", ".md")


class UnknownKind(ValueError):
    """A file kind that cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Imported:
    """`kind` is txt, html, docx or pdf; `paragraphs` places the paragraphs of a docx in `text`."""

    text: str
    kind: str
    encoding: str = ""
    paragraphs: tuple[DocxParagraph, ...] = ()


def import_file(path: Path) -> Imported:
    return import_bytes(path.read_bytes(), path.name)


def import_bytes(data: bytes, name: str) -> Imported:
    """Raises UnknownKind, NotWord. The kind is taken from the content first, then from the name."""
    suffix = Path(name).suffix.lower()
    if data[:4] == b"PK\x03\x04":
        found = read_docx(data)
        return Imported(found.text, "docx", "", found.paragraphs)
    if data[:5] == b"%PDF-":
        return Imported(_pdf_text(data), "pdf")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnknownKind("D102 an old .doc file: open it in Word or WPS and save it as .docx")
    text, encoding = decode(data)
    if suffix in (".html", ".htm") or re.match(r"\s*(?:<!doctype html|<html)", text[:200], re.I):
        return Imported(_html_text(data, encoding), "html", encoding)
    if "\x00" in text[:2000]:
        raise UnknownKind(f"D103 {name}: not a text file; give txt, html, docx or pdf")
    return Imported(text, "txt", encoding)


def decode(data: bytes) -> tuple[str, str]:
    """UTF-8 first, then UTF-16 by its mark, then GB18030; bytes that fit none are replaced and shown as U+FFFD."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("gb18030", errors="replace"), "gb18030"


def _html_text(data: bytes, encoding: str) -> str:
    from lxml import html

    declared = re.search(rb"charset=[\"']?([A-Za-z0-9_-]+)", data[:2000])
    name = declared[1].decode().lower() if declared else encoding
    name = "gb18030" if name in ("gbk", "gb2312", "gb18030") else "utf-8"
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        text, _ = decode(data)
    root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text) or "<p></p>")
    parts: list[str] = []
    _walk(root, parts)
    lines = (
        re.sub(r"[ \u00a0\u3000]*\t[ \u00a0\u3000]*", "\t", re.sub(r"[ \u00a0\u3000]+", " ", line)).strip()
        for line in "".join(parts).split("\n")
    )
    return "\n".join(line for line in lines if line) + "\n"


def _walk(element: Any, parts: list[str]) -> None:
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "head", "noscript"):
        return
    block = element.tag in BLOCKS
    if block:
        parts.append("\n")
    parts.append(re.sub(r"\s+", " ", element.text or ""))
    for child in element:
        _walk(child, parts)
        parts.append(re.sub(r"\s+", " ", child.tail or ""))
    if element.tag in ("td", "th"):
        parts.append("\t")
    if block:
        parts.append("\n")


def _pdf_text(data: bytes) -> str:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(BytesIO(data))
    try:
        pages = [page.get_textpage().get_text_bounded() for page in pdf]
    finally:
        pdf.close()
    return join_lines("\n".join(pages))


def join_lines(text: str) -> str:
    """Undo the hard line breaks and blanks of a PDF: a full line that does not end a sentence goes on in the next one."""
    lines = [
        re.sub(
            r"(?<=[\u4e00-\u9fff，。；：、）])\s+(?=[\u4e00-\u9fff\d（])|(?<=\d)\s+(?=[\u4e00-\u9fff%])",
            "",
            line.strip(),
        )
        for line in text.replace("\r", "").split("\n")
    ]
    lines = [line for line in lines if line and not re.fullmatch(r"[—–-]?\s*\d{1,4}\s*[—–-]?|第\s*\d+\s*页.*", line)]
    widest = sorted(map(len, lines))[int(len(lines) * 0.9)] if lines else 0
    out: list[str] = []
    last_width = 0
    for line in lines:
        starts = re.match(r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.．、]", line)
        if out and last_width >= widest * 0.8 and not starts and not re.search(r"[。！？；：]$", out[-1]):
            out[-1] += line
        else:
            out.append(line)
        last_width = len(line)
    return "\n".join(out) + ("\n" if out else "")
