"""Targets: this year's plan by indicator and unit; set, split, published."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.control import actions, facts, splitting
from keqiao.control.models import Target
from keqiao.control.views.cockpit import as_number, home_unit, unit_for
from keqiao.core import access
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError


def _year(request: Any) -> int:
    text = request.GET.get("year", "") or request.POST.get("year", "")
    return int(text) if text.isdigit() and len(text) == 4 else today().year


@needs("cockpit.view")
def targets(request: Any) -> Any:
    unit, year, show_all = unit_for(request), _year(request), "all" in request.GET
    children = list(OrgUnit.objects.filter(parent=unit).valid_on(today()).order_by("code"))
    held = facts.targets(year, [unit, *children])
    rows = []
    for one in facts.current():
        own = held.get((one.id, unit.pk))
        if not show_all and not any(key == one.id for key, _place in held):
            continue
        cells = [(child, held.get((one.id, child.pk))) for child in children]
        split = sum(cell.value for _child, cell in cells if cell)
        additive = splitting.is_additive(one)
        gap = split - own.value if own and additive and any(cell for _child, cell in cells) else None
        rows.append(
            {
                "additive": additive,
                "one": one,
                "label": facts.label(one),
                "own": own,
                "cells": cells,
                "split": split,
                "gap": gap,
            }
        )
    context = {
        "unit": unit,
        "year": year,
        "children": children,
        "rows": rows,
        "is_all": show_all,
        "is_empty": not held,
        "may_set": access.may(request.user, "targets.set"),
        "years": range(today().year - 2, today().year + 3),
    }
    return render(request, "control/targets.html", context)


@require_POST
@needs("targets.set")
def set_target(request: Any) -> Any:
    home = home_unit(request.user)
    unit = (
        OrgUnit.objects.below(home).filter(code=request.POST.get("org_unit", "")).order_by("-valid_from").first()
        if home
        else None
    )
    if unit is None:
        raise Http404
    try:
        value = as_number(request.POST.get("value", ""))
        actions.set_target(request.POST.get("indicator", ""), unit, _year(request), value, act_of(request))
    except ValueError:
        messages.error(request, _("“%(text)s”不是数字，请只填数字") % {"text": request.POST.get("value", "")})
    except InvalidError as error:
        messages.error(request, str(error))
    return redirect(f"/targets/?unit={request.POST.get('parent', '')}&year={_year(request)}")


@require_POST
@needs("targets.set")
def publish(request: Any) -> Any:
    unit, year = unit_for(request), _year(request)
    rows = Target.objects.filter(year=year, org_unit__path__startswith=unit.path)
    count = actions.move_targets(rows.exclude(stage=Target.Stage.PUBLISHED), Target.Stage.PUBLISHED, act_of(request))
    messages.success(request, _("已下达 %(n)s 项目标") % {"n": count})
    return redirect(f"/targets/?unit={unit.code}&year={year}")
