"""Control's long work in the background."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from keqiao.control import actions, drafts, facts, reporting
from keqiao.control.models import WrittenReport
from keqiao.core import files
from keqiao.core.act import Act
from keqiao.core.clock import today
from keqiao.core.jobs import Run, daily, job, start
from keqiao.core.models import OrgUnit, StoredFile
from keqiao.engines import reports


@job("compute_figures")
def compute_figures(run: Run, *, day: str = "") -> dict[str, Any]:
    """Snapshot and roll-up; a figure page shows when it was last done."""
    run.progress(0, 2, _("生成数据快照并计算指标"))
    snapshot, count = actions.compute(datetime.date.fromisoformat(day) if day else today())
    run.progress(2, 2, _("完成"))
    return {_("快照"): snapshot.digest[:12], _("指标值"): count, "link": reverse("cockpit")}


@job("write_report")
def write_report(run: Run, *, template: str, unit: int, year: int) -> dict[str, Any]:
    run.progress(0, 2, _("计算指标"))
    row = actions.write_report(template, OrgUnit.objects.get(pk=unit), year, run.act, today())
    actions.check_report(row, run.act, run.progress)
    run.progress(2, 2, _("已生成"))
    return {_("报告"): row.title, "link": reverse("written_report", args=[row.pk])}


@job("read_report")
def read_report(run: Run, *, file: str, unit: int, year: int, article: str = "") -> dict[str, Any]:
    """Reads a past report that was uploaded; its figures wait for a person."""
    stored = StoredFile.objects.get(pk=file)
    with stored.content.open("rb") as handle:
        content = handle.read()
    report = actions.take_in_report(
        stored.name, content, OrgUnit.objects.get(pk=unit), year, run.act, article, run.progress
    )
    run.progress(1, 1, _("已读完"))
    return {
        _("读出数据"): report.proposals.count(),
        _("修复文字时的推测"): sum(row["guesses"] for row in report.articles),
        "link": reverse("review_report", args=[report.pk]),
    }


@job("report_pdf")
def report_pdf(run: Run, *, report: int) -> dict[str, Any]:
    """The PDF of a written report, kept beside its Word file. Needs LibreOffice."""
    row = WrittenReport.objects.get(pk=report)
    run.progress(0, 1, _("正在转换为 PDF"))
    stored = files.store(f"{row.title}（第{row.edition}版）.pdf", reports.to_pdf(reporting.docx_of(row)), run.act)
    run.progress(1, 1, _("完成"))
    return {"link": reverse("stored_file", args=[stored.pk])}


@job("check_draft")
def check_draft(run: Run, *, file: str, unit: int, year: int) -> dict[str, Any]:
    """Findings of a draft with their place in its text; the Word file with comments is kept for the user."""
    stored = StoredFile.objects.get(pk=file)
    snapshot = facts.latest_snapshot() or actions.compute(today())[0]
    with stored.content.open("rb") as handle:
        content = handle.read()
    checked = drafts.check(
        stored.name,
        content,
        OrgUnit.objects.get(pk=unit),
        snapshot,
        year,
        lambda done, total: run.progress(done, total, _("正在核对")),
    )
    result: dict[str, Any] = {
        "text": checked.text,
        "findings": [
            {
                "start": one.start,
                "end": one.end,
                "span": one.span,
                "verdict": one.verdict,
                "reason": one.reason,
                "record": one.ledger_id,
                "value": "" if one.ledger_value is None else f"{one.ledger_value:f}",
                "unit": one.ledger_unit,
                "inconsistent": list(one.inconsistent),
                "is_problem": one.is_problem,
            }
            for one in checked.findings
        ],
    }
    if checked.marked is not None:
        marked = files.store(f"{stored.name.rsplit('.', 1)[0]}_核对.docx", checked.marked, run.act)
        result["marked"] = str(marked.pk)
    return result


@daily
def recompute() -> None:
    """Every night the figures are those of the evening's data."""
    start("compute_figures", _("每日指标计算"), {}, Act(None, "job"))
