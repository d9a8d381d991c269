"""Excel and CSV in: files as officials have them (xlsx, xls, ods, CSV in UTF-8 or GB18030) as a table whose columns are matched to fields.

Tolerates a title over the headers, units in headers (万元 is converted and said so), English labels and keys, stars, blanks and line
breaks. What can't be matched is reported, not guessed.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import python_calamine as calamine
from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.core.records.cells import CUT
from keqiao.core.records.declare import Register
from keqiao.core.records.excel_out import EXAMPLE_SHEET, LISTS_SHEET, NOTES_SHEET, plain
from keqiao.core.records.fields import Field, fold
from keqiao.core.records.filters import COMMON
from keqiao.core.records.problems import InvalidError, Problem

OUR_SHEETS = {NOTES_SHEET, LISTS_SHEET, EXAMPLE_SHEET}
PROBLEM_HEADER = "问题说明"
IGNORED = {PROBLEM_HEADER, "序号", "编号序号", "no", "no."}
HEADER_ROWS = 15  # how far down the headers are looked for
FACTORS = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
TRAILING = re.compile(r"^(?P<label>.+?)[(\[【](?P<inside>[^()\[\]【】]*)[)\]】]$")
TITLE_UNIT = re.compile(r"单位[:：]?\s*(?P<unit>[千万百亿]*元)")


@dataclass(frozen=True)
class Column:
    """A column of the file that feeds a field; money in it is multiplied by `factor`."""

    place: int
    header: str
    field: Field
    factor: int = 1

    @property
    def unit_header(self) -> str:
        """The header with the unit its amounts are in."""
        unit = next((unit for unit, factor in FACTORS.items() if factor == self.factor), "")
        return self.header if self.factor == 1 or unit in self.header else f"{self.header}（{unit}）"


@dataclass(frozen=True)
class Line:
    """A row of the file: its number as Excel shows it, and its cells."""

    number: int
    cells: Sequence[Any]
    sheet: str = ""


@dataclass
class Table:
    """`notes` are what the user should know (conversions, ignored columns); `problems` are what stops the file."""

    headers: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(register: Register, name: str, content: bytes) -> Table:
    """The file's table for this register. Raises InvalidError when it is no table at all; column problems are in the result."""
    is_csv = not content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    sheets = [("", _csv_rows(content))] if is_csv else _workbook_sheets(name, content)
    table, best = Table(), 0
    for title, rows in sheets:
        found, matched = _table(register, title, rows)
        if matched and table.columns and [c.field.name for c in found.columns] == [c.field.name for c in table.columns]:
            table.lines += found.lines  # a long list goes on over several sheets
        elif matched > best:
            table, best = found, matched
    if not best:
        labels = "、".join(str(one.label) for one in list(register.fields.values())[:4])
        raise InvalidError(
            [
                Problem(
                    "no_headers",
                    _("没有找到表头"),
                    _("请下载模板，保留表头行（如：%(labels)s）") % {"labels": labels},
                    value=name,
                )
            ]
        )
    if not table.lines:
        table.problems.append(Problem("no_rows", _("表头下没有数据"), _("请在表头下逐行填写"), value=name))
    return table


