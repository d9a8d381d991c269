"""A reporting form as a workbook and back: what is downloaded can be filled in and uploaded again unchanged."""

import io
from collections.abc import Mapping
from typing import Any

import python_calamine as calamine
import xlsxwriter
from django.utils.translation import gettext as _

from keqiao.control.collection import Form
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError, Problem

HEADS = ("编号", "指标", "计量单位", "数值", "上年同期")


def write(form: Form, unit: OrgUnit, period: str, values: Mapping[str, str], before: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("填报")
    bold, entry = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFF8E1", "border": 1})
    sheet.write_string(0, 0, f"{form.name} {unit.name} {period}", bold)
    sheet.write_row(1, 0, HEADS, bold)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 4, 14)
    for place, field in enumerate(form.fields, start=2):
        sheet.write_row(place, 0, [field.key, field.definition.name, field.definition.measure_unit])
        _number(sheet, place, 3, values.get(field.key), entry)
        _number(sheet, place, 4, before.get(field.key), None)
    book.close()
    return target.getvalue()


def _number(sheet: Any, row: int, column: int, text: str | None, form: Any) -> None:
    """More digits than a cell holds exactly are kept as text."""
    if text is None:
        sheet.write_blank(row, column, None, form)
    elif len(text.replace(".", "").replace("-", "")) > 15:
        sheet.write_string(row, column, text, form)
    else:
        sheet.write_number(row, column, float(text), form)


def read(form: Form, unit: OrgUnit, period: str, content: bytes) -> dict[str, Any]:
    """Field -> what stands in its cell. Raises InvalidError if it is no workbook, another unit's or period's, or has no such fields."""
    try:
        rows = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    except Exception as error:  # calamine raises several kinds
        remedy = _("请上传在本页下载的 .xlsx 表格")
        raise InvalidError([Problem("not_a_workbook", _("文件打不开，可能已损坏或加了密码"), remedy)]) from error
    title = str(rows[0][0]).strip() if rows and rows[0] else ""
    if title != f"{form.name} {unit.name} {period}":
        remedy = _("请核对单位和期间，或重新下载表格")
        raise InvalidError([Problem("another_form", _("不是本单位本期间的表"), remedy, "file", _("文件"), title)])
    keys = {field.key for field in form.fields}
    found = {str(row[0]).strip(): row[3] for row in rows[2:] if len(row) > 3 and str(row[0]).strip() in keys}
    return {key: f"{cell:.15g}" if isinstance(cell, float) else cell for key, cell in found.items()}
