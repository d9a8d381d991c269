"""Facts from tables: rows of cells parted by tabs, as the docx and html readers write them.

Hides which way a table runs (indicators down, or units down and indicators across) and where units stand: in the cell,
the column's head, a column of their own, the row's label, or a line above the table (单位：万元).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from keqiao.engines.text.axes import Reading
from keqiao.engines.text.numbers import fold, multiplier
from keqiao.engines.text.quantities import find_quantities
from keqiao.engines.text.units import canonical

_NUMBER = re.compile(
    r"\s*(?P<sign>[+＋\-−])?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<percent>%)?\s*"
)
_UNIT_IN = re.compile(r"[(（](?:单位[:：])?\s*(?P<unit>[百千]?[万亿]?[一-鿿%/]{1,6})\s*[)）]")
_UNIT_ABOVE = re.compile(r"(?:计量)?单位[:：]\s*(?P<unit>[百千]?[万亿]?[一-鿿%/]{1,6})\s*[)）]?\s*$")
_ASPECTS = (
    ("skip", re.compile(r"^(?:序号|编号|备注|说明|责任|牵头)")),
    ("unit", re.compile(r"^(?:计量)?单位$")),
    ("attainment", re.compile(r"完成率|完成比例|完成进度|达成率|完成目标")),
    ("yoy", re.compile(r"同比|增长|增幅|增速|±%")),
    ("rank", re.compile(r"位次|排名|名次|排位")),
    ("target", re.compile(r"目标|任务数|计划数|计划$")),
    ("past", re.compile(r"上年|去年|同期")),
    (
        "value",
        re.compile(
            r"^(?:本期|本年|今年|当年|数值|数量|完成|完成数|完成情况|实绩|累计|指标值|实际|全年|(?:19|20)\d\d年?.{0,4})(?:数|值|完成|情况|累计)?(?:[(（].*)?$"
        ),
    ),
)


@dataclass(frozen=True)
class TableFigure:
    """A numeric cell with its meaning; ``text[start:end] == span``."""

    start: int
    end: int
    span: str
    value: Decimal
    unit: str
    name: str
    subject: str
    period: str
    reading: Reading
    row: str


@dataclass(frozen=True)
class _Cell:
    start: int
    text: str


@dataclass(frozen=True)
class Table:
    """Lines of one table: ``text[start:end]``; `above` is the line before it."""

    start: int
    end: int
    rows: tuple[tuple[_Cell, ...], ...]
    above: str


def find_tables(text: str) -> list[Table]:
    """Two or more lines in a row with tabs, the first of them without numbers (the head)."""
    found: list[Table] = []
    rows: list[tuple[_Cell, ...]] = []
    at, start, above = 0, 0, ""
    for line in [*text.splitlines(keepends=True), ""]:
        if "\t" in line:
            start = start if rows else at
            rows.append(_cells(line, at))
        else:
            if len(rows) >= 2 and not any(_NUMBER.fullmatch(fold(cell.text)) for cell in rows[0]):
                found.append(Table(start, at, tuple(rows), above))
            rows = []
            above = line.strip() or above
        at += len(line)
    return found


def _cells(line: str, at: int) -> tuple[_Cell, ...]:
    cells = []
    for part in line.rstrip("\r\n").split("\t"):
        cells.append(_Cell(at + len(part) - len(part.lstrip()), part.strip()))
        at += len(part) + 1
    return tuple(cells)


def table_figures(table: Table) -> Iterator[TableFigure]:
    """Every numeric cell below the head; ordinal and remark columns are passed over."""
    head = [cell.text for cell in table.rows[0]]
    aspects = [_aspect(text) for text in head]
    indicators_down = any(a in ("unit", "value", "past", "target", "attainment") for a in aspects)
    above = _UNIT_ABOVE.search(table.above)
    for row in table.rows[1:]:
        label_at = next(
            (i for i, c in enumerate(row) if i < len(head) and aspects[i] in ("", "label") and not _is_number(c.text)),
            None,
        )
        if label_at is None:
            continue
        label = row[label_at].text
        row_unit = next((c.text for c, a in zip(row, aspects, strict=False) if a == "unit"), "") or _unit_in(label)
        for i, cell in enumerate(row):
            if i >= len(head) or i == label_at or aspects[i] in ("skip", "unit") or not cell.text:
                continue
            unit = _unit_in(head[i]) or row_unit or (above["unit"] if above else "")
            figure = _figure(cell, head[i], aspects[i], label, unit, indicators_down, row)
            if figure is not None:
                yield figure


def _aspect(head: str) -> str:
    return next((name for name, pattern in _ASPECTS if pattern.search(head)), "")


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(fold(text))) or bool(find_quantities(text))


def _unit_in(text: str) -> str:
    match = _UNIT_IN.search(text)
    return match["unit"] if match else ""


def _figure(
    cell: _Cell, head: str, aspect: str, label: str, unit: str, indicators_down: bool, row: tuple[_Cell, ...]
) -> TableFigure | None:
    measure = {"attainment": "attainment", "yoy": "yoy", "rank": "rank"}.get(aspect, "level")
    read = _value(cell.text, "位" if measure == "rank" else "%" if measure in ("yoy", "attainment") else unit)
    if read is None:
        return None
    value, own_unit, length = read
    if measure == "level" and own_unit in ("%", "‰"):
        measure = "share"
    bare_label, bare_head = _UNIT_IN.sub("", label).strip(), _UNIT_IN.sub("", head).strip()
    name, subject = (bare_label, "") if indicators_down or aspect else (bare_head, bare_label)
    suffix = {"yoy": "同比增长", "attainment": "年度目标完成率", "rank": "位次"}.get(aspect, "")
    status = "target" if aspect == "target" else "actual"
    return TableFigure(
        cell.start, cell.start + length, cell.text[:length], value, own_unit, name + suffix, subject,
        "上年" if aspect == "past" else "", Reading(status, measure), "\t".join(c.text for c in row),
    )  # fmt: skip


def _value(text: str, unit: str) -> tuple[Decimal, str, int] | None:
    """Value in the base unit, the unit of record, and how much of the cell is the number."""
    folded = fold(text)
    bare = _NUMBER.fullmatch(folded)
    if not bare:
        found = find_quantities(text)
        if len(found) == 1 and found[0].start <= 1 and found[0].value is not None and found[0].end >= len(text) - 2:
            return found[0].value, found[0].unit, found[0].end
        return None
    value = Decimal(bare["digits"].replace(",", ""))
    if bare["sign"] in ("-", "−"):
        value = -value
    if bare["percent"]:
        return value, "%", len(text)
    times = re.match(r"[百千]?[万亿]+(?=[一-鿿])", unit)
    if times:
        return value * multiplier(times[0]), canonical(unit[times.end() :]), len(text)
    return value, canonical(unit), len(text)
