"""One list per enterprise as a Word file to hand over (packs/*/reports/one_list.yaml), and the list of a policy's enterprises as a workbook."""

import datetime
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import override

from keqiao.core import packs
from keqiao.engines import reports
from keqiao.services import facts, windows


def write(enterprise: Any, day: datetime.date, unit: str) -> tuple[bytes, str]:
    """The .docx and its file name."""
    with override("zh-hans"):
        entries, questions, _record = facts.one_list(enterprise, day)
        groups = {key: [entry for entry in entries if entry.group == key] for key in facts.GROUPS}
        money = sum((entry.money or 0 for entry in groups["now"]), 0)
        names = {"now": "现在符合", "nearly": "接近符合", "unknown": "待核实"}
        figures = {key: _figure(key, name, Decimal(len(groups[key])), "项", day) for key, name in names.items()}
        if money:
            figures["money"] = _figure(
                "money", "可享受金额估算", Decimal(money.numerator) / Decimal(money.denominator), "元", day
            )
        records = {key: [_line(entry, day) for entry in groups[key]] for key in names}
        records["questions"] = [{"资料": one.name, "涉及政策数": str(len(one.bears_on))} for one in questions]
        parameters = {
            "unit": unit,
            "organ": unit,
            "enterprise": str(enterprise),
            "date": f"{day.year}年{day.month}月{day.day}日",
        }
        template = reports.load_template(next(file for file in packs.files("reports") if file.stem == "one_list"))
        document = reports.render(template, figures, parameters, records)
        return reports.to_docx(document), f"一企一清单_{enterprise}_{day.isoformat()}.docx"


def _figure(key: str, name: str, value: Decimal, unit: str, day: datetime.date) -> reports.Figure:
    source = reports.Source("", 1, "rules in force for the enterprise's facts", day.isoformat())
    return reports.Figure(id=key, indicator=key, name=name, value=value, unit=unit, source=source)


def _line(entry: facts.Entry, day: datetime.date) -> dict[str, str]:
    lacking = facts.lacking(entry)
    rule = entry.rule
    amount = Decimal(entry.money.numerator) / Decimal(entry.money.denominator) if entry.money else None
    return {
        "政策": rule.name + ("" if rule.is_verified else "（条文未核实）"),
        "金额": "—" if amount is None else reports.format_amount(amount, facts.YUAN),
        "申报时间": str(windows.of(rule, day).label),
        "依据": "；".join(f"{one.document}{one.article}" for one in rule.basis),
        "还差什么": lacking,
        "还需知道": lacking.removeprefix("还需知道："),
    }


def workbook(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], note: str) -> bytes:
    """A plain list as .xlsx: title and note above, heads, rows; amounts stay numbers. Texts are never taken for formulas."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Sheet1")
    bold = book.add_format({"bold": True, "border": 1})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, note)
    for column, head in enumerate(heads):
        sheet.write_string(2, column, head, bold)
    for number, row in enumerate(rows, start=3):
        for column, value in enumerate(row):
            if isinstance(value, int | float | Decimal):
                sheet.write_number(number, column, float(value), money if isinstance(value, Decimal | float) else None)
            else:
                sheet.write_string(number, column, "" if value is None else str(value))
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, max(1, len(heads) - 1), 20)
    sheet.freeze_panes(3, 0)
    book.close()
    return stream.getvalue()
