"""Findings written back into a .docx as comments, on the very words they concern.

Hides runs, their splitting, and the comments part. Text and layout stay as they were.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from keqiao.engines.reports.check import Finding
from keqiao.engines.text import Cleaned, DocxParagraph

VERDICT_NAMES = {"equal": "一致", "rounded": "约数", "precision_lost": "精度丢失", "mismatch": "与台账不符",
                 "not_in_ledger": "台账无此数", "inconsistent": "前后矛盾"}  # fmt: skip
AUTHOR = "科桥核稿"


@dataclass(frozen=True)
class Mark:
    """A comment on ``raw_text[start:end]`` of the imported document."""

    start: int
    end: int
    text: str


def marks_of(findings: Sequence[Finding], cleaned: Cleaned | None = None) -> list[Mark]:
    """One mark per finding that needs a look. `cleaned` leads offsets of a restored text back to the document's own."""
    marks = []
    for finding in findings:
        if not finding.is_problem:
            continue
        start, end = finding.start, finding.end
        if cleaned is not None:
            start, end = cleaned.offsets[start], cleaned.offsets[end - 1] + 1
        lines = [f"【{VERDICT_NAMES[finding.verdict]}】{finding.reason}"]
        lines += [f"【核算】{text}" for text in finding.inconsistent if text not in finding.reason]
        if finding.ledger_sentence and finding.verdict != "equal":
            lines.append(f"台账原句：{finding.ledger_sentence}")
        marks.append(Mark(start, end, "\n".join(lines)))
    return marks


def add_comments(data: bytes, paragraphs: Sequence[DocxParagraph], marks: Sequence[Mark]) -> bytes:
    """The document with a comment per mark. `paragraphs` are those of `import_bytes` for the same file."""
    file = docx.Document(BytesIO(data))
    elements = _paragraph_elements(file.element.body)
    at = 0
    for mark in sorted(marks, key=lambda m: m.start):
        while at < len(paragraphs) and paragraphs[at].end <= mark.start:
            at += 1
        if at == len(paragraphs) or mark.start < paragraphs[at].start + paragraphs[at].prefix:
            continue
        base = paragraphs[at].start + paragraphs[at].prefix
        runs = _runs_between(elements[at], mark.start - base, min(mark.end, paragraphs[at].end) - base)
        if runs:
            _comment(file, runs, mark.text)
    out = BytesIO()
    file.save(out)
    return out.getvalue()


def _comment(file: Any, runs: list[Any], text: str) -> None:
    comment = file.comments.add_comment(text="", author=AUTHOR, initials="科桥")
    for number, line in enumerate(text.split("\n")):
        paragraph = comment.paragraphs[0] if number == 0 else comment.add_paragraph()
        paragraph.add_run(line)
    identity = str(comment.comment_id)
    start, end = OxmlElement("w:commentRangeStart"), OxmlElement("w:commentRangeEnd")
    start.set(qn("w:id"), identity)
    end.set(qn("w:id"), identity)
    runs[0].addprevious(start)
    runs[-1].addnext(end)
    reference_run, reference = OxmlElement("w:r"), OxmlElement("w:commentReference")
    reference.set(qn("w:id"), identity)
    reference_run.append(reference)
    end.addnext(reference_run)


def _paragraph_elements(body: Any) -> list[Any]:
    """<w:p> in the order the reader counts them."""
    found: list[Any] = []

    def blocks(parent: Any) -> None:
        for child in parent:
            if child.tag == qn("w:p"):
                found.append(child)
            elif child.tag == qn("w:tbl"):
                for row in child.iter(qn("w:tr")):
                    if row.getparent() is child:
                        for cell in row.findall(qn("w:tc")):
                            found.extend(cell.iter(qn("w:p")))
            elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")):
                blocks(child)

    blocks(body)
    return found


def _runs_between(paragraph: Any, start: int, end: int) -> list[Any]:
    """Runs that hold exactly characters start…end of the paragraph; runs are split where needed."""
    at, found = 0, []
    for run in list(paragraph.iter(qn("w:r"))):
        length = sum(_length(child) for child in run)
        if at + length > start and at < end:
            first = max(0, start - at)
            last = min(length, end - at)
            piece = _cut(run, first, last, length)
            found.append(piece)
        at += length
        if at >= end:
            break
    return found


def _length(element: Any) -> int:
    if element.tag == qn("w:t"):
        return len(element.text or "")
    return 1 if element.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")) else 0


def _cut(run: Any, first: int, last: int, length: int) -> Any:
    """Split `run` so that one run holds characters first…last; a run with more than text is taken whole."""
    texts = [child for child in run if child.tag == qn("w:t")]
    if (first == 0 and last == length) or len(texts) != 1 or length != len(texts[0].text or ""):
        return run
    text = texts[0].text
    middle = run
    if first > 0:
        before = copy.deepcopy(run)
        _set_text(before, text[:first])
        run.addprevious(before)
    if last < length:
        after = copy.deepcopy(run)
        _set_text(after, text[last:])
        run.addnext(after)
    _set_text(middle, text[first:last])
    return middle


def _set_text(run: Any, text: str) -> None:
    element = run.find(qn("w:t"))
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
