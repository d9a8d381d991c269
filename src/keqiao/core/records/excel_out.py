"""Excel and CSV out: any list as its reader may see it, and the template that officials fill in.

What is exported can be imported again without change. Texts are written as texts, never as formulas.
"""

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.core.files.base import ContentFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.core import audit, jobs
from keqiao.core.act import Act
from keqiao.core.models import StoredFile
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.records.actions import editable, target_of
from keqiao.core.records.cells import NUMERIC, Cells, labels_of
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.fields import KINDS, Field
from keqiao.core.records.listing import Listing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MOST_ROWS = 1_000_000  # on one sheet
NOTES_SHEET, LISTS_SHEET, EXAMPLE_SHEET = "填写说明", "选项", "示例"
RISKY = re.compile(r"^'*[=+\-@\t\r]")
NUMBER_FORM = {"money": "#,##0.00", "integer": "0", "year": "0"}
Progress = Callable[[int], None]


def fields_of(listing: Listing) -> list[Field]:
    """The chosen columns with the identity before them, or all fields that the reader may see."""
    if any(listing.params.get("columns", [])):
        chosen = {name: listing.available[name] for name in listing.register.identity if name in listing.available}
        return list((chosen | {field.name: field for field in listing.columns}).values())
    return [field for name, field in listing.register.fields.items() if name in listing.available]


def export(listing: Listing, kind: str, act: Act, progress: Progress = lambda _done: None) -> bytes:
    """The listing as an "xlsx" or "csv" file. What personal data it gives out in full is in the audit trail, row by row.

    `listing` should have been made with action="export". Raises ForbiddenError.
    """
    act.need("export", listing.register)
    fields = fields_of(listing)
    listing.columns = tuple(fields)  # what is read along with the rows
    rows = _audited(listing, fields, kind, act, progress)
    if kind == "csv":
        return _csv(fields, rows)
    return _workbook(listing.register, fields, rows)


def _audited(listing: Listing, fields: Sequence[Field], kind: str, act: Act, progress: Progress) -> Iterator[list[Any]]:
    cells = Cells(listing.register, listing.user)
    personal = [field for field in fields if field.personal]
    done, traces = 0, []
    for row in listing.each():
        seen = cells.over(row)
        if act.actor is not None and (
            names := [field.name for field in personal if seen.of(field) == "full" and field.get(row)]
        ):
            traces.append(audit.trace("export_personal", row, None, {"fields": names}))
        yield [cells.value(field, row, seen) for field in fields]
        done += 1
        if done % 1000 == 0:
            progress(done)
    what = {"rows": done, "kind": kind, "fields": [field.name for field in fields], "query": listing.query()[:500]}
    audit.record_many(
        act, [audit.Trace("export", listing.register.key, "", str(listing.register.verbose_name), after=what), *traces]
    )
    progress(done)


@jobs.job("export_records")
def export_job(run: jobs.Run, *, register: str, query: str, kind: str) -> dict[str, Any]:
    """A large export: the file is kept for its author."""
    found = REGISTERS[register]
    listing = Listing(found, run.job.created_by, QueryDict(query), action="export")
    total = int(listing.count)
    content = export(listing, kind, run.act, lambda done: run.progress(done, max(done, total), _("正在导出")))
    name = file_name(found, kind)
    return {"file": str(keep(name, content, run.act).pk), "name": name}


def keep(name: str, content: bytes, act: Act) -> StoredFile:
    """A file that Keqiao itself made, kept for its author; it may be larger than an upload may."""
    import hashlib

    kind = name.rsplit(".", 1)[-1]
    stored = StoredFile(
        name=name[-200:], media_kind=CSV if kind == "csv" else XLSX, size=len(content), created_by=act.actor
    )
    stored.digest = hashlib.sha256(content).hexdigest()
    stored.content.save(f"{stored.pk}.{kind}", ContentFile(content), save=True)
    return stored


def file_name(register: Register, kind: str, what: str = "") -> str:
    from keqiao.core.clock import today

    with override("zh-hans"):
        return f"{register.verbose_name}{what}_{today():%Y%m%d}.{kind}"


# CSV


