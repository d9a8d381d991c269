"""Checking a draft: any officer uploads a text, and every figure in it is held against the bureau's own."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from keqiao.control.views.cockpit import home_unit
from keqiao.core import files, jobs
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import Job, OrgUnit
from keqiao.core.records.problems import InvalidError


@needs("report.write")
def draft_check(request: Any) -> Any:
    home = home_unit(request.user)
    if home is None:
        raise Http404
    if request.method == "POST":
        upload, typed, year = (
            request.FILES.get("file"),
            request.POST.get("text", "").strip(),
            request.POST.get("year", ""),
        )
        name, content = (upload.name, upload.read()) if upload else ("稿件.txt", typed.encode())
        try:
            if not content:
                raise InvalidError([])
            stored = files.store(name, content, act_of(request))
        except InvalidError as error:
            messages.error(
                request, "；".join(str(problem) for problem in error.problems) or _("请上传文件，或粘贴文字")
            )
            return redirect("draft_check")
        unit = OrgUnit.objects.below(home).filter(pk=request.POST.get("unit") or home.pk).first() or home
        parameters = {"file": str(stored.pk), "unit": unit.pk, "year": int(year) if year.isdigit() else today().year}
        return redirect(
            "draft_result",
            jobs.start("check_draft", _("核对：%(name)s") % {"name": stored.name}, parameters, act_of(request)).pk,
        )
    context = {
        "recent": Job.objects.filter(kind="check_draft", created_by=request.user)[:10],
        "units": OrgUnit.objects.below(home).filter(level__in=["city", "county"]).valid_on(today()).order_by("path"),
        "years": range(today().year, today().year - 3, -1),
    }
    return render(request, "control/draft_check.html", context)


@needs("report.write")
def draft_result(request: Any, pk: Any) -> Any:
    """The draft with every figure marked; a finding opens to the figure of record."""
    job = get_object_or_404(Job, pk=pk, kind="check_draft", created_by=request.user)
    result = job.result or {}
    findings = result.get("findings", [])
    for one in findings:
        kind, _colon, number = one["record"].partition(":")
        one["url"] = reverse("figure", args=[int(number)]) if kind == "figure" and number.isdigit() else ""
    only = request.GET.get("show", "")
    shown = [one for one in findings if one["is_problem"]] if only == "problems" else findings
    counts: dict[str, int] = {}
    for one in findings:
        counts[one["verdict"]] = counts.get(one["verdict"], 0) + 1
    context = {
        "job": job,
        "progress": jobs.progress_of(job),
        "pieces": list(_pieces(result.get("text", ""), findings)),
        "findings": shown,
        "counts": counts,
        "problems": sum(one["is_problem"] for one in findings),
        "marked": result.get("marked"),
        "only": only,
    }
    return render(request, "control/draft_result.html", context)


def _pieces(text: str, findings: list[dict[str, Any]]) -> Any:
    """The text cut at its figures: (text, finding or None)."""
    last = 0
    for number, one in enumerate(findings, start=1):
        if one["start"] < last:
            continue
        one["number"] = number
        yield text[last : one["start"]], None
        yield text[one["start"] : one["end"]], one
        last = one["end"]
    yield text[last:], None
