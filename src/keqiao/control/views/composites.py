"""Composite rankings: the league table with its uncertainty, one unit's story, and what would lift it to a rank."""

from typing import Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import get_language

from keqiao.control import composites, facts
from keqiao.control.charts import name_of
from keqiao.control.views.cockpit import unit_for
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.engines import indicators as engine

ENOUGH = 0.8
"""Share of cells with a figure from which a period is shown by default."""


@needs("cockpit.view")
def rankings(request: Any) -> Any:
    unit, snapshot = unit_for(request), facts.latest_snapshot()
    context: dict[str, Any] = {"unit": unit, "snapshot": snapshot, "specs": []}
    if snapshot is None:
        return render(request, "control/composites.html", context)
    places = list(OrgUnit.objects.below(unit).valid_on(snapshot.as_of).order_by("code"))
    fitting = {key: group for key, spec in composites.specs().items() if (group := composites.peers(spec, places))}
    context["specs"] = [(key, composites.name_of(composites.specs()[key])) for key in fitting]
    wanted = request.GET.get("composite", "")
    key = (
        wanted
        if wanted in fitting
        else next((k for k, found in fitting.items() if found[0].level == "county"), next(iter(fitting), ""))
    )
    if not key:
        return render(request, "control/composites.html", context)
    spec, units = composites.specs()[key], fitting[key]
    found = _league(request, spec, snapshot, units)
    by_code = {one.code: one for one in units}
    context |= {
        "spec": spec,
        "key": key,
        "found": found,
        "periods": [period for period, _before in composites.periods(snapshot)],
        "rows": [(row, name_of(by_code[row.unit])) for row in composites.rows(found)] if found else [],
        "pillars": _pillars(found) if found else [],
        "left_out": [name for code in found.left_out for name in [_label(code)]] if found else [],
    }
    chosen = by_code.get(request.GET.get("place", ""))
    if found and chosen and found.rank(chosen.code) is not None:
        context |= _story(request, found, chosen, snapshot)
    return render(request, "control/composites.html", context)


def _league(request: Any, spec: engine.IndexSpec, snapshot: Any, units: list[OrgUnit]) -> composites.League | None:
    """The period asked for, or the newest with enough figures."""
    asked = request.GET.get("period", "")
    choices = composites.periods(snapshot)
    if asked and asked not in dict(choices):
        raise Http404
    best = None
    for period, before in choices:
        found = composites.league(spec, snapshot, units, period, before) if not asked or asked == period else None
        if found and (asked or found.coverage >= ENOUGH):
            return found
        best = found if found and (best is None or found.coverage > best.coverage) else best
    return best


def _pillars(found: composites.League) -> list[str]:
    framework = found.composite.framework
    return [one.name or one.code for one in framework.children(framework.root.code)]


def _label(code: str) -> str:
    one = facts.definition(code)
    return facts.label(one) if one else code


def _story(request: Any, found: composites.League, place: OrgUnit, snapshot: Any) -> dict[str, Any]:
    rank = found.rank(place.code) or 1
    asked = request.GET.get("k", "")
    k = min(max(int(asked), 1), len(found.composite.units)) if asked.isdigit() else max(rank - 1, 1)
    moved = composites.movement(found, place.code)
    names = {code: _label(code) for code in found.table.columns}
    levers = composites.levers(found, place.code, _given(request, found))
    advice, problem = None, ""
    try:
        advice = composites.lift(found, place.code, k, levers)
    except engine.IndexProblem as error:
        problem = str(error)
    by_code = {one.code: one for one in levers}
    figures = composites.figures_of(found, snapshot, place)
    return {
        "place": place,
        "rank": rank,
        "k": k,
        "moved": moved,
        "sentence": moved.sentence(names, "en" if (get_language() or "").startswith("en") else "zh") if moved else "",
        "own": sorted(
            ((names[c], v) for c, v in moved.by_indicator.items() if abs(v) > 0.005), key=lambda pair: -abs(pair[1])
        )
        if moved
        else [],
        "levers": [(one, figures.get(one.code), advice.values.get(one.code) if advice else None) for one in levers],
        "advice": advice,
        "moves": [
            (by_code[code], value, value - by_code[code].value)
            for code, value in advice.values.items()
            if code in by_code
        ]
        if advice
        else [],
        "probability": None if advice is None or advice.probability is None else advice.probability * 100,
        "problem": problem,
        "ranks": range(1, len(found.composite.units) + 1),
    }


def _given(request: Any, found: composites.League) -> dict[str, tuple[float | None, float | None]]:
    """The planner's own reach and effort per indicator, as typed; what is no number is passed over."""
    return {
        code: (_number(request.GET.get(f"reach_{code}", "")), _number(request.GET.get(f"effort_{code}", "")))
        for code in found.table.columns
    }


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < 1e15 and number == number else None