def harmless(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it; import takes it off again (`plain`)."""
    return f"'{text}" if RISKY.match(text) else text


def plain(text: str) -> str:
    return text[1:] if text.startswith("'") and RISKY.match(text) else text


def _csv(fields: Sequence[Field], rows: Iterable[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless(field.header) for field in fields])
    for values in rows:
        writer.writerow([_csv_cell(value) for value in values])
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return harmless(value) if isinstance(value, str) else str(value)


# workbook


class Sheets:
    """A workbook being written: its formats, and data sheets with the header row, column formats and frozen panes."""

    def __init__(self, register: Register) -> None:
        self.register, self.out = register, io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.out,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.head = self.book.add_format(
            {"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self.must = self.book.add_format(
            {
                "bold": True,
                "bg_color": "#E8EEF7",
                "border": 1,
                "text_wrap": True,
                "valign": "vcenter",
                "font_color": "#C00000",
            }
        )
        self.text = self.book.add_format({"num_format": "@"})
        self.long = self.book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.number = {kind: self.book.add_format({"num_format": form}) for kind, form in NUMBER_FORM.items()}
        self.bad = self.book.add_format({"bg_color": "#FFD9D9", "num_format": "@"})

    def form_of(self, field: Field) -> Any:
        if field.kind == "date":
            return self.day
        if field.kind in NUMERIC:
            return self.number.get(field.kind)
        return self.text

    def data(self, name: str, fields: Sequence[Field]) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, field in enumerate(fields):
            width = {"long_text": 36, "date": 12, "year": 8, "bool": 8}.get(
                field.kind, max(12, min(28, len(field.header) * 2))
            )
            sheet.set_column(column, column, width, self.form_of(field))
        sheet.set_row(0, 32)
        for column, field in enumerate(fields):
            sheet.write_string(
                0, column, marked(field), self.must if field.required and not field.read_only else self.head
            )
        return sheet

    def write(self, sheet: Any, row: int, column: int, field: Field | None, value: Any, form: Any = None) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_string(row, column, "是" if value else "否", form or self.text)
        elif isinstance(value, int | Decimal | float) and _fits(value):
            sheet.write_number(row, column, value, form or (self.number.get(field.kind) if field else None))
        elif isinstance(value, datetime.datetime):
            sheet.write_string(row, column, value.isoformat(" ", "minutes"), form or self.text)
        elif isinstance(value, datetime.date) and value.year >= 1900:
            sheet.write_datetime(row, column, datetime.datetime.combine(value, datetime.time.min), self.day)
        else:
            text = f"{value:f}" if isinstance(value, Decimal) else str(value)
            sheet.write_string(row, column, text[:32_767], form or self.text)

    def done(self) -> bytes:
        self.book.close()
        return self.out.getvalue()


def _fits(value: Any) -> bool:
    """Whether a number survives as Excel's double: fifteen digits do."""
    return len(Decimal(str(value)).as_tuple().digits) <= 15


def marked(field: Field) -> str:
    return f"{field.header}*" if field.required and not field.read_only else field.header


def sheet_name(text: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", "", text)[:28] or "数据"


def _workbook(register: Register, fields: Sequence[Field], rows: Iterable[list[Any]]) -> bytes:
    sheets = Sheets(register)
    with override("zh-hans"):
        name = sheet_name(str(register.verbose_name))
    sheet, number, part = sheets.data(name, fields), 0, 1
    for values in rows:
        if number == MOST_ROWS:
            part += 1
            sheet, number = sheets.data(f"{name}{part}", fields), 0
        number += 1
        for column, (field, value) in enumerate(zip(fields, values, strict=True)):
            sheets.write(sheet, number, column, field, value)
    return sheets.done()


# template


def template(register: Register) -> bytes:
    """A workbook to fill in: headers with units, required ones marked, drop-downs, instructions, and a filled example on its own sheet."""
    sheets = Sheets(register)
    fields = [register.fields[name] for name in editable(register)]
    with override("zh-hans"):
        sheet = sheets.data(sheet_name(str(register.verbose_name)), fields)
        lists = _lists(sheets, fields)
        for column, field in enumerate(fields):
            if field.name in lists:
                rule: dict[str, Any] = {
                    "validate": "list",
                    "source": lists[field.name],
                    "error_type": "warning",
                    "error_title": "不在可选范围内",
                    "error_message": "请从下拉列表中选择",
                }
                if field.kind == "choices":
                    rule |= {"show_error": False}
                sheet.data_validation(1, column, 100_000, column, rule)
        _notes(sheets, register, fields)
        _example(sheets, fields)
    return sheets.done()


def _lists(sheets: Sheets, fields: Sequence[Field]) -> dict[str, str]:
    """Writes what can be picked to a sheet of its own and returns the range per field; a list inside a rule may hold only 255 characters."""
    columns = {field.name: options for field in fields if (options := _options(field))}
    sheet = sheets.book.add_worksheet(LISTS_SHEET)
    found = {}
    for place in range(max((len(options) for options in columns.values()), default=0)):
        for column, options in enumerate(columns.values()):
            if place < len(options):
                sheet.write_string(place, column, options[place])
    for column, (name, options) in enumerate(columns.items()):
        letter = xlsxwriter.utility.xl_col_to_name(column, col_abs=True)
        found[name] = f"={LISTS_SHEET}!{letter}$1:{letter}${len(options)}"
    return found


def _options(field: Field) -> list[str]:
    if field.kind == "bool":
        return ["是", "否"]
    if field.kind == "org_unit":
        units = list(OrgUnit.objects.filter(valid_until=None).order_by("path"))
        once = {name for name in (unit.name for unit in units) if sum(unit.name == name for unit in units) == 1}
        return [unit.name if unit.name in once else unit.code for unit in units]
    return list(labels_of(field).values())


def _notes(sheets: Sheets, register: Register, fields: Sequence[Field]) -> None:
    sheet = sheets.book.add_worksheet(NOTES_SHEET)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 2, 10)
    sheet.set_column(3, 3, 80, sheets.long)
    identity = "、".join(str(register.fields[name].label) for name in register.identity)
    lines = (
        f"本模板用于导入“{register.verbose_name}”。请在第一张表中填写，一行一条；带 * 的为必填。",
        f"“{identity}”相同的视为同一条记录：已有的更新，没有的新增；重复导入同一文件不会产生重复记录。",
        "不要改表头；可以删去不用的列，没有的列不会改动已有内容；留空的单元格会清空已有内容。",
        "金额以元为单位；也可把表头改成“（万元）”，导入时自动换算。日期写成 2026-03-15。多选的各项之间用分号隔开。",
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    for column, title in enumerate(("列", "必填", "类型", "说明")):
        sheet.write_string(len(lines) + 1, column, title, sheets.head)
    for row, field in enumerate(fields, start=len(lines) + 2):
        sheet.write_string(row, 0, field.header)
        sheet.write_string(row, 1, "必填" if field.required else "")
        sheet.write_string(row, 2, str(KINDS[field.kind]))
        sheet.write_string(row, 3, "；".join(_hints(field)), sheets.long)


def _hints(field: Field) -> Iterator[str]:
    if field.help:
        yield str(field.help)
    if field.kind == "reference":
        target = target_of(field)
        by = target.fields[field.reference.by if field.reference and field.reference.by else target.identity[0]]
        yield f"填写已在“{target.verbose_name}”登记的{by.label}或名称"
    if field.kind == "org_unit":
        yield "从下拉列表选择，或填写单位代码"
    if field.choices:
        labels = [str(label) for _code, label in field.choices]
        yield "可选：" + "、".join(labels[:40]) + ("……（见“选项”表）" if len(labels) > 40 else "")
    if field.max_length:
        yield f"不超过 {field.max_length} 字"
    if field.minimum is not None or field.maximum is not None:
        yield (
            "范围："
            + " 至 ".join(str(bound) for bound in (field.minimum, field.maximum) if bound is not None)
            + ("" if field.maximum is not None else " 以上")
        )
    if field.personal:
        yield "个人信息：无权限的人员只能看到脱敏内容"


def _example(sheets: Sheets, fields: Sequence[Field]) -> None:
    sheet = sheets.data(EXAMPLE_SHEET, fields)
    for column, field in enumerate(fields):
        sheets.write(sheet, 1, column, field, example_of(field))


def example_of(field: Field) -> Any:
    """A value of the right kind and form."""
    options = _options(field)
    by_kind = {
        "integer": 12,
        "year": 2025,
        "decimal": Decimal("12.5"),
        "percent": Decimal("35.5"),
        "money": Decimal("1200000.00"),
        "date": datetime.date(2026, 3, 15),
        "datetime": "2026-03-15 14:30",
        "url": "https://example.com",
    }
    if field.kind == "choices":
        return "；".join(options[:2])
    return by_kind.get(field.kind) or (options[0] if options else f"（{field.label}）")
