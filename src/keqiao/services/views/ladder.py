"""Ladder pages: an enterprise's rungs, and the officer's counts by county with lists behind them."""

from typing import Any

import polars as pl
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.engines.rules import Verdict
from keqiao.registers.classifications import classification
from keqiao.services import facts, ladder
from keqiao.services.reach import units_under
from keqiao.services.views.downloads import EXCEL, file_response
from keqiao.services.views.one_list import enterprise_of


def panel(request: Any, pk: int) -> Any:
    enterprise = enterprise_of(request, pk)
    day = today()
    climbs = [(one, *ladder.climb(enterprise, one, day)) for one in ladder.ladders()]
    labels = dict(classification("qualification_kinds").choices)
    limit = ladder.add_months(day, ladder.EXPIRY_MONTHS)
    held = [
        (labels.get(one.kind, one.kind), one, bool(one.valid_until and one.valid_until <= limit))
        for one in ladder.held_by(enterprise, day)
    ]
    context = {
        "enterprise": enterprise,
        "climbs": climbs,
        "held": held,
        "day": day,
        "met": Verdict.MET,
        "unmet": Verdict.UNMET,
    }
    return render(request, "services/_ladder.html", context)


def _ladder(key: str) -> ladder.Ladder:
    found = next((one for one in ladder.ladders() if one.key == key), None)
    if found is None:
        raise Http404
    return found


@needs("cockpit.view")
def ladders(request: Any) -> Any:
    """Counts of every ladder by county: on each rung, and waiting in each rung's reserve pool."""
    run = facts.latest_run()
    if run is None:
        return render(request, "services/ladders.html", {"run": None})
    codes = units_under(request.user)
    tables = []
    for one in ladder.ladders():
        frame = ladder.standing(run, one).filter(pl.col("org_unit").is_in(codes))
        reserve = {unit.pk: counts for unit, counts in ladder.by_county(frame, "reserve")}
        numbers = range(len(one.rungs) + 1)
        rows = [
            (unit, [(counts[n], reserve[unit.pk][n] if unit.pk in reserve else 0) for n in numbers])
            for unit, counts in ladder.by_county(frame, "rung")
        ]
        totals = [
            (sum(cells[n][0] for _unit, cells in rows), sum(cells[n][1] for _unit, cells in rows)) for n in numbers
        ]
        tables.append({"ladder": one, "rows": rows, "totals": totals, "doubling": ladder.doubling(run, one, codes)})
    ending = ladder.expiring(run, codes)
    labels = dict(classification("qualification_kinds").choices)
    kinds = [
        (kind, labels.get(kind, kind), count)
        for kind, count in ending.group_by("kind").len().sort("len", descending=True).iter_rows()
    ]
    return render(
        request, "services/ladders.html", {"run": run, "tables": tables, "kinds": kinds, "ending": len(ending)}
    )


@needs("cockpit.view")
def members(request: Any, key: str) -> Any:
    """The enterprises on a rung (`rung=N`), in a reserve pool (`reserve=N`), of one county if `unit` is given."""
    run, chosen = facts.latest_run(), _ladder(key)
    column = "reserve" if request.GET.get("reserve") else "rung"
    said = request.GET.get(column, "0")
    if run is None or not said.isdigit() or int(said) > len(chosen.rungs):
        raise Http404
    number = int(said)
    frame = ladder.standing(run, chosen).filter(
        pl.col("org_unit").is_in(units_under(request.user)), pl.col(column) == number
    )
    unit = OrgUnit.objects.filter(code=request.GET.get("unit", ""), valid_until=None).first()
    if unit is not None:
        frame = frame.filter(pl.col("org_unit").is_in(list(OrgUnit.objects.below(unit).values_list("code", flat=True))))
    name = chosen.rungs[number - 1].label if number else _("未入梯度")
    title = _("%(rung)s后备库") % {"rung": name} if column == "reserve" else name
    return _listed(
        request,
        run,
        f"{unit.name} · {title}" if unit else title,
        frame.select("subject_id", "name", "org_unit").with_columns(pl.lit("").alias("note")),
    )


@needs("cockpit.view")
def expiring(request: Any) -> Any:
    """Qualifications that end within twelve months."""
    run = facts.latest_run()
    if run is None:
        raise Http404
    labels = {code: str(label) for code, label in classification("qualification_kinds").choices}
    frame = ladder.expiring(run, units_under(request.user), request.GET.get("kind", ""))
    note = pl.col("kind").replace(labels) + " " + pl.col("valid_until").cast(pl.String)
    return _listed(
        request,
        run,
        _("十二个月内到期的资质"),
        frame.select(pl.col("enterprise").alias("subject_id"), "name", "org_unit", note.alias("note")),
    )


def _listed(request: Any, run: Any, title: str, frame: pl.DataFrame) -> Any:
    names = dict(OrgUnit.objects.filter(valid_until=None).values_list("code", "name"))
    rows = [
        {"pk": pk, "name": name, "unit": names.get(code, code), "note": note}
        for pk, name, code, note in frame.iter_rows()
    ]
    if request.GET.get("file"):
        from keqiao.services.list_report import workbook

        content = workbook(
            title,
            [_("企业"), _("属地"), _("说明")],
            [(row["name"], row["unit"], row["note"]) for row in rows],
            run.as_of.isoformat(),
        )
        return file_response(content, f"{title}_{run.as_of.isoformat()}.xlsx", EXCEL)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request, "services/ladder_members.html", {"run": run, "title": title, "page": page, "count": len(rows)}
    )