def _workbook_sheets(name: str, content: bytes) -> list[tuple[str, list[list[Any]]]]:
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [
            (title, book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in book.sheet_names
            if title not in OUR_SHEETS
        ]
    except (
        Exception
    ) as error:  # calamine raises several kinds, and Rust panics come as BaseException's children of Exception
        remedy = _("请用 Excel 或 WPS 打开后另存为 .xlsx（不加密码）再导入")
        raise InvalidError(
            [Problem("not_a_workbook", _("文件打不开，可能已损坏或加了密码"), remedy, value=name)]
        ) from error


def _csv_rows(content: bytes) -> list[list[Any]]:
    text = _decoded(content)
    if "\0" in text:
        raise InvalidError([Problem("not_a_table", _("不是表格文件"), _("请上传 .xlsx、.xls 或 .csv 文件"))])
    head = text[:20_000]
    delimiter = max(",\t;", key=lambda one: head.split("\n", 1)[0].count(one)) if head else ","
    return [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidError(
        [Problem("bad_encoding", _("文件的文字编码无法识别"), _("请另存为 UTF-8 编码的 CSV，或存为 .xlsx"))]
    )


def _table(register: Register, title: str, rows: list[list[Any]]) -> tuple[Table, int]:
    names = header_names(register)
    scores = [sum(_match(names, cell) is not None for cell in row) for row in rows[:HEADER_ROWS]]
    best = max(scores, default=0)
    if not best:
        return Table(), 0
    place = scores.index(best)
    table = Table(headers=[str(cell or "").strip() for cell in rows[place]])
    default_unit = _unit_over(rows[:place])
    _match_columns(register, names, table, default_unit)
    for number, cells in enumerate(rows[place + 1 :], start=place + 2):
        if any(cell is not None and str(cell).strip() for cell in cells):
            table.lines.append(Line(number, cells, title))
    return table, best


def header_names(register: Register) -> dict[str, Field]:
    """Every way a field's header may be written, folded: its key, its labels, and these with the unit."""
    found: dict[str, Field] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            for one in [*register.fields.values(), *COMMON.values()]:
                unit = str(one.measure_unit)
                for text in (str(one.label), f"{one.label}({unit})" if unit else "", one.header, one.name):
                    if text:
                        found.setdefault(squeeze(text), one)
    return found


def squeeze(text: Any) -> str:
    """A header without what does not count: width, case, blanks, stars, "(必填)"."""
    folded = re.sub(r"\s+", "", fold(str(text or ""))).lower().replace("*", "")
    return re.sub(r"[(\[【](必填|选填|可选|required)[)\]】]", "", folded)


def _match(names: Mapping[str, Field], header: Any) -> tuple[Field, str] | None:
    """The field a header names, and the unit written after it where that is not the field's own."""
    text = squeeze(header)
    if text in names:
        return names[text], ""
    found = TRAILING.match(text)
    if found and found["label"] in names:
        one, inside = names[found["label"]], found["inside"].removeprefix("单位").lstrip(":：")
        if one.kind != "money" or inside in FACTORS:
            return one, inside
    return None


def _unit_over(rows: list[list[Any]]) -> str:
    """The unit a title row gives for the whole table ("单位：万元")."""
    for row in rows:
        for cell in row:
            if isinstance(cell, str) and (found := TITLE_UNIT.search(fold(cell))):
                return found["unit"]
    return ""


def _match_columns(register: Register, names: Mapping[str, Field], table: Table, default_unit: str) -> None:
    taken: dict[str, str] = {}
    for place, header in enumerate(table.headers):
        if not header or squeeze(header) in IGNORED:
            continue
        match = _match(names, header)
        if match is None:
            remedy = _("如应导入，请把列名改成模板中的名称；否则可不管")
            table.notes.append(Problem("unknown_column", _("没有对应的字段，这一列不导入"), remedy, value=header))
            continue
        one, unit = match
        if one.name in taken:
            reason = _("两列对应同一字段（另一列是“%(other)s”）") % {"other": taken[one.name]}
            table.problems.append(Problem("duplicate_column", reason, _("请只保留一列"), one.name, one.label, header))
            continue
        taken[one.name] = header
        if one.read_only or one.name in COMMON:
            table.notes.append(
                Problem("read_only_column", _("此项由系统生成，这一列不导入"), "", one.name, one.label, header)
            )
            continue
        factor = _factor(one, header, unit, default_unit, table)
        if factor:
            table.columns.append(Column(place, header, one, factor))
    _report_missing(register, taken, table)


def _factor(one: Field, header: str, unit: str, default_unit: str, table: Table) -> int:
    """What money is multiplied by; 0 when the header's unit is not the field's and can't be converted."""
    if one.kind == "money":
        has_own = bool(unit) or squeeze(header).endswith("(元)")
        factor = FACTORS.get(unit or ("" if has_own else default_unit), 1)
        if factor != 1:
            note = _("按%(unit)s填写，导入时换算为元（×%(factor)s）") % {
                "unit": unit or default_unit,
                "factor": f"{factor:,}",
            }
            table.notes.append(Problem("converted", note, "", one.name, one.label, header))
        return factor
    if unit and one.measure_unit and unit != squeeze(str(one.measure_unit)):
        reason = _("表头的单位“%(unit)s”与字段的单位“%(own)s”不同") % {"unit": unit, "own": one.measure_unit}
        table.problems.append(
            Problem("wrong_unit", reason, _("请换算后把表头改为字段的单位"), one.name, one.label, header)
        )
        return 0
    return 1


def _report_missing(register: Register, taken: Mapping[str, str], table: Table) -> None:
    for name in register.identity:
        if name not in taken:
            one = register.fields[name]
            reason = _("缺少用来识别记录的列")
            table.problems.append(
                Problem("missing_identity", reason, _("请加上“%(header)s”列") % {"header": one.header}, name, one.label)
            )
    for name, one in register.fields.items():
        if (
            one.required
            and not one.read_only
            and one.default is None
            and name not in taken
            and name not in register.identity
        ):
            note = _("缺少必填的列：已有记录不受影响，新记录不能导入")
            table.notes.append(
                Problem(
                    "missing_column",
                    note,
                    _("如有新记录，请加上“%(header)s”列") % {"header": one.header},
                    name,
                    one.label,
                )
            )


def raw_value(column: Column, cell: Any) -> Any:
    """The cell as `fields.parse` takes it: serial numbers as dates, amounts in yuan. None for an empty cell."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if column.factor != 1:
        return _multiplied(cell, column.factor)
    if column.field.kind == "date" and isinstance(cell, float):
        return _date_of_number(cell)
    return cell


def _multiplied(cell: Any, factor: int) -> Any:
    try:
        amount = Decimal(fold(str(cell)).replace(",", "").replace(" ", ""))
    except ArithmeticError:
        return cell
    if isinstance(cell, float):
        amount = round(amount, 10)
    return f"{(amount * factor).normalize():f}"


def _date_of_number(cell: float) -> Any:
    """Excel's day number where the cell was not formatted as a date, or 20260315 typed as a number."""
    import datetime

    if cell.is_integer() and 10_000_000 <= cell < 100_000_000:
        return str(int(cell))
    if 1 <= cell < 100_000:
        return (datetime.datetime(1899, 12, 30) + datetime.timedelta(days=cell)).date()
    return cell


def was_cut(cell: Any) -> bool:
    return isinstance(cell, str) and cell.endswith(CUT)
