"""Past reports: take one in, and decide figure by figure what was read."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from keqiao.control import actions, facts
from keqiao.control.models import FigureProposal, PastReport
from keqiao.control.views.cockpit import as_number, home_unit
from keqiao.core import files, jobs
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError

# What the reader says of a figure, in words.
NATURES = {"actual": _("实际"), "target": _("目标"), "expected": _("预计"), "masked": _("被遮盖")}
MEASURES = {
    "level": _("数值"), "share": _("占比"), "yoy": _("同比"), "change": _("增减"), "ratio": _("倍数"), "rank": _("位次"),
    "rank_change": _("位次变动"), "attainment": _("完成率"), "amount": _("金额"), "points": _("百分点"),
}  # fmt: skip


@needs("figures.confirm")
def past_reports(request: Any) -> Any:
    home = home_unit(request.user)
    if home is None:
        raise Http404
    if request.method == "POST" and (upload := request.FILES.get("file")):
        unit = OrgUnit.objects.below(home).filter(pk=request.POST.get("unit") or home.pk).first() or home
        year = request.POST.get("year", "")
        try:
            stored = files.store(upload.name, upload.read(), act_of(request))
        except InvalidError as error:
            messages.error(request, str(error))
            return redirect("past_reports")
        parameters = {
            "file": str(stored.pk),
            "unit": unit.pk,
            "year": int(year) if year.isdigit() else today().year - 1,
            "article": request.POST.get("article", "").strip(),
        }
        job = jobs.start("read_report", _("读取：%(name)s") % {"name": stored.name}, parameters, act_of(request))
        return redirect("job", job.pk)
    rows = [
        (report, report.proposals.count(), report.proposals.filter(stage="open").count())
        for report in PastReport.objects.filter(org_unit__path__startswith=home.path)
    ]
    return render(
        request,
        "control/past_reports.html",
        {
            "rows": rows,
            "units": OrgUnit.objects.below(home).valid_on(today()).order_by("path"),
            "last_year": today().year - 1,
        },
    )


def _report(request: Any, pk: int) -> PastReport:
    home = home_unit(request.user)
    report = get_object_or_404(PastReport, pk=pk)
    if home is None or not report.org_unit.path.startswith(home.path):
        raise Http404
    return report


@needs("figures.confirm")
def review(request: Any, pk: int) -> Any:
    """One figure at a time: its sentence with the figure marked, the guess, and what is left to decide. Keys: Enter confirms, X refuses, S skips."""
    report = _report(request, pk)
    proposals = report.proposals.all()
    article = request.GET.get("article", "")
    if article:
        proposals = proposals.filter(article=article)
    chosen = request.GET.get("at", "")
    at = proposals.filter(pk=chosen).first() if chosen.isdigit() else None
    after = proposals.filter(stage=FigureProposal.Stage.OPEN)
    at = at or after.exclude(indicator="").first() or after.first() or proposals.first()
    context = {
        "report": report,
        "articles": sorted(
            {row["id"]: row for row in report.articles}.values(), key=lambda row: report.articles.index(row)
        ),
        "article": article,
        "at": at,
        "around": _around(report, at) if at else None,
        "queue": proposals.order_by("start", "id")[:400],
        "nature": NATURES.get(at.nature, at.nature) if at else "",
        "measure": MEASURES.get(at.measure, at.measure) if at else "",
        "guesses": sum(row.get("guesses", 0) for row in report.articles if article in ("", row["id"])),
        "open": after.count(),
        "total": proposals.count(),
        "indicators": [(one.id, facts.label(one), one.measure_unit) for one in facts.current()],
        "units": OrgUnit.objects.below(report.org_unit).valid_on(today()).order_by("path"),
    }
    return render(request, "control/review.html", context)


def _around(report: PastReport, at: FigureProposal) -> dict[str, str]:
    """The figure in its place: text before it, the figure, and text after it."""
    text = next((row["clean"] for row in report.articles if row["id"] == at.article), "")
    begin, end = max(0, at.start - 160), min(len(text), at.end + 160)
    return {"before": text[begin : at.start], "span": text[at.start : at.end], "after": text[at.end : end]}


@require_POST
@needs("figures.confirm")
def decide(request: Any, pk: int) -> Any:
    proposal = get_object_or_404(FigureProposal.objects.select_related("report"), pk=pk)
    report = _report(request, proposal.report_id)
    todo = request.POST.get("do", "")
    try:
        if todo == "refuse":
            actions.refuse(proposal, act_of(request))
        elif todo == "confirm":
            unit = (
                OrgUnit.objects.below(report.org_unit).filter(pk=request.POST.get("unit") or 0).first()
                or report.org_unit
            )
            typed = as_number(request.POST.get("value", ""))
            actions.confirm(
                proposal,
                request.POST.get("indicator", ""),
                unit,
                request.POST.get("period", "").strip(),
                act_of(request),
                typed,
            )
    except ValueError:
        messages.error(request, _("数值不是数字"))
    except InvalidError as error:
        messages.error(request, "；".join(str(problem) for problem in error.problems))
        return redirect(f"/past-reports/{report.pk}/?article={request.POST.get('article', '')}&at={pk}")
    rest = report.proposals.filter(stage=FigureProposal.Stage.OPEN, pk__gt=pk)
    if article := request.POST.get("article", ""):
        rest = rest.filter(article=article)
    following = rest.first()
    return redirect(f"/past-reports/{report.pk}/?article={article}" + (f"&at={following.pk}" if following else ""))
