"""The cockpit: what is behind, where, and how it stands against plan; every number opens to its rows."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.control import charts, facts, standing
from keqiao.control.models import IndicatorFigure
from keqiao.core import access, jobs
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.declare import REGISTERS

MOST_ROWS = 500
CARDS = 12
ON_WALL = 6
"""Late indicators that fit a wall of 1080 lines."""


def home_unit(user: Any) -> OrgUnit | None:
    """The unit a member of staff looks from: the highest one granted."""
    units = [grant.org_unit for grant in access.powers(user).grants if grant.org_unit]
    return min(units, key=lambda unit: unit.path.count("/"), default=None)


def unit_for(request: Any) -> OrgUnit:
    """The unit asked for, if it lies under the visitor's own."""
    home = home_unit(request.user)
    if home is None:
        raise Http404
    code = request.GET.get("unit", "")
    if not code:
        return home
    found = OrgUnit.objects.below(home).filter(code=code).order_by("-valid_from").first()
    if found is None:
        raise Http404
    return found


@needs("cockpit.view")
def cockpit(request: Any) -> Any:
    unit, snapshot = unit_for(request), facts.latest_snapshot()
    if snapshot is None:
        return render(request, "control/no_figures.html", {"may_compute": access.may(request.user, "targets.set")})
    calendar, home = facts.Calendar(snapshot.as_of), home_unit(request.user)
    children = list(OrgUnit.objects.filter(parent=unit).valid_on(snapshot.as_of).order_by("code"))
    board = standing.board(unit, children, snapshot, calendar)
    chosen = request.GET.get("indicator") or (board.lines[0].definition.id if board.lines else "")
    line = next((one for one in board.lines if one.definition.id == chosen), None)
    context = {
        "unit": unit,
        "parents": OrgUnit.objects.filter(pk__in=unit.ancestor_ids()[:-1]).below(home) if home else [],
        "children": children,
        "snapshot": snapshot,
        "calendar": calendar,
        "board": board,
        "line": line,
        "map": charts.map_option(unit, children, line, snapshot) if line else None,
        "bars": charts.bar_option(children, line) if line else None,
        "is_wall": "wall" in request.GET,
        "is_all": "all" in request.GET,
        "behind": board.behind[:ON_WALL] if "wall" in request.GET else board.behind,
        "cards": board.lines if "all" in request.GET else board.lines[:CARDS],
    }
    return render(request, "control/cockpit.html", context)


@require_POST
@needs("targets.set")
def compute(request: Any) -> Any:
    row = jobs.start("compute_figures", _("计算指标"), {"day": today().isoformat()}, act_of(request))
    return redirect("job", row.pk)


@needs("cockpit.view")
def indicators(request: Any) -> Any:
    """The catalogue: every indicator with its definition and this unit's value."""
    unit, snapshot = unit_for(request), facts.latest_snapshot()
    values = facts.figures(snapshot, facts.Calendar(snapshot.as_of).this_year, [unit]) if snapshot else {}
    rows = [(one, facts.label(one), values.get((one.id, unit.pk))) for one in facts.current()]
    if text := request.GET.get("q", "").strip():
        rows = [
            row for row in rows if text in row[0].name or text.lower() in row[0].name_en.lower() or text in row[0].id
        ]
    return render(request, "control/indicators.html", {"rows": rows, "unit": unit, "snapshot": snapshot, "q": text})


@needs("cockpit.view")
def indicator(request: Any, key: str) -> Any:
    """One indicator: definition, this unit and those below it over the periods."""
    one = facts.definition(key)
    if one is None:
        raise Http404
    unit, snapshot = unit_for(request), facts.latest_snapshot()
    periods = facts.Calendar(snapshot.as_of).all if snapshot else []
    units = [unit, *OrgUnit.objects.filter(parent=unit).valid_on(today()).order_by("code")]
    stored = IndicatorFigure.objects.filter(
        indicator=key, org_unit__in=units, snapshot=snapshot, source=IndicatorFigure.Source.COMPUTED
    )
    by = {(row.org_unit_id, row.period): row for row in stored}
    confirmed = IndicatorFigure.objects.filter(
        indicator=key, org_unit__in=units, source=IndicatorFigure.Source.CONFIRMED
    ).select_related("org_unit")
    context = {
        "one": one,
        "label": facts.label(one),
        "unit": unit,
        "periods": periods,
        "table": [(place, [by.get((place.pk, period)) for period in periods]) for place in units],
        "confirmed": confirmed,
        "trend": charts.trend_option(
            unit, [by.get((unit.pk, period)) for period in periods if len(period) == 4 or "Q" in period]
        ),
        "snapshot": snapshot,
    }
    if snapshot:
        held = standing.board(unit, [], snapshot, facts.Calendar(snapshot.as_of))
        own = next((line.own for line in held.lines if line.definition.id == key), None)
        whole = [str(year) for year in range(snapshot.as_of.year - 3, snapshot.as_of.year)]
        context["own"] = own
        context["years"] = charts.year_option([by.get((unit.pk, period)) for period in whole], own)
    return render(request, "control/indicator.html", context)


@needs("cockpit.view")
def figure(request: Any, pk: int) -> Any:
    """A figure's definition, formula, components and rows. Rows the reader may not see are counted, not shown."""
    row = get_object_or_404(IndicatorFigure.objects.select_related("org_unit", "snapshot"), pk=pk)
    home = home_unit(request.user)
    if home is None or not row.org_unit.path.startswith(home.path):
        raise Http404
    trace = facts.trace(row) if row.source == IndicatorFigure.Source.COMPUTED else None
    parts = [_part(request.user, component) for component in _components(trace)] if trace else []
    context = {
        "figure": row,
        "one": facts.definition(row.indicator, row.data_on),
        "trace": trace,
        "parts": parts,
        "proposals": row.proposals.select_related("report"),
    }
    return render(request, "control/figure.html", context)


def _components(trace: Any) -> list[Any]:
    """Components that read a register, of the figure itself and of the figures it is made from."""
    return [*trace.components, *(component for below in trace.below for component in _components(below))]


def _part(user: Any, component: Any) -> dict[str, Any]:
    register = REGISTERS.get(component.register)
    amounts = (
        dict(zip(component.rows["id"].to_pylist(), component.rows["_amount"].to_pylist(), strict=True))
        if component.rows.num_rows
        else {}
    )
    shown, fields = [], []
    if register:
        rows = register.rows().visible_to(user).filter(pk__in=list(amounts)[:MOST_ROWS])
        sight = access.lens(user, register)
        fields = [register.fields[name] for name in register.list_columns[:5]]
        shown = [
            {
                "url": reverse("record_detail", args=[register.key, one.pk]),
                "cells": [sight.shown(field, one) for field in fields],
                "amount": amounts[one.pk],
            }
            for one in rows
        ]
    return {
        "component": component,
        "register": register,
        "fields": fields,
        "rows": shown,
        "count": len(amounts),
        "unseen": len(amounts) - len(shown),
        "total": component.total,
    }


def as_number(text: str) -> Decimal | None:
    """A typed number, or None for nothing. Raises ValueError."""
    from decimal import InvalidOperation

    cleaned = text.strip().replace(",", "")
    if not cleaned:
        return None
    try:
        value = Decimal(cleaned)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value
