"""Data reporting: what a unit has to report, the form, and for the units above the grid of who has."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from keqiao.control import collection, collection_excel, submission_actions
from keqiao.control.models import Submission
from keqiao.control.views.cockpit import home_unit, unit_for
from keqiao.core import access
from keqiao.core.act import Act, ForbiddenError, act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.excel_out import XLSX
from keqiao.core.records.problems import InvalidError
from keqiao.engines import indicators as engine

SHOWN_PERIODS = 8


@needs("cockpit.view")
def reporting_desk(request: Any) -> Any:
    """The grid: units by period, each cell a form to open; a town sees its own row."""
    unit = unit_for(request)
    units = list(OrgUnit.objects.below(unit).valid_on(today()).order_by("path"))
    found = collection.items(units)
    grids = []
    for form in collection.forms().values():
        own = [item for item in found if item.form is form]
        if not own:
            continue
        periods = form.periods(today())[:SHOWN_PERIODS]
        cells = {(item.unit.pk, item.period): item for item in own}
        places = [place for place in units if place.level in form.levels]
        rows = [(place, [cells[place.pk, period] for period in periods]) for place in places]
        due = [item for item in own if item.state != "not_due"]
        grids.append({
            "form": form, "periods": [(period, form.due_on(period)) for period in periods], "rows": rows,
            "done": sum(item.state == "approved" for item in due), "due": len(due),
            "late": sum(item.state == "late" for item in due), "waiting": sum(item.state == "submitted" for item in due),
        })  # fmt: skip
    return render(request, "control/reporting_desk.html", {"unit": unit, "grids": grids})


@needs("cockpit.view")
def submission(request: Any, form: str, code: str, period: str) -> Any:
    """One form: entry for the unit, decision for the one whose turn it is, reading for the others above."""
    sheet, unit = collection.forms().get(form), _unit(request.user, code)
    if sheet is None or unit is None or unit.level not in sheet.levels or period not in sheet.periods(today()):
        raise Http404
    row = Submission.objects.filter(form=form, org_unit=unit, period=period).first()
    if "xlsx" in request.GET:
        return _download(sheet, unit, period, row)
    problems: list[Any] = []
    typed: dict[str, Any] = dict(row.values) if row else {}
    note = row.note if row else ""
    if request.method == "POST":
        typed, note = (
            {field.key: request.POST.get(field.key, "") for field in sheet.fields},
            request.POST.get("note", "").strip(),
        )
        try:
            if upload := request.FILES.get("file"):
                typed = collection_excel.read(sheet, unit, period, upload.read())
            _do(request.POST.get("do", ""), sheet, unit, period, row, typed, note, act_of(request))
        except InvalidError as error:
            problems = error.problems
            typed = typed if request.POST.get("do") in {"save", "submit"} else dict(row.values) if row else {}
        except ForbiddenError as error:
            raise PermissionDenied(str(error)) from error
        else:
            messages.success(request, _("已办理"))
            return redirect("submission", form, code, period)
    return render(
        request, "control/submission.html", _context(request, sheet, unit, period, row, typed, note, problems)
    )


def _do(
    do: str, sheet: Any, unit: OrgUnit, period: str, row: Submission | None, typed: dict[str, Any], note: str, act: Act
) -> None:
    if do in {"save", "submit"}:
        submission_actions.save(sheet, unit, period, typed, note, act, is_final=do == "submit")
    elif row and do == "approve":
        submission_actions.approve(sheet, row, act)
    elif row and do == "return":
        submission_actions.give_back(row, act)
    else:
        raise Http404


def _context(
    request: Any,
    sheet: collection.Form,
    unit: OrgUnit,
    period: str,
    row: Submission | None,
    typed: dict[str, Any],
    note: str,
    problems: list[Any],
) -> dict[str, Any]:
    closed = row is not None and row.stage in {Submission.Stage.SUBMITTED, Submission.Stage.APPROVED}
    home = home_unit(request.user)
    before = _values(sheet, unit, engine.Period.parse(period).a_year_earlier().label)
    last = _values(sheet, unit, engine.Period.parse(period).before().label)
    by_field: dict[str, list[Any]] = {}
    for problem in problems:
        by_field.setdefault(problem.field, []).append(problem)
    findings = collection.findings(sheet, unit, period, row.values) if row and not problems else []
    return {
        "form": sheet, "unit": unit, "period": period, "row": row, "note": note, "due_on": sheet.due_on(period),
        "fields": [(f, typed.get(f.key, ""), last.get(f.key), before.get(f.key), by_field.get(f.key, []), [one for one in findings if one.indicator == f.key]) for f in sheet.fields],
        "problems": [problem for problem in problems if problem.field not in {f.key for f in sheet.fields}],
        "has_problems": bool(problems),
        "may_enter": not closed and access.may(request.user, "figures.report"),
        "may_decide": bool(row and row.stage == Submission.Stage.SUBMITTED and access.may(request.user, "figures.approve") and home and home.level == row.awaits),
    }  # fmt: skip


def _values(sheet: collection.Form, unit: OrgUnit, period: str) -> dict[str, str]:
    row = Submission.objects.filter(form=sheet.id, org_unit=unit, period=period).first()
    return dict(row.values) if row else {}


def _unit(user: Any, code: str) -> OrgUnit | None:
    home = home_unit(user)
    return OrgUnit.objects.below(home).filter(code=code).valid_on(today()).first() if home else None


def _download(sheet: collection.Form, unit: OrgUnit, period: str, row: Submission | None) -> HttpResponse:
    before = _values(sheet, unit, engine.Period.parse(period).a_year_earlier().label)
    content = collection_excel.write(sheet, unit, period, row.values if row else {}, before)
    name = f"{sheet.name}_{unit.name}_{period}.xlsx"
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )


def address(item: collection.Item) -> str:
    return reverse("submission", args=[item.form.id, item.unit.code, item.period])
