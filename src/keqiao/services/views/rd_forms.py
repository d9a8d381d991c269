"""The four forms of the R&D ledger, filled from one entry of each cost; on the page and as workbooks."""

import io
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.core.clock import today
from keqiao.services.rd_costs import costs_of, years_of
from keqiao.services.rd_forms import Filled, fill, forms
from keqiao.services.views.one_list import enterprise_of


def _causes() -> dict[str, str]:
    return {"untaxed": _("由不征税收入支付"), "not_in_form": _("本表不归集的科目"), "limits": _("限额、比例扣减")}


def panel(request: Any, pk: int) -> Any:
    enterprise = enterprise_of(request, pk)
    years = years_of(enterprise)
    chosen = request.GET.get("year", "")
    year = int(chosen) if chosen.isdigit() else (years[0] if years else today().year)
    costs = costs_of(enterprise, year)
    filled = [fill(form, costs, year) for form in forms().values()] if costs else []
    tables = [{"filled": one, "lines": [(line, one.total[line.key], [values[line.key] for values in one.projects.values()]) for line in one.version.lines],
               "left_out": [(_causes()[cause], amount) for cause, amount in one.left_out]} for one in filled]  # fmt: skip
    return render(
        request, "services/_rd_forms.html", {"enterprise": enterprise, "year": year, "years": years, "tables": tables}
    )


def workbook(request: Any, pk: int, year: int, form: str) -> Any:
    enterprise = enterprise_of(request, pk)
    if form not in forms():
        raise Http404
    with override("zh-hans"):
        filled = fill(forms()[form], costs_of(enterprise, year), year)
        content = _workbook(filled, str(enterprise), year)
        name = f"{filled.form.label}_{year}.xlsx"
    response = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _workbook(filled: Filled, enterprise: str, year: int) -> bytes:
    """The form as a sheet: lines down, projects across, and the tie to the ledger below."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet(str(filled.form.label)[:31])
    bold, money = (
        book.add_format({"bold": True, "text_wrap": True, "border": 1}),
        book.add_format({"num_format": "#,##0.00", "border": 1}),
    )
    sheet.write(0, 0, f"{filled.form.label}（{year} 年度）", book.add_format({"bold": True, "font_size": 14}))
    sheet.write(1, 0, f"企业：{enterprise}    单位：元    依据：{filled.version.source}")
    for column, text in enumerate(["行次", "项目", "合计", *filled.projects]):
        sheet.write(3, column, text, bold)
    for row, line in enumerate(filled.version.lines, start=4):
        sheet.write(row, 0, line.number, bold)
        sheet.write(row, 1, str(line.label), bold)
        for column, value in enumerate(
            [filled.total[line.key], *(values[line.key] for values in filled.projects.values())], start=2
        ):
            sheet.write_number(row, column, float(value), money)
    row = 5 + len(filled.version.lines)
    for label, amount in [
        ("台账合计", filled.booked),
        *((_causes()[cause], -amount) for cause, amount in filled.left_out),
        ("本表计入", filled.counted),
    ]:
        sheet.write(row, 1, label, bold)
        sheet.write_number(row, 2, float(Decimal(amount)), money)
        row += 1
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2 + len(filled.projects), 18)
    book.close()
    return stream.getvalue()
