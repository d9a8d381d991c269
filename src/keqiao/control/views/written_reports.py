"""The report workbench: outline on the left, text in the middle, the rows of a figure on the right; locked once published."""

import shutil
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.control import actions, facts, reporting
from keqiao.control.models import IndicatorFigure, WrittenReport
from keqiao.control.views.cockpit import home_unit
from keqiao.core import access, jobs
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError
from keqiao.engines import reports as engine


@needs("report.write")
def written_reports(request: Any) -> Any:
    home = home_unit(request.user)
    if home is None:
        raise Http404
    if request.method == "POST":
        template, year = request.POST.get("template", ""), request.POST.get("year", "")
        unit = OrgUnit.objects.below(home).filter(pk=request.POST.get("unit") or home.pk).first() or home
        if template not in reporting.templates() or not year.isdigit():
            raise Http404
        job = jobs.start(
            "write_report", _("编制报告"), {"template": template, "unit": unit.pk, "year": int(year)}, act_of(request)
        )
        return redirect("job", job.pk)
    names = {
        key: engine.load_template(file).name
        for key, file in reporting.templates().items()
        if key in {"annual", "brief", "appraisal"}
    }
    context = {
        "rows": WrittenReport.objects.filter(org_unit__path__startswith=home.path).select_related(
            "org_unit", "snapshot", "stored_file"
        ),
        "templates": names,
        "units": OrgUnit.objects.below(home).filter(level__in=["city", "county"]).valid_on(today()).order_by("path"),
        "years": range(today().year, today().year - 3, -1),
    }
    return render(request, "control/written_reports.html", context)


def _report(request: Any, pk: int) -> WrittenReport:
    home = home_unit(request.user)
    row = get_object_or_404(WrittenReport.objects.select_related("org_unit", "snapshot", "stored_file"), pk=pk)
    if home is None or not row.org_unit.path.startswith(home.path):
        raise Http404
    return row


@needs("cockpit.view")
def written_report(request: Any, pk: int) -> Any:
    row = _report(request, pk)
    document = reporting.document_of(row)
    previous = reporting.previous_edition(row)
    context = {
        "row": row,
        "previous": previous,
        "changes": reporting.changes(document, reporting.document_of(previous)) if previous else [],
        "evidence": row.figures.get("evidence"),
        "years": range(today().year, today().year - 3, -1),
        "may_write": access.may(request.user, "report.write"),
        "has_pdf": shutil.which("soffice") or shutil.which("libreoffice"),
        # The writer escapes every text and attribute; only its own tags are left.
        "html": mark_safe(engine.to_html(document, charts=True)),  # noqa: S308
        "outline": [block for block in document.blocks if isinstance(block, engine.Heading)],
        "omitted": document.omitted,
        "count": len(document.figures),
        "may_publish": access.may(request.user, "report.publish") and row.stage == WrittenReport.Stage.DRAFT,
    }
    return render(request, "control/written_report.html", context)


@needs("cockpit.view")
def report_figure(request: Any, pk: int, name: str) -> Any:
    """The right-hand pane: one printed figure with its value, comparisons and source, and the way to its rows."""
    row = _report(request, pk)
    printed = next((one for one in reporting.document_of(row).figures if one.id == name), None)
    if printed is None:
        raise Http404
    key, _colon, place = printed.source.query.partition(":")
    indicator, code, period = key.partition("@")[0], *place.split(":", 1)
    stored = IndicatorFigure.objects.filter(
        snapshot=row.snapshot,
        indicator=indicator,
        org_unit__code=code,
        period=period,
        source=IndicatorFigure.Source.COMPUTED,
    ).first()
    context = {"printed": printed, "stored": stored, "one": facts.definition(indicator)}
    return render(request, "control/_report_figure.html", context)


@require_POST
@needs("report.write")
def report_pdf(request: Any, pk: int) -> Any:
    """Makes the PDF in the background."""
    row = _report(request, pk)
    job = jobs.start("report_pdf", _("PDF：%(name)s") % {"name": row.title}, {"report": row.pk}, act_of(request))
    return redirect("job", job.pk)


@require_POST
@needs("report.publish")
def publish(request: Any, pk: int) -> Any:
    row = _report(request, pk)
    try:
        actions.publish_report(row, act_of(request))
    except InvalidError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("报告已发布并锁定"))
    return redirect("written_report", row.pk)
